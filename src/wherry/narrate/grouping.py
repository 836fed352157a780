"""Thirty similar lines become one: "orders was brought from 3 to 30 copies (27 new pods, 1.4 s)". Pure.

Events belong together when the same sort of thing happened to the same family (pods of one workload) without a
longer pause. A Deployment's scaling swallows the pods that its ReplicaSet then creates or deletes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wherry.api.core.event_parts import Event
from wherry.apimachinery.timestamps import parse_time
from wherry.narrate.event_templates import GROUPS, OTHER_GROUP, WARMING_GROUP
from wherry.narrate.sentences import narrator, plain, sentence, values_of, why_of
from wherry.narrate.templates import Template
from wherry.narrate.warming import Starts
from wherry.narrate.when import in_words

PAUSE_S = 10.0
"""A longer silence starts a new line."""

_SCALED = re.compile(r"Scaled (up|down) replica set (\S+) from (\d+) to (\d+)")
# web-6d4b75cb6d-x7k2p, db-0, and what recorders append to the name of an Event: a moment in hexadecimal.
_POD_SUFFIX = re.compile(r"-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d+)$")
_HASH_SUFFIX = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{6,10}$")
_STAMP = re.compile(r"\.([0-9a-f]{16})$")
# The moment in a name belongs to the first time it happened, to the second.
STAMP_TOLERANCE_S = 5.0


@dataclass(slots=True)
class Group:
    """Events of one line, oldest first.

    `scaling` is the Deployment's own Event, when it is one of that; `is_warming`: about containers that still start.
    """

    reason: str
    family: str
    events: list[Event] = field(default_factory=list)
    scaling: Event | None = None
    is_warming: bool = False

    @property
    def start_s(self) -> float:
        """When the first of them happened."""
        return moment(self.scaling or self.events[0])

    @property
    def end_s(self) -> float:
        """When the last of them happened."""
        return max(moment(event) for event in [*self.events, *([self.scaling] if self.scaling else [])])

    @property
    def all(self) -> list[Event]:
        """Every Event of the line."""
        return [*([self.scaling] if self.scaling else []), *self.events]


def moment(event: Event) -> float:
    """When it happened last, as exactly as the Event tells (seconds since 1970)."""
    when = event.last_timestamp or event.event_time or event.metadata.creation_timestamp
    last_s = parse_time(when) if when else 0.0
    match = _STAMP.search(event.metadata.name)
    if match is not None and (event.count or 1) == 1:
        stamp_s = int(match[1], 16) / 1e9
        if abs(stamp_s - last_s) <= STAMP_TOLERANCE_S:
            return stamp_s
    return last_s


def family_of(event: Event) -> str:
    """Whose it is: a pod's workload by the form of its name, anything else itself."""
    about = event.involved_object
    return _POD_SUFFIX.sub("", about.name) if about.kind == "Pod" else about.name


def app_name(family: str) -> str:
    """What people call a family: a ReplicaSet's name without the hash of its version."""
    return _HASH_SUFFIX.sub("", family)


def app_of_pod(name: str) -> str:
    """What people call the program of a pod, by the form of the pod's name."""
    return app_name(_POD_SUFFIX.sub("", name))


def group_events(events: Iterable[Event]) -> list[Group]:
    """Events as lines, in the order in which each line began."""
    ordered = sorted(events, key=lambda event: (moment(event), _revision(event)))
    groups: list[Group] = []
    open_: dict[tuple[str, ...], Group] = {}
    scalings: dict[tuple[str, str, str], Group] = {}
    starts = Starts(moment)
    for event in ordered:
        is_warming = starts.see(event)
        namespace = event.involved_object.namespace
        if match := _scaled(event):
            group = Group("scaled-up" if match[1] == "up" else "scaled-down", match[2], scaling=event)
            scalings[namespace, match[2], match[1]] = group
            groups.append(group)
            continue
        absorbed = _scaling_of(event, scalings)
        if absorbed is not None:
            absorbed.events.append(event)
            continue
        key = (namespace, event.reason, family_of(event), event.type, _actor(event), str(is_warming))
        known = open_.get(key)
        if known is None or moment(event) - known.end_s > PAUSE_S or not _is_similar(event):
            known = open_[key] = Group(event.reason, family_of(event), is_warming=is_warming)
            groups.append(known)
        known.events.append(event)
    return groups


