"""What a pod may be told about itself: its name, labels, address, limits (the downward API). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from wherry.api.core.container import ResourceRequirements
from wherry.api.core.pod import Pod
from wherry.api.core.volume import ResourceFieldSelector
from wherry.apimachinery.quantity import QuantityText, parse_quantity

_SUBSCRIPT = re.compile(r"^(metadata\.(?:labels|annotations))\['(.*)'\]$")


class UnknownField(ValueError):
    """A path that names nothing a pod may be told; the message is for people."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a pod may be told about its node; `allocatable` stands in where a container has no limit."""

    name: str
    host_ip: str
    allocatable: Mapping[str, QuantityText] = field(default_factory=dict)


def field_value(path: str, pod: Pod, node: NodeFacts, pod_ip: str = "") -> str:
    """The text of a `fieldRef`. Raises UnknownField."""
    meta = pod.metadata
    if (match := _SUBSCRIPT.match(path)) is not None:
        values = meta.labels if match[1] == "metadata.labels" else meta.annotations
        return values.get(match[2], "")
    ip = node.host_ip if pod.spec.host_network else pod_ip
    known = {
        "metadata.name": meta.name,
        "metadata.namespace": meta.namespace,
        "metadata.uid": meta.uid,
        "spec.nodeName": node.name,
        "spec.serviceAccountName": pod.spec.service_account_name,
        "status.hostIP": node.host_ip,
        "status.hostIPs": node.host_ip,
        "status.podIP": ip,
        "status.podIPs": ip,
    }
    if path in known:
        return known[path]
    if path == "metadata.labels":
        return format_map(meta.labels)
    if path == "metadata.annotations":
        return format_map(meta.annotations)
    raise UnknownField(f"unsupported fieldPath: {path}")


def format_map(values: Mapping[str, str]) -> str:
    """Lines of name="value", sorted by name."""
    return "\n".join(f"{key}={json.dumps(values[key], ensure_ascii=False)}" for key in sorted(values))


def resource_value(selector: ResourceFieldSelector, pod: Pod, node: NodeFacts, container: str = "") -> str:
    """The number of a `resourceFieldRef`, in units of its divisor, rounded up. Raises UnknownField."""
    name = selector.container_name or container
    specs = (*pod.spec.containers, *pod.spec.init_containers, *pod.spec.ephemeral_containers)
    spec = next((one for one in specs if one.name == name), None)
    if spec is None:
        raise UnknownField(f"container {name} not found")
    side, _, resource = selector.resource.partition(".")
    resources = spec.resources or ResourceRequirements()
    if side not in ("limits", "requests") or not resource:
        raise UnknownField(f"unsupported container resource : {selector.resource}")
    amount: QuantityText
    if side == "limits":
        amount = resources.limits.get(resource) or node.allocatable.get(resource, 0)
    else:
        amount = resources.requests.get(resource) or resources.limits.get(resource, 0)
    divisor = parse_quantity(selector.divisor) if selector.divisor is not None else Fraction(0)
    return str(ceil(parse_quantity(amount) / (divisor or 1)))
