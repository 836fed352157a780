"""All about one thing on one sheet: its sentence, then label and value, line by line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wherry.apimachinery.quantity import milli_value, value
from wherry.apimachinery.struct import Struct
from wherry.narrate.facts import ContainerFacts, NodeFacts, PodFacts, Role, ServiceFacts, Snapshot, WorkloadFacts
from wherry.narrate.find import Target
from wherry.narrate.templates import count, tell

MIB = 2**20
GIB = 2**30
ROLES: Mapping[Role, str] = {
    "main": "",
    "first": ", runs first",
    "beside": ", runs beside",
    "guest": ", added to look inside",
}


class Row(Struct):
    """One fact."""

    label: str
    value: str


class Sheet(Struct):
    """The answer to "show me this"."""

    kind: str
    name: str
    namespace: str
    sentence: str
    rows: tuple[Row, ...]


def sheet(snapshot: Snapshot, target: Target) -> Sheet | None:
    """The sheet of a target; None when the picture does not know it (any more)."""
    things: tuple[Thing, ...] = (*snapshot.workloads, *snapshot.services, *snapshot.pods, *snapshot.nodes)
    for one in things:
        if _target_of(one) == target:
            return _sheet(target, *_rows(one, snapshot))
    return None


Thing = WorkloadFacts | ServiceFacts | PodFacts | NodeFacts


def _rows(one: Thing, snapshot: Snapshot) -> tuple[str, list[tuple[str, str]]]:
    match one:
        case WorkloadFacts():
            return _workload_rows(one, snapshot)
        case ServiceFacts():
            return _service_rows(one, snapshot)
        case PodFacts():
            return _pod_rows(one, snapshot)
        case NodeFacts():
            return _node_rows(one, snapshot)


def _target_of(one: Thing) -> Target:
    match one:
        case WorkloadFacts():
            return Target(one.kind, one.namespace, one.name)
        case ServiceFacts():
            return Target("Service", one.namespace, one.name)
        case PodFacts():
            return Target("Pod", one.namespace, one.name)
        case NodeFacts():
            return Target("Node", "", one.name)


def _sheet(target: Target, sentence: str, rows: Sequence[tuple[str, str]]) -> Sheet:
    return Sheet(
        kind=target.kind,
        name=target.name,
        namespace=target.namespace,
        sentence=sentence,
        rows=tuple(Row(label=label, value=value) for label, value in rows if value),
    )


def pod_sentence(pod: PodFacts) -> str:
    """How a pod is, in one sentence."""
    if not pod.node:
        return tell("pod.waits", pod=pod.name, reason=pod.reason)
    said = {"pod": pod.name, "node": pod.node, "reason": pod.reason}
    return tell(f"pod.{pod.state.lower()}", **said)


def _pod_rows(pod: PodFacts, snapshot: Snapshot) -> tuple[str, list[tuple[str, str]]]:
    answers = [one.name for one in snapshot.services if one.namespace == pod.namespace and pod.name in one.answering]
    rows = [
        ("State", f"{pod.symbol} {pod.state}"),
        ("App", pod.app),
        ("Wanted by", pod.owner or "nobody: if it goes, nobody makes it anew"),
        ("Address", pod.address),
        ("Answers for", ", ".join(answers)),
        ("Since", pod.created),
        ("Restarts", str(pod.restarts)),
        ("Asks for", _each(pod, lambda one: amounts_in_words(one.requests) or "nothing")),
        ("Limit", _each(pod, lambda one: amounts_in_words(one.limits) or "none")),
        ("Ports", _each(pod, lambda one: ", ".join(one.ports))),
    ]
    for one in pod.containers:
        role = ROLES[one.role]
        reason = f" ({one.reason})" if one.reason else ""
        rows.append(("Container", f"{one.symbol} {one.name}{role}: {one.image}, {one.state}{reason}"))
    return pod_sentence(pod), rows


def _each(pod: PodFacts, say: Callable[[ContainerFacts], str]) -> str:
    """What is said of each of a pod's containers, by its name where there are several; guests have nothing to say."""
    own = [one for one in pod.containers if one.role != "guest"]
    said = [(one.name, words) for one in own if (words := say(one))]
    return "; ".join(f"{name}: {words}" if len(own) > 1 else words for name, words in said)


