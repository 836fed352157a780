"""From API objects to facts: pure functions, one object (with what surrounds it) at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from wherry.api.core.container import Container
from wherry.api.core.node import HYPERVISOR_LABEL, MACHINE_LABEL, Node, is_without_machine
from wherry.api.core.pod import ContainerStatus, Pod
from wherry.api.core.service import Service
from wherry.api.discovery.endpointslice import EndpointSlice
from wherry.apimachinery.quantity import QuantityText, milli_value, value
from wherry.client.indexer import meta_of
from wherry.narrate.facts import (
    ContainerFacts,
    Counts,
    NodeFacts,
    NodeKind,
    PodFacts,
    Role,
    ServiceFacts,
    WorkloadFacts,
)
from wherry.narrate.pod_state import container_word, guest_word, pod_state, trouble_of
from wherry.narrate.state_words import SYMBOLS, WORDS
from wherry.narrate.templates import count, tell
from wherry.narrate.workloads import Tally, images_of

APP_LABELS = ("app.kubernetes.io/name", "app", "k8s-app", "run")
NAMES_SHOWN = 3


def describe_pod(pod: Pod, owner: str) -> PodFacts:
    """A pod's facts. `owner` is its outermost workload as KIND/NAME, or ""."""
    meta, state = pod.metadata, pod_state(pod)
    return PodFacts(
        id=str(meta.key),
        uid=meta.uid,
        name=meta.name,
        namespace=meta.namespace,
        node=pod.spec.node_name,
        app=app_of(meta.labels, owner.partition("/")[2] or meta.name),
        owner=owner,
        state=state.word,
        symbol=state.symbol,
        reason=state.reason,
        needs_help=state.needs_help,
        has_ended=pod.status.phase in ("Succeeded", "Failed"),
        ready=sum(one.ready for one in pod.status.container_statuses),
        restarts=sum(
            one.restart_count for one in (*pod.status.init_container_statuses, *pod.status.container_statuses)
        ),
        created=meta.creation_timestamp,
        address=pod.status.pod_ip,
        containers=_containers(pod),
    )


def app_of(labels: dict[str, str], fallback: str) -> str:
    """What people call the program: its app label, or `fallback`."""
    return next((labels[label] for label in APP_LABELS if labels.get(label)), fallback)


def _containers(pod: Pod) -> tuple[ContainerFacts, ...]:
    spec, status = pod.spec, pod.status
    lists = (status.init_container_statuses, status.container_statuses, status.ephemeral_container_statuses)
    statuses = {one.name: one for each in lists for one in each}
    return (
        *(
            _container(one, "beside" if one.restart_policy == "Always" else "first", statuses)
            for one in spec.init_containers
        ),
        *(_container(one, "main", statuses) for one in spec.containers),
        *(_container(one, "guest", statuses) for one in spec.ephemeral_containers),
    )


def _container(container: Container, role: Role, statuses: Mapping[str, ContainerStatus]) -> ContainerFacts:
    status = statuses.get(container.name)
    word = guest_word(status) if role == "guest" else container_word(status)
    return ContainerFacts(
        name=container.name,
        image=container.image,
        role=role,
        state=word,
        symbol=SYMBOLS[word],
        ready=status.ready if status else False,
        restarts=status.restart_count if status else 0,
        reason=trouble_of(status) if status else "",
        requests=_texts(container.resources.requests) if container.resources else {},
        limits=_texts(container.resources.limits) if container.resources else {},
        ports=tuple(f"{one.name} {one.container_port}/{one.protocol or 'TCP'}".lstrip() for one in container.ports),
    )


def _texts(amounts: Mapping[str, QuantityText]) -> dict[str, str]:
    return {resource: str(amount) for resource, amount in amounts.items()}


def count_pods(pods: Iterable[PodFacts], *, nodes: int = 0, nodes_ready: int = 0) -> Counts:
    """Sum pods up."""
    states: dict[str, int] = dict.fromkeys(WORDS, 0)
    containers = helped = total = 0
    for pod in pods:
        states[pod.state] += 1
        containers += len(pod.containers)
        helped += pod.needs_help
        total += 1
    return Counts(
        nodes=nodes,
        nodes_ready=nodes_ready,
        pods=total,
        containers=containers,
        needs_help=helped,
        states=states,
    )


