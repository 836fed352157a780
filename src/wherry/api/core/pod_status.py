"""What became of a pod: phase, conditions, addresses, and how its containers are."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.apimachinery.struct import Struct


class PodCondition(Condition):
    last_probe_time: str = ""
    observed_generation: int | None = None


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
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: str = ""
