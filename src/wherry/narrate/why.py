"""Why is it as it is? One object's state, cause by cause, in plain words.

Pure: `explain(document, events)` gets the whole object and the Events about it. It names what is wrong
first, then what Kubernetes is doing about it, then what a person can do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from wherry.api.core.container import Container
from wherry.api.core.event_parts import Event
from wherry.api.core.pod import ContainerStatus, Pod
from wherry.apimachinery.document import Document
from wherry.narrate.sentences import sentence
from wherry.narrate.story import order

EVENTS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer as a sentence, the reasons under it, and what to do next."""

    answer: str
    reasons: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)


GET_THE_IMAGE = (
    "Build or import the image: wherry image build DIR, or wherry image import FILE. "
    "Check its name for typing mistakes."
)
REMEDIES = {
    "ErrImagePull": GET_THE_IMAGE,
    "ImagePullBackOff": GET_THE_IMAGE,
    "ErrImageNeverPull": GET_THE_IMAGE,
    "CrashLoopBackOff": "Read its last words: kubectl -n {namespace} logs {name} --previous",
    "CreateContainerConfigError": "Create what the sentence above names (a ConfigMap, a Secret, a key in it), "
    "or change the pod: what it asks for contradicts itself.",
    "OOMKilled": "It used more memory than resources.limits.memory allows: raise the limit or use less.",
    "Unschedulable": "Add what the sentence above says is missing, or ask for less: requests, nodeSelector, taints.",
}


def explain(document: Document, events: Iterable[Event]) -> Explanation:
    """Why the object is as it is. `document` is the whole object with its kind."""
    kind = str(document.get("kind", ""))
    explained = EXPLAINERS.get(kind, _any_object)(document)
    history = [sentence(event) for event in sorted(events, key=order)[-EVENTS_SHOWN:]]
    reasons = explained.reasons + (["What happened:", *(f"  {line}" for line in history)] if history else [])
    return Explanation(explained.answer, reasons, explained.remedies)


def _name(document: Document) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _conditions(document: Document) -> list[Document]:
    status = document.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    return [entry for entry in conditions if isinstance(entry, dict)] if isinstance(conditions, list) else []


def _condition_lines(document: Document) -> list[str]:
    lines = []
    for condition in _conditions(document):
        because = " - ".join(str(condition[key]) for key in ("reason", "message") if condition.get(key))
        lines.append(f"{condition.get('type')} is {condition.get('status')}" + (f": {because}" if because else ""))
    return lines


def _any_object(document: Document) -> Explanation:
    what = f"{document.get('kind')} {_name(document)}"
    lines = _condition_lines(document)
    return Explanation(f"{what} exists." if not lines else f"{what}, by its own conditions:", lines)


def _workload(document: Document) -> Explanation:
    spec, status = document.get("spec"), document.get("status")
    wanted = spec.get("replicas", 1) if isinstance(spec, dict) else 1
    ready = status.get("readyReplicas", 0) if isinstance(status, dict) else 0
    what = f"{document.get('kind')} {_name(document)}"
    verdict = "as wanted" if wanted == ready else "not yet as wanted"
    answer = f"{what} is {verdict}: {ready} of {wanted} pods are ready."
    remedies = (
        []
        if wanted == ready
        else [f"Look at its pods: kubectl get pods, then wherry why pod/NAME ({_name(document)}-...)"]
    )
    return Explanation(answer, _condition_lines(document), remedies)


def _node(document: Document) -> Explanation:
    ready = next((entry for entry in _conditions(document) if entry.get("type") == "Ready"), {})
    state = {"True": "is ready and runs pods", "False": "says that it is not ready"}.get(
        str(ready.get("status")), "does not report: the masters cannot tell how it is"
    )
    return Explanation(f"Node {_name(document)} {state}.", _condition_lines(document))


def _pod(document: Document) -> Explanation:
    pod = msgspec.convert(document, Pod)
    name = pod.metadata.name
    if pod.metadata.is_being_deleted:
        return Explanation(f"Pod {name} is being stopped: its containers have time to finish what they do.")
    if not pod.spec.node_name:
        condition = next((entry for entry in pod.status.conditions if entry.type == "PodScheduled"), None)
        if condition is None or condition.status != "False":
            return Explanation(f"Pod {name} waits for the scheduler to choose a node.")
        return Explanation(
            f"Pod {name} waits: no node can take it. {condition.message}", [], [REMEDIES["Unschedulable"]]
        )
    troubles = [
        (status, trouble)
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses)
        if (trouble := _trouble(status))
    ]
    if pod.status.phase == "Failed" and pod.status.message:
        # The node ended the pod itself (a deadline, an eviction); its containers only followed.
        return Explanation(f"Pod {name} has failed: {pod.status.reason} - {pod.status.message}.".replace("..", "."))
    if troubles:
        return _troubled(pod, troubles)
    if pod.status.phase == "Succeeded":
        return Explanation(f"Pod {name} has done its work: every container ended with exit code 0.")
    unready = [status.name for status in pod.status.container_statuses if not status.ready]
    if unready and pod.status.phase == "Running":
        probes = _readiness_of(pod.spec.containers, unready)
        return Explanation(
            f"Pod {name} runs on {pod.spec.node_name}, but gets no requests yet: {', '.join(unready)} is not ready.",
            probes,
            [f"See what it says: kubectl -n {pod.metadata.namespace} logs {name} -c {unready[0]}"],
        )
    if pod.status.phase == "Running":
        return Explanation(f"Pod {name} is fine: it runs on {pod.spec.node_name} and is ready.")
    return Explanation(f"Pod {name} is {pod.status.phase or 'Pending'} on {pod.spec.node_name}: it is being prepared.")


def _readiness_of(containers: Sequence[Container], names: Sequence[str]) -> list[str]:
    return [
        f"{container.name} counts as ready when its readiness probe succeeds."
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
    answer = f"Pod {name} is on {pod.spec.node_name} but does not run as it should" + (
        f"; the node has started it again {'once' if restarts == 1 else f'{restarts} times'}." if restarts else "."
    )
    causes = [cause for status, (reason, _) in troubles for cause in (_last_end(status), reason)]
    remedies = [REMEDIES[cause].format(name=name, namespace=namespace) for cause in causes if cause in REMEDIES]
    return Explanation(answer, reasons, list(dict.fromkeys(remedies)))


EXPLAINERS: dict[str, Callable[[Document], Explanation]] = {
    "Pod": _pod,
    "Node": _node,
    "Deployment": _workload,
    "ReplicaSet": _workload,
    "StatefulSet": _workload,
}
