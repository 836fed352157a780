"""Why no node takes a pod: each node's reason, whether it is *never* or *not yet*, and what would help. Pure.

Worked out from what any Kubernetes API shows (room, taints, labels), and from what Wherry's scheduler has noted on its
Event where that says more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import orjson

from wherry.api.core.affinity import Toleration
from wherry.api.core.event_parts import Event
from wherry.api.core.node import Node, Taint
from wherry.api.core.pod import Pod
from wherry.api.quota.pods import pod_requests
from wherry.apimachinery.amounts import NANO, Amount, Amounts, amounts_from
from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import Struct
from wherry.client.recorder import DECISION_ANNOTATION
from wherry.narrate.cause_templates import NODES, SCHEDULER_REASONS
from wherry.narrate.describe import is_ready

ENDED = ("Succeeded", "Failed")
# Kubernetes puts these on by itself; each has a sentence of its own.
NODE_TAINTS = "node.kubernetes.io/"
CLOSED = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


class NodeVerdict(Struct):
    """One node's answer to a pod. `helps` is what would change it; `next` the first step of that."""

    node: str
    fits: bool
    when: Literal["now", "not yet", "never", "unknown"]
    reason: str
    helps: str


def judge_nodes(pod: Pod, nodes: Iterable[Node], pods: Sequence[Pod], noted: Event | None = None) -> list[NodeVerdict]:
    """Every node's verdict on `pod`, by name. `noted` is the scheduler's last Event about it."""
    running: dict[str, list[Pod]] = {}
    for one in pods:
        if one.spec.node_name and one.status.phase not in ENDED:
            running.setdefault(one.spec.node_name, []).append(one)
    reasons = _noted_reasons(noted)
    wants = pod_requests(pod.spec)
    return [
        _judge(pod, node, wants, running.get(node.metadata.name, ()), reasons.get(node.metadata.name, ""))
        for node in sorted(nodes, key=lambda one: one.metadata.name)
    ]


def decision_of(event: Event | None) -> Document:
    """What the scheduler has noted on an Event ({} when it is not Wherry's, or has not)."""
    note = event.metadata.annotations.get(DECISION_ANNOTATION, "") if event else ""
    try:
        found = orjson.loads(note) if note else {}
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _noted_reasons(event: Event | None) -> Mapping[str, str]:
    rejected = decision_of(event).get("rejected")
    if not isinstance(rejected, dict):
        return {}
    return {str(node): str(reason) for reason, named in rejected.items() if isinstance(named, list) for node in named}


def _judge(pod: Pod, node: Node, wants: Amounts, here: Sequence[Pod], noted: str) -> NodeVerdict:
    found = [*_objections(pod, node, wants, here, noted)]
    if not found:
        name = node.metadata.name
        return NodeVerdict(node=name, fits=True, when="now", reason=f"{name}: it has room", helps="")
    # What will never change by itself comes first: opening a node that is too small would help nobody.
    return min(found, key=lambda verdict: verdict.when != "never")


def _objections(pod: Pod, node: Node, wants: Amounts, here: Sequence[Pod], noted: str) -> Iterable[NodeVerdict]:
    name = node.metadata.name
    taint = next((one for one in node.spec.taints if _repels(one, pod.spec.tolerations)), None)
    if not is_ready(node) and taint is not None and taint.key.startswith(NODE_TAINTS):
        yield _verdict("down", node=name)
    if node.spec.unschedulable and _repels(CLOSED, pod.spec.tolerations):
        yield _verdict("closed", node=name)
    if taint is not None and not taint.key.startswith(NODE_TAINTS):
        yield _verdict("tainted", node=name, taint=f"{taint.key}={taint.value}" if taint.value else taint.key)
    missing = {key: value for key, value in pod.spec.node_selector.items() if node.metadata.labels.get(key) != value}
    if missing:
        yield _verdict("other-labels", node=name, labels=" ".join(f"{key}={value}" for key, value in missing.items()))
    room = _room(node, wants, here)
    if room is not None:
        yield room
    known = next((key for reason, key in SCHEDULER_REASONS if noted.startswith(reason)), "")
    if known and not (known == "affinity" and missing):
        yield _verdict(known, node=name)
    elif noted and not known and room is None and taint is None:
        yield _verdict("other", node=name, reason=noted)


def _room(node: Node, wants: Amounts, here: Sequence[Pod]) -> NodeVerdict | None:
    name = node.metadata.name
    has = amounts_from(node.status.allocatable)
    if "pods" in has and len(here) * NANO >= has["pods"].nano:
        return _verdict("no-places", node=name)
    for resource, amount in wants.items():
        size = has.get(resource, Amount(0, amount.form))
        taken = sum(one[resource].nano for one in map(_requests, here) if resource in one)
        left = Amount(max(0, size.nano - taken), amount.form)
        said = {"node": name, "resource": resource, "wants": str(amount)}
        if amount.nano > size.nano:
            return _verdict("too-small", has=str(size), **said)
        if amount.nano > left.nano:
            return _verdict("too-full", left=str(left), **said)
    return None


def _requests(pod: Pod) -> Amounts:
    return pod_requests(pod.spec)


def _verdict(key: str, **values: str) -> NodeVerdict:
    template = NODES[key]
    text = template.text.format_map(values)
    when: Literal["not yet", "never", "unknown"] = (
        "never" if ": never," in text else "not yet" if ": not yet," in text else "unknown"
    )
    return NodeVerdict(node=values["node"], fits=False, when=when, reason=text, helps=template.next.format_map(values))


def _repels(taint: Taint, tolerations: Sequence[Toleration]) -> bool:
    return taint.effect in ("NoSchedule", "NoExecute") and not any(_tolerates(one, taint) for one in tolerations)


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.operator == "Exists":
        return not toleration.key or toleration.key == taint.key
    return toleration.key == taint.key and toleration.value == taint.value
