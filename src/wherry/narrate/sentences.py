"""What an Event means, in a sentence that anybody on a team can follow.

Kubernetes' Events are short and full of its own words. Each known reason has a sentence (event_templates.py); an
unknown one (an operator's own) is shown with its message as it came. The *why* is what the component
that decided has said itself: Wherry's masters put it on the Event (client/recorder.py).
"""

from __future__ import annotations

import re

from wherry.api.core.event_parts import Event
from wherry.client.recorder import WHY_ANNOTATION
from wherry.narrate.event_templates import EVENTS, PROBES, UNKNOWN, WARMING
from wherry.narrate.templates import Template

NARRATORS = {
    "simulated-kubelet": "A simulated node",
    "simulated-nodes": "The simulated nodes",
    "default-scheduler": "The scheduler",
    "deployment-controller": "The deployment controller",
    "replicaset-controller": "The replica set controller",
    "replication-controller": "The replication controller",
    "statefulset-controller": "The stateful set controller",
    "daemonset-controller": "The daemon set controller",
    "job-controller": "The job controller",
    "cronjob-controller": "The cron job controller",
    "disruption-controller": "The disruption controller",
    "controllermanager": "The disruption controller",
    "endpoint-slice-controller": "The endpoint controller",
    "endpoint-controller": "The endpoint controller",
    "resourcequota-controller": "The quota controller",
    "namespace-controller": "The namespace controller",
    "horizontal-pod-autoscaler": "The autoscaler",
    "node-controller": "The node controller",
    "taint-eviction-controller": "The node controller",
    "pod-garbage-collector": "The garbage collector",
    "persistentvolume-controller": "The volume controller",
    "volume-provisioner": "The volume controller",
    "wherry.dev/local-path": "The volume controller",
    "garbage-collector-controller": "The garbage collector",
}

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
KIND_WORDS = {
    "DaemonSet": "daemon set",
    "CronJob": "cron job",
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
    return f"{kind_words(about.kind)} {about.name}"


def kind_words(kind: str) -> str:
    """A kind as words: NetworkPolicy -> network policy, HTTPRoute -> HTTP route."""
    spaced = _BETWEEN_WORDS.sub(" ", kind)
    return KIND_WORDS.get(kind) or " ".join(word if word.isupper() else word.lower() for word in spaced.split())


def plural(words: str) -> str:
    """A kind as words, several of it: network policies, storage classes, pods."""
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith(("s", "x", "ch")) else f"{words}s"


def container_of(event: Event) -> str:
    """The container that the event is about ("" for the whole object): spec.containers{web} -> web."""
    path = event.involved_object.field_path
    if path.endswith("}"):
        return path[path.find("{") + 1 : -1]
    # Who names no part of the object says it in the message.
    return event.message.partition(" container ")[2] if event.reason in ("Started", "Created") else ""


def reference(event: Event) -> str:
    """What to type to ask about it: "pod/web-1 -n shop"."""
    about = event.involved_object
    where = f" -n {about.namespace}" if about.namespace not in ("", "default") else ""
    return f"{about.kind.lower()}/{about.name}{where}"


def made_object(message: str) -> str:
    """What was created or deleted: "Created pod: web-1" and "create Pod web-0 in StatefulSet web successful" alike."""
    words = message.replace(":", "").split()
    if len(words) < 3:
        return message
    kind = {"claim": "storage claim"}.get(words[1].lower(), words[1].lower())
    return f"{kind} {words[2]}"


def template_of(event: Event, *, is_warming: bool = False) -> Template:
    """The sentence with holes for an Event. `is_warming`: it is about a container that still starts."""
    if event.reason == "Unhealthy":
        probe, found, _ = event.message.partition(" probe failed: ")
        if is_warming and probe in WARMING:
            return WARMING[probe]
        return PROBES.get(probe if found else "", PROBES[""])
    return EVENTS.get(event.reason, UNKNOWN)


def values_of(event: Event) -> dict[str, object]:
    """What the holes of a sentence about this Event are filled with."""
    thing, message = subject(event), event.message
    return {
        "who": narrator(event),
        "thing": thing,
        "Thing": thing[:1].upper() + thing[1:],
        "ref": reference(event),
        "container": container_of(event) or "?",
        "message": _plain_message(event),
        "made": made_object(message),
        "place": message.partition(" to ")[2],
        "detail": message.partition(": ")[2],
    }


def _plain_message(event: Event) -> str:
    """The message as it fits into a sentence."""
    message = event.message or event.reason
    if event.reason == "ScalingReplicaSet":
        return message[:1].lower() + message[1:]
    return message


def plain(event: Event, *, is_warming: bool = False) -> str:
    """One event as a clause, without its why and without a full stop."""
    values = values_of(event)
    text = template_of(event, is_warming=is_warming).text.format_map(values)
    if event.reason == "Unhealthy":
        _, found, detail = event.message.partition(" probe failed: ")
        # A command that fails without a word gives no detail.
        detail = detail if found else event.message
        text += f": {detail}" if detail.strip() else ""
    return text.rstrip(". ")


def why_of(event: Event) -> str:
    """What whoever decided has given as the reason; "" when they have not."""
    return event.metadata.annotations.get(WHY_ANNOTATION, "").rstrip(". ")


def sentence(event: Event, *, is_warming: bool = False) -> str:
    """One event as one sentence, with the why of whoever decided."""
    text, why = plain(event, is_warming=is_warming), why_of(event)
    times = f" ({event.count} times)" if (event.count or 0) > 1 else ""
    return f"{text}, because {why}{times}." if why else f"{text}{times}."


def event_step(event: Event, *, is_warming: bool = False) -> str:
    """What to do about it: a command, or "" when nothing needs to be done."""
    return template_of(event, is_warming=is_warming).next.format_map(values_of(event))
