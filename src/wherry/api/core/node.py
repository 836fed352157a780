"""A machine that runs pods."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.core.affinity_validation import TAINT_EFFECTS
from wherry.api.core.resource_names import validate_amount
from wherry.api.documents import find, put_absent, put_canonical_quantities, section
from wherry.api.field_formats import CIDR_WRONG, fitting, is_cidr
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import label_value, qualified_name
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.resource_type import (
    AGE_COLUMN,
    NAME_COLUMN,
    PROXY_VERBS,
    STATUS,
    Column,
    Subresource,
    resource_type,
)
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


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


class NodeCondition(Condition):
    last_heartbeat_time: str = ""


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


FOR_LIFE = 'node updates may not change {} except from "" to valid'
ROLE_PREFIX = "node-role.kubernetes.io/"
SIMULATED_LABEL = "wherry.dev/simulated"
# What the machine is: physical, virtual or container; and of whose making a virtual one is.
MACHINE_LABEL, HYPERVISOR_LABEL = "wherry.dev/machine", "wherry.dev/hypervisor"
# How another program that plays nodes, kwok, marks its own.
KWOK_ANNOTATION = "kwok.x-k8s.io/node"


def _default(new: Document) -> None:
    spec, status = section(new, "spec"), section(new, "status")
    if spec.get("podCIDR") and not spec.get("podCIDRs"):
        spec["podCIDRs"] = [spec["podCIDR"]]
    for name in ("capacity", "allocatable"):
        put_canonical_quantities(status.get(name))
    if status.get("capacity"):
        put_absent(status, allocatable=find(status, "capacity"))


def _validate(new: Node, old: Node | None) -> list[FieldError]:
    # Upstream looks for taints in the metadata, where they once were.
    errors = _validate_taints(new.spec.taints, "metadata.taints")
    for name, amounts in (("capacity", new.status.capacity), ("allocatable", new.status.allocatable)):
        for resource, amount in amounts.items():
            errors += validate_amount(resource, amount, f"status.{name}.{resource}")
    if old is None:
        return errors + _validate_ranges(new.spec.pod_cidrs, "spec.podCIDRs")
    for position, address in enumerate(new.status.addresses):
        if address in new.status.addresses[:position]:
            shown = {"type": address.type, "address": address.address}
            errors.append(duplicate(index("status.addresses", position), shown))
    if old.spec.pod_cidrs and new.spec.pod_cidrs != old.spec.pod_cidrs:
        errors.append(forbidden("spec.podCIDRs", FOR_LIFE.format("podCIDR")))
    if old.spec.provider_id and new.spec.provider_id != old.spec.provider_id:
        errors.append(forbidden("spec.providerID", FOR_LIFE.format("providerID")))
    return errors


def _validate_ranges(ranges: tuple[str, ...], path: str) -> list[FieldError]:
    """The addresses of the node's pods: one range per family."""
    errors = [invalid(index(path, at), text, CIDR_WRONG) for at, text in enumerate(ranges) if not is_cidr(text)]
    families = {ipaddress.ip_network(text, strict=False).version for text in ranges if is_cidr(text)}
    if len(ranges) > 1 and not errors and len(families) != len(ranges):
        errors.append(invalid(path, list(ranges), "may specify no more than one CIDR for each IP family"))
    for position, text in enumerate(ranges):
        if text in ranges[:position]:
            errors.append(duplicate(index(path, position), text))
    return errors


def _validate_taints(taints: tuple[Taint, ...], path: str) -> list[FieldError]:
    errors = []
    taken: set[tuple[str, str]] = set()
    for position, taint in enumerate(taints):
        place = index(path, position)
        errors += fitting(child(place, "key"), taint.key, qualified_name)
        errors += fitting(child(place, "value"), taint.value, label_value)
        errors += one_of(child(place, "effect"), taint.effect, TAINT_EFFECTS, may_be_absent=False)
        if (taint.key, taint.effect) in taken:
            shown = {"key": taint.key, "value": taint.value, "effect": taint.effect}
            again = duplicate(place, shown)
            errors.append(replace(again, message=f"{again.message}: taints must be unique by key and effect pair"))
        taken.add((taint.key, taint.effect))
    return errors


def _status_word(node: Node) -> str:
    ready = next((condition for condition in node.status.conditions if condition.type == "Ready"), None)
    word = "Unknown"
    if ready is not None:
        word = "Ready" if ready.status == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if node.spec.unschedulable else word


def _roles(node: Node) -> str:
    roles = {name[len(ROLE_PREFIX) :] for name in node.metadata.labels if name.startswith(ROLE_PREFIX)}
    roles |= {value for name, value in node.metadata.labels.items() if name == "kubernetes.io/role"}
    return ",".join(sorted(role for role in roles if role)) or "<none>"


def _row(node: Node, now_s: float) -> tuple[object, ...]:
    addresses = {address.type: address.address for address in reversed(node.status.addresses)}
    info = node.status.node_info
    return (
        node.metadata.name,
        _status_word(node),
        _roles(node),
        age_since(node.metadata.creation_timestamp, now_s),
        info.kubelet_version if info else "",
        addresses.get("InternalIP", "<none>"),
        addresses.get("ExternalIP", "<none>"),
        (info.os_image if info else "") or "<unknown>",
        (info.kernel_version if info else "") or "<unknown>",
        (info.container_runtime_version if info else "") or "<unknown>",
    )


def is_simulated(node: Node | None) -> bool:
    """Whether this is a node without a machine that Wherry plays."""
    return node is not None and node.metadata.labels.get(SIMULATED_LABEL) == "true"


def is_without_machine(node: Node) -> bool:
    """Whether anybody plays this node: no container runs there, and nothing of it answers at its addresses."""
    return is_simulated(node) or KWOK_ANNOTATION in node.metadata.annotations


NODES = resource_type(
    Node,
    kind="Node",
    plural="nodes",
    namespaced=False,
    short_names=("no",),
    subresources=(STATUS, Subresource("proxy", PROXY_VERBS, kind="NodeProxyOptions")),
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Status", description="Whether the node is ready for pods."),
        Column("Roles", description="The roles of the node."),
        AGE_COLUMN,
        Column("Version", description="Kubelet Version reported by the node."),
        Column("Internal-IP", priority=1),
        Column("External-IP", priority=1),
        Column("OS-Image", priority=1),
        Column("Kernel-Version", priority=1),
        Column("Container-Runtime", priority=1),
    ),
    row=_row,
    selectable_fields={"spec.unschedulable": lambda node: "true" if node.spec.unschedulable else "false"},
    tracks_generation=False,
)