def add_counts(parts: Iterable[Counts], *, nodes: int, nodes_ready: int) -> Counts:
    """Sum up what has been counted already; `nodes` of them are there, `nodes_ready` of those are ready."""
    states: dict[str, int] = dict.fromkeys(WORDS, 0)
    containers = helped = total = 0
    for part in parts:
        for word, number in part.states.items():
            states[word] += number
        containers += part.containers
        helped += part.needs_help
        total += part.pods
    return Counts(
        nodes=nodes, nodes_ready=nodes_ready, pods=total, containers=containers, needs_help=helped, states=states
    )


MACHINES = {"physical": "physical machine", "virtual": "virtual machine", "container": "in a container"}
HYPERVISORS = {
    "apple": "Apple Virtualization",
    "firecracker": "Firecracker",
    "google": "Google Compute Engine",
    "hyper-v": "Hyper-V",
    "kvm": "KVM",
    "nitro": "Amazon Nitro",
    "parallels": "Parallels",
    "virtualbox": "VirtualBox",
    "vmware": "VMware",
    "wsl": "WSL",
    "xen": "Xen",
}
"""The names of hypervisors as their makers write them."""


def is_ready(node: Node) -> bool:
    """Whether a node says that it is ready."""
    return any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)


def node_kind(node: Node, this_host: str) -> NodeKind:
    """What a node really is: this machine, another one, or none at all."""
    if is_without_machine(node):
        return "simulated"
    names = {node.metadata.name, node.metadata.labels.get("kubernetes.io/hostname", "")}
    names |= {one.address for one in node.status.addresses if one.type == "Hostname"}
    return "this machine" if this_host and this_host.lower() in {name.lower() for name in names} else "other machine"


def machine_words(node: Node) -> str:
    """What a real node runs on: a physical machine, a virtual one and whose, a container; "" if nobody knows."""
    labels = node.metadata.labels
    words = MACHINES.get(labels.get(MACHINE_LABEL, ""), "")
    if not words or is_without_machine(node):
        return ""
    maker = HYPERVISORS.get(labels.get(HYPERVISOR_LABEL, ""), "")
    return f"{words} on {maker}" if maker else words


def describe_node(node: Node, pods: Sequence[PodFacts], this_host: str) -> NodeFacts:
    """A node's facts with the pods on it, in the order in which they are shown."""
    ready, accepts = is_ready(node), not node.spec.unschedulable
    condition = next((one for one in node.status.conditions if one.type == "Ready"), None)
    room = node.status.allocatable or node.status.capacity
    counts = count_pods(pods, nodes=1, nodes_ready=int(ready))
    return NodeFacts(
        name=node.metadata.name,
        kind=node_kind(node, this_host),
        machine=machine_words(node),
        ready=ready,
        state=("Ready" if accepts else "Ready, takes no new pods") if ready else "Not ready",
        reason="" if ready or condition is None else condition.message or condition.reason,
        accepts_pods=accepts,
        cpu_milli=milli_value(room.get("cpu", "0")),
        memory_bytes=value(room.get("memory", "0")),
        pods_max=value(room.get("pods", "0")),
        sentence=_node_sentence(node.metadata.name, ready, accepts, counts),
        counts=counts,
        pods=tuple(pods),
    )


def _node_sentence(name: str, ready: bool, accepts: bool, counts: Counts) -> str:
    pods, containers = count(counts.pods, "pod"), count(counts.containers, "container")
    if not ready:
        return tell("node.not-ready", node=name, pods=pods)
    if not accepts:
        return tell("node.closed", node=name, pods=pods, containers=containers)
    if not counts.pods:
        return tell("node.empty", node=name)
    return tell("node.runs", node=name, pods=pods, containers=containers)


def describe_gone_node(name: str, pods: Sequence[PodFacts], *, is_hidden: bool = False) -> NodeFacts:
    """The place of pods whose node is not there any more, or (`is_hidden`) may not be seen."""
    return NodeFacts(
        name=name,
        kind="hidden" if is_hidden else "gone",
        machine="",
        ready=False,
        state="Not shown" if is_hidden else "Gone",
        reason="",
        accepts_pods=False,
        cpu_milli=0,
        memory_bytes=0,
        pods_max=0,
        sentence=tell("node.hidden" if is_hidden else "node.gone", node=name, pods=count(len(pods), "pod")),
        counts=count_pods(pods, nodes=0),
        pods=tuple(pods),
    )