def group_sentence(group: Group) -> str:
    """The line of a group."""
    if group.scaling is not None:
        return _scaling_sentence(group, group.scaling)
    number = _how_many(group.events)
    if number == 1:
        return sentence(group.events[-1], is_warming=group.is_warming)
    first = group.events[0]
    template = WARMING_GROUP if group.is_warming else GROUPS.get(group.reason)
    if template is None:
        return OTHER_GROUP.text.format(text=plain(first), number=number - 1) + "."
    return _fill(template, first, group, number=number)


def _scaling_sentence(group: Group, scaling: Event) -> str:
    match = _scaled(scaling)
    if match is None or not group.events:
        return sentence(scaling)
    number = len(group.events)
    said = {"family": app_name(scaling.involved_object.name), "before": match[3], "after": match[4]}
    said["copies"] = "copy" if match[4] == "1" else "copies"
    why = why_of(scaling)
    text = _fill(GROUPS[group.reason], scaling, group, number=number, pods="pod" if number == 1 else "pods", **said)
    return f"{text.rstrip('.')}, because {why}." if why else text


def _fill(template: Template, event: Event, group: Group, **said: object) -> str:
    took_s = group.end_s - group.start_s
    nouns = {made.split(" ")[0] for one in group.events if (made := str(values_of(one)["made"]))}
    noun = f"{nouns.pop()}s" if len(nouns) == 1 else "objects"
    took = f"{', ' if group.scaling else ' ('}{in_words(took_s)}{'' if group.scaling else ')'}"
    values = {**values_of(event), "family": app_name(group.family), "noun": noun, "took": took, **said}
    return template.text.format_map(values).rstrip(". ") + "."


def _how_many(events: Sequence[Event]) -> int:
    """How many things it happened to: several notes about one container are one."""
    about = events[0].involved_object
    if about.kind != "Pod":
        return len(events)
    return len({(event.involved_object.name, event.involved_object.field_path) for event in events})


def _scaled(event: Event) -> re.Match[str] | None:
    return _SCALED.search(event.message) if event.reason == "ScalingReplicaSet" else None


def _scaling_of(event: Event, scalings: dict[tuple[str, str, str], Group]) -> Group | None:
    """The scaling that made a ReplicaSet create or delete this pod, if it has just been."""
    direction = {"SuccessfulCreate": "up", "SuccessfulDelete": "down"}.get(event.reason)
    about = event.involved_object
    if direction is None or about.kind != "ReplicaSet":
        return None
    group = scalings.get((about.namespace, about.name, direction))
    if group is None or group.scaling is None or moment(event) - group.end_s > PAUSE_S:
        return None
    match = _scaled(group.scaling)
    wanted = abs(int(match[4]) - int(match[3])) if match else 0
    return group if len(group.events) < wanted else None


def _is_similar(event: Event) -> bool:
    """Whether events of this reason may share a line at all."""
    return event.reason in GROUPS


def _actor(event: Event) -> str:
    # Each node says the same about its own pods: together they are one line.
    speaker = narrator(event)
    return "nodes" if speaker.startswith("Node ") else speaker


def _revision(event: Event) -> int:
    version = event.metadata.resource_version
    return int(version) if version.isdigit() else 0


def events_of_app(events: Iterable[Event], app: str, names: Sequence[str] = ()) -> list[Event]:
    """The events about an app: its workloads by name, its pods by `names` or by the form of their names."""
    known = set(names)
    return [
        event
        for event in events
        if (name := event.involved_object.name) == app
        or name in known
        or app_name(family_of(event)) == app
        or family_of(event) == app
    ]
