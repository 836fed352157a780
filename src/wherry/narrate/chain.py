"""How a thing came to be as it is: from the person's command to the running container, step by step. Pure.

    anna wrote deployment web with kubectl -> the deployment controller -> the replica set controller -> the scheduler
    -> the node -> its containers -> ready

Which fields were changed is read from managedFields, who it was the masters know (of what they have forgotten, and in
another cluster, the program's name must do); who decided what, from Events and their whys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from wherry.api.core.event_parts import Event
from wherry.api.core.pod import Pod
from wherry.apimachinery.deed import Deed
from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import parse_time
from wherry.narrate.authors import MASTERS
from wherry.narrate.cause_templates import CHAIN
from wherry.narrate.choice import choice_lines, choice_of
from wherry.narrate.doers import is_master, tool_of, who_is
from wherry.narrate.grouping import moment
from wherry.narrate.sentences import kind_words, narrator, sentence

FIELDS_SHOWN = 4
# What people mean to say comes before what a default has filled in.
FIRST_FIELDS = ("replicas", "template", "containers", "selector", "ports", "labels", "data", "nodeSelector", "schedule")
# An entry's time has lost its fraction of a second, and was taken a moment before the write.
SAME_TIME_S = 2.0
LIFE = ("Pulling", "Pulled", "Created", "Started", "BackOff", "Failed", "Unhealthy", "Killing", "FailedMount")


class Step(Struct):
    """One link: when (seconds since 1970, 0 unknown), who, and what they did and why."""

    time_s: float
    who: str
    text: str


def trace(
    documents: Sequence[Document], events: Sequence[Event], pod: Pod | None, deeds: Sequence[Deed] = ()
) -> list[Step]:
    """The links in order.

    Args:
        documents: the object and its owners, outermost first, each with its kind.
        events: what was said about them.
        pod: the object, when it is one.
        deeds: who did what to the outermost.
    """
    steps: list[Step] = []
    for position, document in enumerate(documents):
        below = documents[position + 1] if position + 1 < len(documents) else None
        if position == 0:
            steps += who_wrote(document, deeds)
        if below is not None:
            steps += _made(document, below, events)
    if pod is not None:
        steps += _life(pod, events)
    return steps


def who_wrote(document: Document, deeds: Sequence[Deed] = ()) -> list[Step]:
    """What people and their programs changed, by managedFields: manager, time and fields; who it was, by the deeds."""
    what = _name(document)
    created_s = _time(_meta(document).get("creationTimestamp"))
    steps = []
    for entry in _entries(_meta(document).get("managedFields")):
        manager, when_s = str(entry.get("manager", "somebody")), _time(entry.get("time"))
        fields = sorted(_paths(entry.get("fieldsV1")), key=_field_rank)
        if manager in MASTERS or entry.get("subresource") == "status" or not fields:
            continue
        more = f" and {len(fields) - FIELDS_SHOWN} more" if len(fields) > FIELDS_SHOWN else ""
        key = "wrote" if when_s <= created_s else "changed"
        deed = _deed_of(manager, when_s, deeds)
        who, tool = (who_is(deed.author), tool_of(deed.author)) if deed is not None else (manager, "")
        said = {"manager": who, "tool": tool, "what": what, "fields": ", ".join(fields[:FIELDS_SHOWN]) + more}
        steps.append(Step(time_s=when_s, who=who, text=CHAIN[key].text.format_map(said)))
    return sorted(steps, key=lambda step: step.time_s)


def _deed_of(manager: str, when_s: float, deeds: Sequence[Deed]) -> Deed | None:
    """The deed that a program's entry was last written with: its time is kept to the second."""
    found = [
        deed
        for deed in deeds
        if (deed.author.manager or deed.author.program) == manager
        and abs(deed.time_s - when_s) <= SAME_TIME_S
        and not is_master(deed.author)
    ]
    return found[-1] if found else None


def _field_rank(field: str) -> tuple[int, str]:
    return (FIRST_FIELDS.index(field) if field in FIRST_FIELDS else len(FIRST_FIELDS)), field


def _paths(fields: object) -> Iterable[str]:
    """What was set, as people would name it: replicas, template, labels."""
    if not isinstance(fields, dict):
        return
    for part, below in fields.items():
        if part == "f:spec" and isinstance(below, dict):
            yield from (key[2:] for key in below if key.startswith("f:"))
        elif part == "f:metadata" and isinstance(below, dict):
            yield from (key[2:] for key in below if key in ("f:labels", "f:ownerReferences"))
        elif part.startswith("f:") and part != "f:status":
            yield part[2:]


def _made(owner: Document, below: Document, events: Sequence[Event]) -> list[Step]:
    """How an owner's controller came to make what is below it."""
    owner_name, name = _meta(owner).get("name"), str(_meta(below).get("name", ""))
    said = [
        event
        for event in events
        if (event.involved_object.kind, event.involved_object.name) == (owner.get("kind"), owner_name)
        and name in event.message.replace(":", " ").split()
        and event.type != "Warning"
    ]
    if said:
        return [_step(event) for event in sorted(said, key=moment)[-2:]]
    values = {"kind": str(owner.get("kind")), "owner": str(owner_name), "what": _name(below)}
    text = CHAIN["made-for"].text.format_map(values)
    return [Step(time_s=_time(_meta(below).get("creationTimestamp")), who="The masters", text=text)]


def _life(pod: Pod, events: Sequence[Event]) -> list[Step]:
    """The scheduler, the node, the containers, readiness."""
    about = [event for event in events if event.involved_object.uid in ("", pod.metadata.uid)]
    mine = sorted(
        (one for one in about if (one.involved_object.kind, one.involved_object.name) == ("Pod", pod.metadata.name)),
        key=moment,
    )
    steps = []
    for event in mine:
        if event.reason in ("Scheduled", "FailedScheduling"):
            steps.append(_step(event))
            choice = choice_of(event)
            compared = choice_lines(choice) if choice is not None else []
            steps += [Step(time_s=moment(event), who=narrator(event), text=line) for line in compared]
    steps += [_step(event) for event in mine if event.reason in LIFE]
    ready = next((one for one in pod.status.conditions if one.type == "Ready"), None)
    if ready is not None and pod.spec.node_name:
        key = "ready" if ready.status == "True" else "unready"
        text = CHAIN[key].text.format_map({"pod": pod.metadata.name})
        steps.append(Step(time_s=_time(ready.last_transition_time), who=f"Node {pod.spec.node_name}", text=text))
    if not mine and pod.spec.node_name:
        steps.insert(0, Step(time_s=0.0, who="", text=CHAIN["gone"].text))
    return steps


def _step(event: Event) -> Step:
    return Step(time_s=moment(event), who=narrator(event), text=sentence(event))


def _meta(document: Document) -> Mapping[str, object]:
    metadata = document.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _name(document: Document) -> str:
    kind = str(document.get("kind", ""))
    return f"{kind_words(kind)} {_meta(document).get('name', '')}"


def _entries(value: object) -> list[dict[str, object]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _time(value: object) -> float:
    return parse_time(value) if isinstance(value, str) and value else 0.0
