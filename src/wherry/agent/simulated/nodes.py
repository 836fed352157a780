"""What a simulated node says of itself, and the controller that keeps it Ready.

Any Node with the label wherry.dev/simulated=true is one, whoever has made it: it becomes Ready, its Lease is
renewed, and pods bound to it run.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import msgspec

from wherry.agent.simulated.addresses import node_address
from wherry.api.core.node import (
    NODES,
    SIMULATED_LABEL,
    Node,
    NodeAddress,
    NodeCondition,
    NodeStatus,
    NodeSystemInfo,
    is_simulated,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.reconcile.actions import Action, EventNote, PatchStatus
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind

LABEL = SIMULATED_LABEL
NAME_PREFIX = "simulated-"
KUBELET_VERSION = "v1.36.0"
CAPACITY = {"cpu": "32", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "110"}
"""Of a node that does not say itself what it offers."""

_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory"),
    ("DiskPressure", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "KubeletHasSufficientPID"),
)


def node_name(number: int) -> str:
    """The name of the node with this number, from 0 on."""
    return f"{NAME_PREFIX}{number}"


def node_number(name: str) -> int | None:
    """The number of a node that node_name has named; None for other names."""
    digits = name.removeprefix(NAME_PREFIX)
    return int(digits) if digits != name and digits.isdecimal() and node_name(int(digits)) == name else None


def node_document(number: int, *, beside_real_nodes: bool) -> Document:
    """The Node to create. Beside real nodes it takes only what these have no room for."""
    name = node_name(number)
    labels = {
        LABEL: "true",
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
    }
    document: Document = {"metadata": {"name": name, "labels": labels}}
    if beside_real_nodes:
        document["spec"] = {"taints": [{"key": LABEL, "value": "true", "effect": "PreferNoSchedule"}]}
    return document


def ready_status(node: Node, now_s: float) -> NodeStatus:
    """The node's status with everything well; what it says of its size stays."""
    name = node.metadata.name
    capacity = node.status.capacity or dict(CAPACITY)
    number = node_number(name)
    address = node_address(number if number is not None else uuid.uuid5(uuid.NAMESPACE_DNS, name).int % 2**17)
    wanted = [NodeCondition(type=type_, status="False", reason=reason) for type_, reason in _PRESSURES]
    wanted.append(NodeCondition(type="Ready", status="True", reason="KubeletReady", message="the node is simulated"))
    own = {condition.type for condition in wanted}
    others = [condition for condition in node.status.conditions if condition.type not in own]
    return msgspec.structs.replace(
        node.status,
        capacity=capacity,
        allocatable=node.status.allocatable or capacity,
        conditions=(*others, *(_since(node, condition, format_time(now_s)) for condition in wanted)),
        addresses=node.status.addresses
        or (NodeAddress(type="InternalIP", address=address), NodeAddress(type="Hostname", address=name)),
        node_info=node.status.node_info or _system_info(name),
    )


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Bring a simulated node that is not Ready, or not yet, back to life."""
    node = view.lister(NODES).get(*key)
    if node is None or not is_simulated(node) or node.metadata.is_being_deleted:
        return []
    if node.status.node_info is not None and any(
        condition.type == "Ready" and condition.status == "True" for condition in node.status.conditions
    ):
        return []
    why = "a simulated node is always well"
    event = EventNote("NodeReady", f"Node {key.name} status is now: NodeReady")
    return [PatchStatus(NODES, "", key.name, node.status, ready_status(node, view.now_s), why, event=event)]


SIMULATED_NODES_CONTROLLER = Controller(
    name="simulated-nodes", primary=NODES, sources=(for_kind(NODES),), plan=plan, workers=16
)


def _since(node: Node, condition: NodeCondition, now: str) -> NodeCondition:
    """The condition with its times: that of the last change moves only when the status does."""
    old = next((one for one in node.status.conditions if one.type == condition.type), None)
    changed = old.last_transition_time if old is not None and old.status == condition.status else now
    return msgspec.structs.replace(condition, last_transition_time=changed, last_heartbeat_time=now)


def _system_info(name: str) -> NodeSystemInfo:
    identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    return NodeSystemInfo(
        architecture="amd64",
        boot_id=identity,
        container_runtime_version="simulated://1",
        kernel_version="simulated",
        kube_proxy_version=KUBELET_VERSION,
        kubelet_version=KUBELET_VERSION,
        machine_id=identity.replace("-", ""),
        operating_system="linux",
        os_image="simulated",
        system_uuid=identity,
    )
