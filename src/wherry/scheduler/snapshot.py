"""The scheduler's picture of the nodes: what each has, and what the pods on it have taken.

Fed by informer events; and by the scheduler's own decisions: a pod that has been given a node is
*assumed* to run there from that moment, so that the next pod sees the place taken before the API server
has answered. When the informer shows the pod bound, or the binding fails, the assumption ends.
"""

from __future__ import annotations

from collections.abc import Collection

from wherry.api.core.node import Node
from wherry.apimachinery.meta import ObjectKey
from wherry.scheduler.pod_info import Amounts, HostPort, PodInfo, amount


class NodeInfo:
    """One node: what it has and what is taken. Changed only by the Snapshot."""

    __slots__ = ("allocatable", "images", "node", "pods", "requested", "scored_cpu_milli", "scored_memory_bytes")

    def __init__(self, node: Node, pods: Collection[PodInfo]) -> None:
        """A node with the pods that run on it."""
        self.pods: dict[ObjectKey, PodInfo] = {}
        self.requested: Amounts = {}
        self.scored_cpu_milli = 0
        self.scored_memory_bytes = 0
        self.set_node(node)
        for pod in pods:
            self.add(pod)

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.metadata.name

    @property
    def host_ports(self) -> set[HostPort]:
        """The node's ports that its pods have taken."""
        return {port for pod in self.pods.values() for port in pod.host_ports}

    def set_node(self, node: Node) -> None:
        """Take over a new state of the node; its pods stay."""
        self.node = node
        self.allocatable = {name: amount(name, quantity) for name, quantity in node.status.allocatable.items()}
        self.images = {name: image.size_bytes or 0 for image in node.status.images for name in image.names}

    def add(self, pod: PodInfo) -> None:
        """`pod` runs here."""
        self.pods[pod.key] = pod
        self._count(pod, 1)

    def remove(self, key: ObjectKey) -> None:
        """The pod at `key` does not run here any more."""
        pod = self.pods.pop(key, None)
        if pod is not None:
            self._count(pod, -1)

    def _count(self, pod: PodInfo, sign: int) -> None:
        for resource, size in pod.requests.items():
            self.requested[resource] = self.requested.get(resource, 0) + sign * size
        self.scored_cpu_milli += sign * pod.scored_cpu_milli
        self.scored_memory_bytes += sign * pod.scored_memory_bytes


class Snapshot:
    """All nodes, in the order of their names."""

    def __init__(self) -> None:
        """No nodes, no pods."""
        self._nodes: dict[str, NodeInfo] = {}
        self._sorted: tuple[NodeInfo, ...] | None = None
        self._placed: dict[ObjectKey, tuple[PodInfo, str]] = {}
        self._assumed: set[ObjectKey] = set()

    @property
    def nodes(self) -> tuple[NodeInfo, ...]:
        """The nodes there are."""
        if self._sorted is None:
            self._sorted = tuple(self._nodes[name] for name in sorted(self._nodes))
        return self._sorted

    def set_node(self, node: Node) -> None:
        """A node is new or has changed."""
        name = node.metadata.name
        info = self._nodes.get(name)
        if info is not None:
            info.set_node(node)
        else:
            # Pods may be heard of before their node, and outlive one that is made anew.
            self._sorted = None
            self._nodes[name] = NodeInfo(node, [pod for pod, where in self._placed.values() if where == name])

    def remove_node(self, name: str) -> None:
        """A node is gone."""
        self._nodes.pop(name, None)
        self._sorted = None

    def place(self, pod: PodInfo, node_name: str) -> None:
        """The API server says that `pod` runs on `node_name`."""
        self._assumed.discard(pod.key)
        self._put(pod, node_name)

    def assume(self, pod: PodInfo, node_name: str) -> None:
        """We have decided that `pod` runs on `node_name`; the API server does not know yet."""
        self._assumed.add(pod.key)
        self._put(pod, node_name)

    def is_assumed(self, key: ObjectKey) -> bool:
        """Whether we have decided about this pod, and the API server has not shown it yet."""
        return key in self._assumed

    def remove(self, key: ObjectKey) -> bool:
        """A pod takes no place any more (it has ended, is gone, or could not be bound); whether it did before."""
        self._assumed.discard(key)
        placed = self._placed.pop(key, None)
        if placed is None:
            return False
        if (info := self._nodes.get(placed[1])) is not None:
            info.remove(key)
        return True

    def _put(self, pod: PodInfo, node_name: str) -> None:
        placed = self._placed.get(pod.key)
        if placed is not None and (info := self._nodes.get(placed[1])) is not None:
            info.remove(pod.key)
        self._placed[pod.key] = pod, node_name
        if (info := self._nodes.get(node_name)) is not None:
            info.add(pod)