def amounts_in_words(amounts: Mapping[str, str]) -> str:
    """Amounts by resource: "0.25 processors, 128 MiB memory"; what is neither goes by its own name."""
    words = {"cpu": "", "memory": "", **amounts}
    return ", ".join(_amount_in_words(resource, amount) for resource, amount in words.items() if amount)


def _amount_in_words(resource: str, amount: str) -> str:
    match resource:
        case "cpu":
            milli = milli_value(amount)
            return f"{milli / 1000:g} processor{'' if milli == 1000 else 's'}"
        case "memory":
            size = value(amount)
            return f"{round(size / GIB, 2):g} GiB memory" if size >= GIB else f"{round(size / MIB, 2):g} MiB memory"
        case _:
            return f"{amount} {resource}"


def _node_rows(node: NodeFacts, snapshot: Snapshot) -> tuple[str, list[tuple[str, str]]]:
    apps: dict[str, int] = {}
    for pod in node.pods:
        apps[pod.app] = apps.get(pod.app, 0) + 1
    return node.sentence, [
        ("What it is", ", ".join(part for part in (node.kind, node.machine) if part)),
        ("State", node.state),
        ("Reason", node.reason),
        ("Room", f"{node.cpu_milli / 1000:g} processors, {node.memory_bytes / GIB:.1f} GiB memory"),
        ("Pods", f"{node.counts.pods} of at most {node.pods_max}" if node.pods_max else str(node.counts.pods)),
        ("Apps", ", ".join(f"{app} ({number})" for app, number in sorted(apps.items()))),
        ("If it goes", if_node_goes(node, snapshot)),
    ]


def if_node_goes(node: NodeFacts, snapshot: Snapshot) -> str:
    """What would happen to what runs on a node, if the node went."""
    live = [pod for pod in node.pods if pod.state not in ("Done", "Stopping")]
    if not live:
        return tell("node.goes-empty", node=node.name)
    orphans = [pod.name for pod in live if not pod.owner]
    owned = len(live) - len(orphans)
    parts = []
    if owned:
        parts.append(tell("node.goes", pods=count(owned, "pod")))
    if orphans:
        parts.append(tell("node.goes-lost", names=_some(orphans)))
    here = {pod.name for pod in node.pods}
    alone = [one.name for one in snapshot.services if one.answering and set(one.answering) <= here]
    if alone:
        parts.append(tell("node.goes-silent", names=_some(alone)))
    return " ".join(parts)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _workload_rows(one: WorkloadFacts, snapshot: Snapshot) -> tuple[str, list[tuple[str, str]]]:
    mine = [pod for pod in snapshot.pods if pod.owner == f"{one.kind}/{one.name}" and pod.namespace == one.namespace]
    services = {
        service.name
        for service in snapshot.services
        if service.namespace == one.namespace and {pod.name for pod in mine} & {*service.answering, *service.silent}
    }
    rows = [
        ("What it is", f"{one.kind} in namespace {one.namespace}"),
        ("Now", one.now),
        ("Next", one.next),
        ("Images", ", ".join(one.images)),
        ("Reached by", ", ".join(sorted(services))),
    ]
    rows += [("Pod", f"{pod.symbol} {pod.name} on {pod.node or 'no node yet'}: {pod.state}") for pod in mine]
    return f"{one.name}: {one.now}", rows


def _service_rows(one: ServiceFacts, snapshot: Snapshot) -> tuple[str, list[tuple[str, str]]]:
    reasons = {pod.name: pod.reason for pod in snapshot.pods if pod.namespace == one.namespace}
    rows = [
        ("What it is", f"Service ({one.type}) in namespace {one.namespace}"),
        ("Address", f"{one.name}.{one.namespace} ({one.address})"),
        ("Ports", ", ".join(one.ports)),
    ]
    rows += [("Answers", name) for name in one.answering]
    rows += [("Does not", f"{name}: {reasons.get(name) or 'it is not ready'}") for name in one.silent]
    return one.sentence, rows
