"""What an Event means, in a sentence that anybody on a team can follow.

Kubernetes' Events are short and full of its own words. Here each known reason has a sentence; an
unknown one (an operator's own) is shown with its message as it came. The *why* is what the component
that decided has said itself: Wherry's masters put it on the Event (client/recorder.py).
"""

from __future__ import annotations

from collections.abc import Callable

from wherry.api.core.event_parts import Event
from wherry.client.recorder import WHY_ANNOTATION

NARRATORS = {
    "default-scheduler": "The scheduler",
    "deployment-controller": "The deployment controller",
    "replicaset-controller": "The replica set controller",
    "statefulset-controller": "The stateful set controller",
    "job-controller": "The job controller",
    "node-controller": "The node controller",
    "taint-eviction-controller": "The node controller",
    "persistentvolume-controller": "The volume controller",
    "volume-provisioner": "The volume controller",
    "garbage-collector-controller": "The garbage collector",
}

KIND_WORDS = {
    "ReplicaSet": "replica set",
    "StatefulSet": "stateful set",
    "PersistentVolumeClaim": "storage claim",
    "PersistentVolume": "storage volume",
}


def narrator(event: Event) -> str:
    """Who is speaking: "The scheduler", "Node laptop"."""
    source = event.source
    component = event.reporting_component or (source.component if source else "")
    if component == "kubelet":
        host = (source.host if source else "") or event.reporting_instance
        return f"Node {host}" if host else "The node"
    return NARRATORS.get(component, component or "Somebody")


def subject(event: Event) -> str:
    """What it is about: "pod web-1"."""
    about = event.involved_object
    return f"{KIND_WORDS.get(about.kind, about.kind.lower())} {about.name}"


def container_of(event: Event) -> str:
    """The container that the event is about ("" for the whole object): spec.containers{web} -> web."""
    path = event.involved_object.field_path
    return path[path.find("{") + 1 : -1] if path.endswith("}") else ""


def _after(text: str, marker: str) -> str:
    return text.partition(marker)[2]


def _scheduled(event: Event) -> str:
    return f"{narrator(event)} chose node {_after(event.message, ' to ')} for {subject(event)}"


def _container(verb: str) -> Callable[[Event], str]:
    return lambda event: f"{narrator(event)} {verb} container {container_of(event) or '?'} of {subject(event)}"


def _made(verb: str, preposition: str) -> Callable[[Event], str]:
    return lambda event: f"{narrator(event)} {verb} {_object_of(event.message)} {preposition} {subject(event)}"


def _object_of(message: str) -> str:
    """What was created or deleted: "Created pod: web-1" and "create Pod web-0 in StatefulSet web successful" alike."""
    words = message.replace(":", "").split()
    if len(words) < 3:
        return message
    kind = {"claim": "storage claim"}.get(words[1].lower(), words[1].lower())
    return f"{kind} {words[2]}"


def _waits(event: Event) -> str:
    return f"{subject(event).capitalize()} waits for a node: {event.message}"


def _unhealthy(event: Event) -> str:
    probe, _, detail = event.message.partition(" probe failed: ")
    finding = {"Readiness": "not ready yet", "Liveness": "not alive", "Startup": "not started yet"}.get(probe)
    if finding is None:
        return f"{narrator(event)} about container {container_of(event) or '?'} of {subject(event)}: {event.message}"
    found = f"{narrator(event)} finds container {container_of(event) or '?'} of {subject(event)} {finding}"
    # A command that fails without a word gives no detail.
    return f"{found}: {detail}" if detail.strip() else found


def _killing(event: Event) -> str:
    return f"{narrator(event)} stops container {container_of(event) or '?'} of {subject(event)}"


def _scaled(event: Event) -> str:
    return f"{narrator(event)} {event.message[:1].lower()}{event.message[1:]} ({subject(event)})"


SENTENCES: dict[str, Callable[[Event], str]] = {
    "Scheduled": _scheduled,
    "FailedScheduling": _waits,
    "SuccessfulCreate": _made("created", "for"),
    "SuccessfulDelete": _made("deleted", "of"),
    "ScalingReplicaSet": _scaled,
    "Pulled": lambda event: (
        f"{narrator(event)} has the image for container {container_of(event) or '?'} of {subject(event)}"
    ),
    "Created": _container("prepared"),
    "Started": _container("started"),
    "Killing": _killing,
    "BackOff": lambda event: f"{narrator(event)} waits before it tries again: {event.message}",
    "Unhealthy": _unhealthy,
}


def sentence(event: Event) -> str:
    """One event as one sentence, with the why of whoever decided."""
    tell = SENTENCES.get(event.reason)
    text = tell(event) if tell else f"{narrator(event)} about {subject(event)}: {event.message or event.reason}"
    text = text.rstrip(". ")
    why = event.metadata.annotations.get(WHY_ANNOTATION, "").rstrip(". ")
    times = f" ({event.count} times)" if (event.count or 0) > 1 else ""
    return f"{text}, because {why}{times}." if why else f"{text}{times}."
