"""The smallest thing that Kubernetes runs: one or more containers that share an address and volumes."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.affinity import Affinity, Toleration
from wherry.api.core.container import Container, SeccompProfile
from wherry.api.core.volume import Volume
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, Subresource, resource_type
from wherry.apimachinery.struct import Struct


class HostAlias(Struct):
    hostnames: tuple[str, ...] = ()
    ip: str = ""


class PodDNSConfigOption(Struct):
    name: str = ""
    value: str = ""


class PodDNSConfig(Struct):
    nameservers: tuple[str, ...] = ()
    options: tuple[PodDNSConfigOption, ...] = ()
    searches: tuple[str, ...] = ()


class PodSecurityContext(Struct):
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: tuple[int, ...] = ()
    fs_group: int | None = None
    seccomp_profile: SeccompProfile | None = None
    sysctls: tuple[Sysctl, ...] = ()


class Sysctl(Struct):
    name: str = ""
    value: str = ""


class LocalObjectReference(Struct):
    name: str = ""


class PodReadinessGate(Struct):
    condition_type: str = ""


class PodSpec(Struct):
    volumes: tuple[Volume, ...] = ()
    init_containers: tuple[Container, ...] = ()
    containers: tuple[Container, ...] = ()
    restart_policy: str = ""
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    dns_policy: str = ""
    node_selector: dict[str, str] = field(default_factory=dict)
    service_account_name: str = ""
    automount_service_account_token: bool | None = None
    node_name: str = ""
    host_network: bool | None = None
    host_pid: bool | None = field(default=None, name="hostPID")
    security_context: PodSecurityContext | None = None
    hostname: str = ""
    subdomain: str = ""
    affinity: Affinity | None = None
    scheduler_name: str = ""
    tolerations: tuple[Toleration, ...] = ()
    host_aliases: tuple[HostAlias, ...] = ()
    priority_class_name: str = ""
    priority: int | None = None
    dns_config: PodDNSConfig | None = None
    enable_service_links: bool | None = None
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    set_hostname_as_fqdn: bool | None = field(default=None, name="setHostnameAsFQDN")


class PodCondition(Struct):
    last_probe_time: str = ""
    last_transition_time: str = ""
    message: str = ""
    observed_generation: int | None = None
    reason: str = ""
    status: str
    type: str


class PodIP(Struct):
    ip: str


class HostIP(Struct):
    ip: str


class ContainerStateRunning(Struct):
    started_at: str = ""


class ContainerStateWaiting(Struct):
    message: str = ""
    reason: str = ""


class ContainerStateTerminated(Struct):
    container_id: str = field(default="", name="containerID")
    exit_code: int
    finished_at: str = ""
    message: str = ""
    reason: str = ""
    signal: int | None = None
    started_at: str = ""


class ContainerState(Struct):
    running: ContainerStateRunning | None = None
    terminated: ContainerStateTerminated | None = None
    waiting: ContainerStateWaiting | None = None


class ContainerStatus(Struct):
    name: str
    state: ContainerState | None = None
    last_state: ContainerState | None = None
    ready: bool
    restart_count: int
    image: str
    image_id: str = field(name="imageID")
    container_id: str = field(default="", name="containerID")
    started: bool | None = None


class PodStatus(Struct):
    observed_generation: int | None = None
    phase: str = ""
    conditions: tuple[PodCondition, ...] = ()
    message: str = ""
    reason: str = ""
    nominated_node_name: str = ""
    host_ip: str = field(default="", name="hostIP")
    host_ips: tuple[HostIP, ...] = field(default=(), name="hostIPs")
    pod_ip: str = field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] = field(default=(), name="podIPs")
    start_time: str = ""
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str = ""


class Pod(Struct):
    """The smallest thing that Kubernetes runs: one or more containers that share an address and volumes."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus = field(default_factory=PodStatus)

POD_SUBRESOURCES = (
    STATUS,
    Subresource("binding", ("create",), kind="Binding"),
    Subresource("eviction", ("create",), kind="Eviction", group="policy", version="v1"),
    Subresource("log", ("get",)),
    Subresource("exec", ("create", "get"), kind="PodExecOptions"),
    Subresource("attach", ("create", "get"), kind="PodAttachOptions"),
    Subresource("portforward", ("create", "get"), kind="PodPortForwardOptions"),
)

PODS = resource_type(
    Pod,
    kind="Pod",
    plural="pods",
    short_names=("po",),
    categories=("all",),
    subresources=POD_SUBRESOURCES,
)