def describe_workload(kind: str, thing: msgspec.Struct, tally: Tally, pods: Sequence[PodFacts]) -> WorkloadFacts:
    """What a workload wants and has, now and next, in words."""
    meta = meta_of(thing)
    live = [pod for pod in pods if pod.state != "Stopping" and not pod.has_ended]
    running = [pod for pod in live if pod.state == "Running"]
    have = tally.finished if tally.is_run_to_end else len(live)
    missing = max(0, tally.wanted - tally.finished - len(live)) if not (tally.is_paused or tally.has_failed) else 0
    now, next_ = _now(tally, len(running)), _next(tally, live, missing)
    steady = next_ == tell("next.nothing") and not tally.has_failed
    return WorkloadFacts(
        id=f"{kind}/{meta.namespace}/{meta.name}",
        kind=kind,
        name=meta.name,
        namespace=meta.namespace,
        app=app_of(meta.labels, meta.name),
        wanted=tally.wanted,
        have=have,
        ready=len(running),
        missing=missing if tally.schedule == "" else 0,
        is_as_wanted=steady,
        images=images_of(tally.template),
        pods=tuple(pod.name for pod in pods),
        now=now,
        next=next_,
    )


def _now(tally: Tally, running: int) -> str:
    if tally.schedule:
        return tell("now.suspended") if tally.is_paused else tell("now.schedule", schedule=tally.schedule)
    if tally.is_run_to_end:
        if tally.has_failed:
            return tell("now.job-failed", failed=tally.failed)
        return tell("now.job", have=tally.finished, wanted=tally.wanted)
    if not tally.wanted and not running:
        return tell("now.none-wanted")
    if running > tally.wanted:
        return tell("now.stopping", have=running, wanted=tally.wanted)
    return tell("now.as-wanted" if running == tally.wanted else "now.some", have=running, wanted=tally.wanted)


def _next(tally: Tally, live: Sequence[PodFacts], missing: int) -> str:
    """What happens next: troubles first, then what is on its way."""
    parts = []
    for word, key in (("Failed", "next.failing"), ("Waiting", "next.waiting")):
        those = [pod for pod in live if pod.state == word]
        if those:
            parts.append(tell(key, count=len(those), reason=those[0].reason))
    if tally.is_run_to_end:
        left = tally.wanted - tally.finished
        if left > 0 and not tally.has_failed:
            parts.append(tell("now.suspended") if tally.is_paused else tell("next.job", count=left))
        return " ".join(parts) or tell("next.nothing")
    if tally.is_paused and not tally.schedule:
        parts.append(tell("next.paused"))
    if missing:
        parts.append(tell("next.missing", count=missing))
    if starting := sum(pod.state == "Starting" for pod in live):
        parts.append(tell("next.starting", count=starting))
    if tally.updated is not None and tally.updated < tally.wanted - tally.kept and not missing:
        key = "next.rollout-held" if tally.is_paused or tally.is_by_hand else "next.rollout"
        parts.append(tell(key, count=tally.updated, wanted=tally.wanted))
    elif len(live) > tally.wanted and not tally.schedule:
        parts.append(tell("next.surplus", count=len(live) - tally.wanted))
    return " ".join(parts) or tell("next.nothing")


def describe_service(service: Service, slices: Iterable[EndpointSlice]) -> ServiceFacts:
    """Who answers for a service and who does not, by its endpoint slices."""
    answering: set[str] = set()
    silent: set[str] = set()
    for one in slices:
        for endpoint in one.endpoints:
            target = endpoint.target_ref.name if endpoint.target_ref else ", ".join(endpoint.addresses)
            is_up = endpoint.conditions is None or endpoint.conditions.ready is not False
            (answering if is_up else silent).add(target)
    spec, name = service.spec, service.metadata.name
    return ServiceFacts(
        id=str(service.metadata.key),
        name=name,
        namespace=service.metadata.namespace,
        type=spec.type or "ClusterIP",
        address=spec.external_name or spec.cluster_ip,
        ports=tuple(f"{port.port}/{port.protocol or 'TCP'}" for port in spec.ports),
        answering=tuple(sorted(answering)),
        silent=tuple(sorted(silent - answering)),
        sentence=_service_sentence(service, len(answering), len(answering | silent)),
    )


def _service_sentence(service: Service, answering: int, total: int) -> str:
    name, spec = service.metadata.name, service.spec
    if spec.type == "ExternalName":
        return tell("service.outside", service=name, address=spec.external_name)
    if answering:
        return tell("service.answers", count=answering, total=total, service=name)
    if not spec.selector:
        return tell("service.by-hand", service=name)
    return tell("service.silent" if total else "service.nobody", service=name, total=total)
