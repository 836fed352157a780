"""Why is it as it is? One object's state, cause by cause, in plain words.

Pure: `explain(document, events)` gets the whole object and the Events about it. It names what is wrong
first, then what Kubernetes is doing about it, then what a person can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from wherry.api.core.container import Container
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import ContainerStatus, Pod
from wherry.apimachinery.document import Document
from wherry.narrate.explanation import (
    Explanation,
    condition_lines,
    conditions_in,
    name_in,
    remedies_of,
    say_answer,
)
from wherry.narrate.facts import PodFacts
from wherry.narrate.image_trouble import image_remedy
from wherry.narrate.rollouts import explain_workload
from wherry.narrate.sentences import sentence
from wherry.narrate.story import order

EVENTS_SHOWN = 8


WITHOUT_IMAGE = frozenset(("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull"))
REMEDIES = {
    "CrashLoopBackOff": "Read its last words: kubectl -n {namespace} logs {name} --previous",
    "CreateContainerConfigError": "Create what the sentence above names (a ConfigMap, a Secret, a key in it), "
    "or change the pod: what it asks for contradicts itself.",
    "OOMKilled": "It used more memory than resources.limits.memory allows: raise the limit or use less.",
    "Unschedulable": "Add what the sentence above says is missing, or ask for less: requests, nodeSelector, taints.",
}


def explain(document: Document, events: Iterable[Event], troubled: Sequence[PodFacts] = ()) -> Explanation:
    """Why the object is as it is.

    Args:
        document: the whole object with its kind.
        events: what was said about it.
        troubled: for a workload, those pods of its newest version that need help.
    """
    kind = str(document.get("kind", ""))
    explained = EXPLAINERS.get(kind, _any_object)(document, troubled)
    history = [sentence(event) for event in sorted(events, key=order)[-EVENTS_SHOWN:]]
    reasons = explained.reasons + (["What happened:", *(f"  {line}" for line in history)] if history else [])
    return Explanation(explained.answer, reasons, explained.remedies)


def _any_object(document: Document, _: Sequence[PodFacts]) -> Explanation:
    lines = condition_lines(document)
    said = {"kind": document.get("kind"), "name": name_in(document)}
    return Explanation(say_answer("by-conditions" if lines else "exists", **said), lines)


def _node(document: Document, _: Sequence[PodFacts]) -> Explanation:
    ready = next((entry for entry in conditions_in(document) if entry.get("type") == "Ready"), {})
    key = {"True": "node-ready", "False": "node-not-ready"}.get(str(ready.get("status")), "node-silent")
    said = {"name": name_in(document)}
    return Explanation(say_answer(key, **said), condition_lines(document), remedies_of(key, **said))


def _pod(document: Document, _: Sequence[PodFacts]) -> Explanation:
    pod = msgspec.convert(document, Pod)
    said: dict[str, object] = {"pod": pod.metadata.name, "node": pod.spec.node_name}
    said["namespace"] = pod.metadata.namespace
    if pod.metadata.is_being_deleted:
        return Explanation(say_answer("stopping", **said))
    if not pod.spec.node_name:
        return _without_node(pod, said)
    troubles = [
        (status, trouble)
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses)
        if (trouble := _trouble(status))
    ]
    if pod.status.phase == "Failed" and pod.status.message:
        # The node ended the pod itself (a deadline, an eviction); its containers only followed.
        answer = say_answer("ended-by-node", reason=pod.status.reason, message=pod.status.message, **said)
        return Explanation(answer.replace("..", "."))
    if troubles:
        return _troubled(pod, troubles)
    return _untroubled(pod, said)


def _without_node(pod: Pod, said: Mapping[str, object]) -> Explanation:
    if pod.spec.scheduling_gates:
        gates = ", ".join(gate.name for gate in pod.spec.scheduling_gates)
        return Explanation(say_answer("gated", gates=gates, **said), [], remedies_of("gated"))
    condition = next((entry for entry in pod.status.conditions if entry.type == "PodScheduled"), None)
    if condition is None or condition.status != "False":
        return Explanation(say_answer("choosing", **said))
    answer = say_answer("no-node", message=condition.message, **said)
    return Explanation(answer, [], [REMEDIES["Unschedulable"]])


def _untroubled(pod: Pod, said: Mapping[str, object]) -> Explanation:
    if pod.status.phase == "Succeeded":
        return Explanation(say_answer("done", **said))
    unready = [status.name for status in pod.status.container_statuses if not status.ready]
    if unready and pod.status.phase == "Running":
        values = {**said, "containers": ", ".join(unready), "first": unready[0]}
        probes = _readiness_of(pod.spec.containers, unready)
        return Explanation(say_answer("unready", **values), probes, remedies_of("unready", **values))
    if pod.status.phase == "Running":
        ready = next((one for one in pod.status.conditions if one.type == "Ready"), None)
        if ready is not None and ready.status != "True":
            # Its containers are ready; somebody else says that it is not.
            key = "held-back" if pod.spec.readiness_gates else "node-lost"
            answer = say_answer(key, message=ready.message, **said).strip()
            return Explanation(answer, [], remedies_of(key, **said))
        return Explanation(say_answer("fine", **said))
    return Explanation(say_answer("prepared", phase=pod.status.phase or "Pending", **said))


def _readiness_of(containers: Sequence[Container], names: Sequence[str]) -> list[str]:
    return [
        say_answer("probe", container=container.name)
        for container in containers
        if container.name in names and container.readiness_probe is not None
    ]


def _trouble(status: ContainerStatus) -> tuple[str, str] | None:
    """What keeps a container from running: its reason and a sentence, or None."""
    state = status.state
    waiting = state.waiting if state else None
    ended = (state.terminated if state else None) or (status.last_state.terminated if status.last_state else None)
    if waiting is not None and waiting.reason not in ("", "ContainerCreating", "PodInitializing"):
        last = f" It last ended with exit code {ended.exit_code} ({ended.reason})." if ended else ""
        return waiting.reason, f"{waiting.message or waiting.reason}.{last}".replace("..", ".")
    if state is not None and state.terminated is not None and state.terminated.exit_code != 0:
        return state.terminated.reason, f"it ended with exit code {state.terminated.exit_code}."
    return None


def _last_end(status: ContainerStatus) -> str:
    ended = status.last_state.terminated if status.last_state else None
    return ended.reason if ended else ""


def _troubled(pod: Pod, troubles: Sequence[tuple[ContainerStatus, tuple[str, str]]]) -> Explanation:
    name, namespace = pod.metadata.name, pod.metadata.namespace
    reasons = [f"Container {status.name}: {reason} - {text}" for status, (reason, text) in troubles]
    restarts = sum(status.restart_count for status, _ in troubles)
    times = "once" if restarts == 1 else f"{restarts} times"
    again = f"; the node has started it again {times}" if restarts else ""
    answer = say_answer("troubled", pod=name, node=pod.spec.node_name, restarts=again)
    causes = [cause for status, (reason, _) in troubles for cause in (_last_end(status), reason)]
    remedies = [REMEDIES[cause].format(name=name, namespace=namespace) for cause in causes if cause in REMEDIES]
    remedies += [image_remedy(text, namespace) for _, (reason, text) in troubles if reason in WITHOUT_IMAGE]
    return Explanation(answer, reasons, list(dict.fromkeys(remedies)))


EXPLAINERS: dict[str, Callable[[Document, Sequence[PodFacts]], Explanation]] = {
    "Pod": _pod,
    "Node": _node,
    "Deployment": explain_workload,
    "ReplicaSet": explain_workload,
    "ReplicationController": explain_workload,
    "StatefulSet": explain_workload,
    "DaemonSet": explain_workload,
}
