"""What a pod shall be: its containers, volumes and wishes, and the template that a workload makes pods from."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.api.core.affinity import Affinity, Toleration, TopologySpreadConstraint
from wherry.api.core.container import (
    AppArmorProfile,
    Container,
    EphemeralContainer,
    ResourceRequirements,
    SeccompProfile,
    SELinuxOptions,
    WindowsSecurityContextOptions,
)
from wherry.api.core.volume import Volume
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import KEPT, Struct


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


class Sysctl(Struct):
    name: str = ""
    value: str = ""


class PodSecurityContext(Struct):
    run_as_user: int | None = None
    run_as_group: int | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: tuple[int, ...] = ()
    fs_group: int | None = None
    seccomp_profile: SeccompProfile | None = None
    sysctls: tuple[Sysctl, ...] = ()
    fs_group_change_policy: Annotated[str | None, KEPT] = None
    supplemental_groups_policy: Annotated[str | None, KEPT] = None
    se_linux_change_policy: Annotated[str | None, KEPT] = None
    se_linux_options: Annotated[SELinuxOptions | None, KEPT] = None
    app_armor_profile: Annotated[AppArmorProfile | None, KEPT] = None
    windows_options: Annotated[WindowsSecurityContextOptions | None, KEPT] = None


class PodReadinessGate(Struct):
    condition_type: str = ""


class PodSchedulingGate(Struct):
    name: str = ""


class LocalObjectReference(Struct):
    name: str = ""


class PodOS(Struct):
    name: str = ""


class PodResourceClaim(Struct):
    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


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
    scheduling_gates: tuple[PodSchedulingGate, ...] = ()
    ephemeral_containers: tuple[EphemeralContainer, ...] = ()
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    set_hostname_as_fqdn: bool | None = field(default=None, name="setHostnameAsFQDN")
    host_ipc: Annotated[bool | None, KEPT] = field(default=None, name="hostIPC")
    host_users: Annotated[bool | None, KEPT] = None
    hostname_override: Annotated[str | None, KEPT] = None
    share_process_namespace: Annotated[bool | None, KEPT] = None
    os: Annotated[PodOS | None, KEPT] = None
    overhead: dict[str, QuantityText] = field(default_factory=dict)
    preemption_policy: Annotated[str | None, KEPT] = None
    resource_claims: Annotated[tuple[PodResourceClaim, ...], KEPT] = ()
    resources: Annotated[ResourceRequirements | None, KEPT] = None
    runtime_class_name: Annotated[str | None, KEPT] = None
    topology_spread_constraints: Annotated[tuple[TopologySpreadConstraint, ...], KEPT] = ()


class PodTemplate(Struct):
    """How the pods of a workload look. Workloads carry it as a Document, so that no field is lost."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodSpec = field(default_factory=PodSpec)
