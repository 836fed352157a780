"""What to tell somebody who does not look: that something needs help, and that it does not any more. Pure.

    snapshot, and one more, and one more ──> plan ──> notices (started, ended), and when to plan again

One incident for each workload, pod of nobody or node, however many events it makes. It has to last `LASTS_S` before
it is told, so that a start is none; it has to be well for `CALM_S` before its end is told, so that a program that
stops again and again is one incident and not many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import format_age, format_time
from wherry.narrate.facts import NodeFacts, PodFacts, Snapshot
from wherry.narrate.find import Target
from wherry.narrate.sentences import kind_words
from wherry.narrate.templates import count, next_step, tell

LASTS_S = 10.0
"""Trouble that is over sooner is not told."""
CALM_S = 30.0
"""Who has been well for so long is well."""


class Moment(NamedTuple):
    """Now, on two clocks: the wall's for whoever reads it, the one that never jumps for how long something lasts."""

    wall_s: float
    passed_s: float


class Trouble(NamedTuple):
    """What is wrong with one thing, and what to do."""

    sentence: str
    next: str


class Incident(NamedTuple):
    """Trouble that is going on; `well` is since when it seems to be over."""

    trouble: Trouble
    since: Moment
    well: Moment | None = None
    is_told: bool = False

    @property
    def due_s(self) -> float | None:
        """When, on the clock that never jumps, there is something to say or to forget."""
        if self.well is not None:
            return self.well.passed_s + CALM_S
        return None if self.is_told else self.since.passed_s + LASTS_S


class Notice(Struct):
    """One message: an incident has started or ended, `at` this time."""

    state: Literal["started", "ended"]
    sentence: str
    next: str
    thing: str
    namespace: str
    at: str


class Plan(NamedTuple):
    """What is going on, what to tell, and in how many seconds to plan again though nothing changes (None: never)."""

    incidents: Mapping[Target, Incident]
    notices: tuple[Notice, ...]
    again_s: float | None


def plan(known: Mapping[Target, Incident], snapshot: Snapshot, now: Moment) -> Plan:
    """What is to be told now. `known` are the incidents of the plan before."""
    going_on: dict[Target, Incident] = {}
    notices: list[Notice] = []
    for thing, one in _seen(known, troubles(snapshot), now).items():
        if one.due_s is None or one.due_s > now.passed_s:
            going_on[thing] = one
        elif one.well is None:
            going_on[thing] = one._replace(is_told=True)
            notices.append(_started(thing, one))
        elif one.is_told:
            notices.append(_ended(thing, one, one.well, is_there=thing in things(snapshot)))
    due = [one.due_s - now.passed_s for one in going_on.values() if one.due_s is not None]
    return Plan(going_on, tuple(notices), min(due, default=None))


def troubles(snapshot: Snapshot) -> dict[Target, Trouble]:
    """Who needs help: nodes that do not report, then workloads by their pods, in the order of the picture."""
    found: dict[Target, Trouble] = {}
    silent = {node.name for node in snapshot.nodes if not node.ready and node.kind != "hidden"}
    for node in snapshot.nodes:
        if node.name in silent:
            found[_node(node)] = Trouble(node.sentence, next_step("node.not-ready", node=node.name))
    sick: dict[Target, list[PodFacts]] = {}
    for pod in snapshot.pods:
        # What a silent node has on it is the node's incident, not one of each workload.
        if pod.needs_help and not (pod.node in silent and pod.reason == tell("state.node-lost")):
            sick.setdefault(_whose(pod), []).append(pod)
    return found | {thing: _trouble(thing, pods) for thing, pods in sick.items()}


def things(snapshot: Snapshot) -> set[Target]:
    """All that an incident can be about, and that is there."""
    wanted = {Target(one.kind, one.namespace, one.name) for one in snapshot.workloads}
    nodes = {_node(one) for one in snapshot.nodes if one.kind != "gone"}
    return wanted | nodes | {_whose(pod) for pod in snapshot.pods}


def _seen(known: Mapping[Target, Incident], now_wrong: Mapping[Target, Trouble], now: Moment) -> dict[Target, Incident]:
    """The incidents with what is seen now: new ones begin, and those that nobody sees any more seem to be over."""
    wrong = {
        thing: known.get(thing, Incident(trouble, now))._replace(trouble=trouble, well=None)
        for thing, trouble in now_wrong.items()
    }
    over = {thing: one._replace(well=one.well or now) for thing, one in known.items() if thing not in wrong}
    return wrong | over


def _started(thing: Target, one: Incident) -> Notice:
    return _notice("started", thing, one.trouble.sentence, one.trouble.next, one.since)


def _ended(thing: Target, one: Incident, well: Moment, *, is_there: bool) -> Notice:
    took = format_age(well.passed_s - one.since.passed_s)
    sentence = tell("incident.over" if is_there else "incident.gone", thing=_words(thing), took=took)
    return _notice("ended", thing, sentence, next_step("incident.over", name=f"{thing.name}{thing.scope}"), well)


def _notice(state: Literal["started", "ended"], thing: Target, sentence: str, step: str, at: Moment) -> Notice:
    return Notice(
        state=state,
        sentence=sentence,
        next=step,
        thing=thing.text,
        namespace=thing.namespace,
        at=format_time(at.wall_s),
    )


def _words(thing: Target) -> str:
    """At the beginning of a sentence: Deployment web in shop."""
    where = f" in {thing.namespace}" if thing.scope else ""
    return f"{kind_words(thing.kind).capitalize()} {thing.name}{where}"


def _node(node: NodeFacts) -> Target:
    return Target("Node", "", node.name)


def _whose(pod: PodFacts) -> Target:
    """The workload of a pod; the pod itself when nobody wants it, or only its node does."""
    kind, _, name = pod.owner.partition("/")
    if not name or pod.owner == f"Node/{pod.node}":
        return Target("Pod", pod.namespace, pod.name)
    return Target(kind, pod.namespace, name)


def _trouble(thing: Target, pods: list[PodFacts]) -> Trouble:
    first = pods[0]
    key = "incident.pod" if thing.name == first.name else "incident.workload"
    sentence = tell(key, thing=_words(thing), pods=count(len(pods), "pod"), reason=first.reason)
    return Trouble(sentence, next_step(key, pod=f"{first.name}{thing.scope}"))
