"""One program of a pod: its image, command, environment, probes and limits."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.api.core.volume import ObjectFieldSelector, ResourceFieldSelector
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import KEPT, Struct


class ConfigMapKeySelector(Struct):
    key: str = ""
    name: str = ""
    optional: bool | None = None


class SecretKeySelector(Struct):
    key: str = ""
    name: str = ""
    optional: bool | None = None


class FileKeySelector(Struct):
    key: str = ""
    optional: bool | None = None
    path: str = ""
    volume_name: str = ""


class EnvVarSource(Struct):
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    config_map_key_ref: ConfigMapKeySelector | None = None
    secret_key_ref: SecretKeySelector | None = None
    file_key_ref: Annotated[FileKeySelector | None, KEPT] = None


class EnvVar(Struct):
    name: str = ""
    value: str = ""
    value_from: EnvVarSource | None = None


class ConfigMapEnvSource(Struct):
    name: str = ""
    optional: bool | None = None


class SecretEnvSource(Struct):
    name: str = ""
    optional: bool | None = None


class EnvFromSource(Struct):
    config_map_ref: ConfigMapEnvSource | None = None
    prefix: str = ""
    secret_ref: SecretEnvSource | None = None


class ContainerPort(Struct):
    container_port: int = 0
    host_ip: str = field(default="", name="hostIP")
    host_port: int | None = None
    name: str = ""
    protocol: str = ""


class VolumeMount(Struct):
    name: str = ""
    mount_path: str = ""
    read_only: bool | None = None
    sub_path: str = ""
    sub_path_expr: str = ""
    mount_propagation: Annotated[str, KEPT] = ""
    recursive_read_only: Annotated[str, KEPT] = ""


class VolumeDevice(Struct):
    device_path: str = ""
    name: str = ""


class ResourceClaim(Struct):
    name: str = ""
    request: str = ""


class ResourceRequirements(Struct):
    limits: dict[str, QuantityText] = field(default_factory=dict)
    requests: dict[str, QuantityText] = field(default_factory=dict)
    claims: Annotated[tuple[ResourceClaim, ...], KEPT] = ()


class ContainerResizePolicy(Struct):
    resource_name: str = ""
    restart_policy: str = ""


class ContainerRestartRuleOnExitCodes(Struct):
    operator: str = ""
    values: tuple[int, ...] = ()


class ContainerRestartRule(Struct):
    action: str = ""
    exit_codes: ContainerRestartRuleOnExitCodes | None = None


class ExecAction(Struct):
    command: tuple[str, ...] = ()


class HTTPHeader(Struct):
    name: str = ""
    value: str = ""


class HTTPGetAction(Struct):
    host: str = ""
    http_headers: tuple[HTTPHeader, ...] = ()
    path: str = ""
    port: int | str = 0
    scheme: str = ""


class TCPSocketAction(Struct):
    host: str = ""
    port: int | str = 0


class SleepAction(Struct):
    seconds: int = 0


class GRPCAction(Struct):
    """A question by gRPC: checked, but nothing of it is acted on yet."""

    port: Annotated[int, KEPT] = 0
    service: Annotated[str, KEPT] = ""


class Probe(Struct):
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: int | None = None
    timeout_seconds: int | None = None
    period_seconds: int | None = None
    success_threshold: int | None = None
    failure_threshold: int | None = None
    termination_grace_period_seconds: int | None = None


class LifecycleHandler(Struct):
    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    sleep: SleepAction | None = None
    tcp_socket: Annotated[TCPSocketAction | None, KEPT] = None


class Lifecycle(Struct):
    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
    stop_signal: Annotated[str, KEPT] = ""


class Capabilities(Struct):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class SeccompProfile(Struct):
    localhost_profile: str | None = None
    type: str = ""


class AppArmorProfile(Struct):
    localhost_profile: str | None = None
    type: str = ""


class SELinuxOptions(Struct):
    """A label of Security-Enhanced Linux; what it says is not checked."""


class WindowsSecurityContextOptions(Struct):
    gmsa_credential_spec: str | None = None
    gmsa_credential_spec_name: str | None = None
    host_process: bool | None = None
    run_as_user_name: str | None = None


class SecurityContext(Struct):
    capabilities: Capabilities | None = None
    privileged: bool | None = None
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    seccomp_profile: SeccompProfile | None = None
    proc_mount: Annotated[str, KEPT] = ""
    app_armor_profile: Annotated[AppArmorProfile | None, KEPT] = None
    se_linux_options: Annotated[SELinuxOptions | None, KEPT] = None
    windows_options: Annotated[WindowsSecurityContextOptions | None, KEPT] = None


class Container(Struct):
    name: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    env: tuple[EnvVar, ...] = ()
    resources: ResourceRequirements | None = None
    volume_mounts: tuple[VolumeMount, ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Lifecycle | None = None
    termination_message_path: str = ""
    termination_message_policy: str = ""
    image_pull_policy: str = ""
    security_context: SecurityContext | None = None
    stdin: bool | None = None
    stdin_once: bool | None = None
    tty: bool | None = None
    restart_policy: str = ""
    restart_policy_rules: Annotated[tuple[ContainerRestartRule, ...], KEPT] = ()
    resize_policy: Annotated[tuple[ContainerResizePolicy, ...], KEPT] = ()
    volume_devices: Annotated[tuple[VolumeDevice, ...], KEPT] = ()


class EphemeralContainer(Container):
    """A program that is added to a running pod, to look at it from inside."""

    target_container_name: str = ""
