"""A machine that runs pods."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class Taint(Struct):
    effect: str
    key: str
    time_added: str = ""
    value: str = ""


class NodeSpec(Struct):
    pod_cidr: str = field(default="", name="podCIDR")
    pod_cidrs: tuple[str, ...] = field(default=(), name="podCIDRs")
    provider_id: str = field(default="", name="providerID")
    taints: tuple[Taint, ...] = ()
    unschedulable: bool | None = None


class NodeAddress(Struct):
    address: str
    type: str


class NodeCondition(Struct):
    last_heartbeat_time: str = ""
    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class DaemonEndpoint(Struct):
    port: int = field(name="Port")


class NodeDaemonEndpoints(Struct):
    kubelet_endpoint: DaemonEndpoint | None = None


class ContainerImage(Struct):
    names: tuple[str, ...] = ()
    size_bytes: int | None = None


class NodeSystemInfo(Struct):
    architecture: str
    boot_id: str = field(name="bootID")
    container_runtime_version: str
    kernel_version: str
    kube_proxy_version: str
    kubelet_version: str
    machine_id: str = field(name="machineID")
    operating_system: str
    os_image: str
    system_uuid: str = field(name="systemUUID")


class NodeStatus(Struct):
    capacity: dict[str, QuantityText] = field(default_factory=dict)
    allocatable: dict[str, QuantityText] = field(default_factory=dict)
    conditions: tuple[NodeCondition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    daemon_endpoints: NodeDaemonEndpoints | None = None
    node_info: NodeSystemInfo | None = None
    images: tuple[ContainerImage, ...] = ()


class Node(Struct):
    """A machine that runs pods."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)

NODES = resource_type(
    Node,
    kind="Node",
    plural="nodes",
    namespaced=False,
    short_names=("no",),
    subresources=(STATUS,),
)
