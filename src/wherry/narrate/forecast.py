"""What would happen, told: the picture before and after, what would stop meanwhile, what would not fit and why. Pure.

Whoever plays it (cluster/branch) says what it has seen as a Played; `forecast` makes the facts and sentences of it. It
fits when nothing of the change is refused, no pod waits that did not wait before, no workload that was as wanted is not
any more, and no service that was answered is silent in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wherry.apimachinery.struct import Struct
from wherry.narrate.facts import PodFacts, Snapshot, WorkloadFacts
from wherry.narrate.forecast_templates import FORECAST
from wherry.narrate.placement import NodeVerdict
from wherry.narrate.templates import count
from wherry.narrate.when import in_words

NAMES_SHOWN = 3


class Refusal(Struct):
    """A part of the change that the masters would refuse: which, and their words."""

    what: str
    reason: str


class Silence(Struct):
    """A service that nobody answers for a while; `is_over` False: until the end of what was played."""

    service: str
    namespace: str
    lasted_s: float
    is_over: bool


class Move(Struct):
    """How many pods of a workload are on which node, before and after ("" is no node)."""

    owner: str
    namespace: str
    before: dict[str, int]
    after: dict[str, int]


class Waiting(Struct):
    """Pods of one owner that would wait for a node, the reason, and what each node says."""

    owner: str
    namespace: str
    pods: int
    reason: str
    nodes: tuple[NodeVerdict, ...]


class Shortfall(Struct):
    """A workload that was as wanted, and would not be."""

    workload: str
    namespace: str
    have: int
    wanted: int
    reason: str


class Forecast(Struct):
    """The answer to "what if". `lasted_s` is how long it takes in the cluster until nothing more changes."""

    fits: bool
    sentence: str
    lines: tuple[str, ...]
    next: tuple[str, ...]
    lasted_s: float
    refusals: tuple[Refusal, ...]
    started: tuple[str, ...]
    stopped: tuple[str, ...]
    silences: tuple[Silence, ...]
    moves: tuple[Move, ...]
    waiting: tuple[Waiting, ...]
    shortfalls: tuple[Shortfall, ...]
    before: Snapshot
    after: Snapshot
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What has been seen while it was played. `down` are nodes that do not answer in the end.

    `reasons` says of a pod or workload, as NAMESPACE/NAME, why it is not there: the scheduler's or a quota's own words;
    `verdicts` what each node says about a waiting pod.
    """

    before: Snapshot
    after: Snapshot
    down: frozenset[str]
    refusals: tuple[Refusal, ...]
    silences: tuple[Silence, ...]
    reasons: dict[str, str]
    verdicts: dict[str, tuple[NodeVerdict, ...]]
    lasted_s: float
    hidden: tuple[str, ...]


def forecast(played: Played) -> Forecast:
    """Judge what has been played."""
    before, after = played.before, played.after
    alive_before, alive_after = _alive(before, frozenset()), _alive(after, played.down)
    started = [pod for uid, pod in alive_after.items() if uid not in alive_before]
    stopped = [pod for uid, pod in alive_before.items() if uid not in alive_after]
    waiting = tuple(_waiting(played))
    shortfalls = tuple(_shortfalls(played))
    fits = not (played.refusals or waiting or shortfalls or any(not silence.is_over for silence in played.silences))
    moves = tuple(_moves(before, after, played.down))
    lines, steps = [], []
    for text, step in _lines(played, waiting, shortfalls, stopped, moves):
        lines.append(text)
        steps += [step] if step else []
    return Forecast(
        fits=fits,
        sentence=_sentence(played, fits, len(started), len(stopped), waiting, shortfalls),
        lines=tuple(lines),
        next=tuple(dict.fromkeys(steps)),
        lasted_s=played.lasted_s,
        refusals=played.refusals,
        started=tuple(sorted(pod.id for pod in started)),
        stopped=tuple(sorted(pod.id for pod in stopped)),
        silences=played.silences,
        moves=moves,
        waiting=waiting,
        shortfalls=shortfalls,
        before=before,
        after=after,
        hidden=played.hidden,
    )


def _alive(snapshot: Snapshot, down: frozenset[str]) -> dict[str, PodFacts]:
    """The pods that have a node which answers, by uid, without those that stop or have done their work."""
    return {
        pod.uid: pod
        for pod in snapshot.pods
        if pod.node and pod.node not in down and pod.state not in ("Stopping", "Done")
    }


def _waiting(played: Played) -> Iterator[Waiting]:
    known = {pod.uid for pod in played.before.waiting}
    groups: dict[tuple[str, str], list[PodFacts]] = {}
    for pod in played.after.waiting:
        if pod.uid not in known and pod.state != "Stopping":
            groups.setdefault((pod.owner or f"Pod/{pod.name}", pod.namespace), []).append(pod)
    for (owner, namespace), pods in groups.items():
        first = pods[0]
        yield Waiting(
            owner=owner,
            namespace=namespace,
            pods=len(pods),
            reason=played.reasons.get(first.id, first.reason),
            nodes=played.verdicts.get(first.id, ()),
        )


def _shortfalls(played: Played) -> Iterator[Shortfall]:
    was = {one.id: one for one in played.before.workloads}
    waiting = {(pod.owner, pod.namespace) for pod in played.after.waiting}
    for one in played.after.workloads:
        known = was.get(one.id)
        owner = f"{one.kind}/{one.name}"
        if one.is_as_wanted or (known is not None and not known.is_as_wanted) or (owner, one.namespace) in waiting:
            continue
        have = one.ready - _on(one, played)
        reason = played.reasons.get(f"{one.namespace}/{one.name}", one.next)
        yield Shortfall(workload=owner, namespace=one.namespace, have=have, wanted=one.wanted, reason=reason)


def _on(one: WorkloadFacts, played: Played) -> int:
    """How many of a workload's pods still count as running, although their node is down."""
    owner = f"{one.kind}/{one.name}"
    return sum(
        pod.node in played.down and pod.state == "Running" and (pod.owner, pod.namespace) == (owner, one.namespace)
        for pod in played.after.pods
    )


def _moves(before: Snapshot, after: Snapshot, down: frozenset[str]) -> Iterator[Move]:
    places: dict[tuple[str, str], tuple[dict[str, int], dict[str, int]]] = {}
    for position, (snapshot, gone) in enumerate(((before, frozenset[str]()), (after, down))):
        for pod in snapshot.pods:
            if pod.state in ("Stopping", "Done") or pod.node in gone:
                continue
            counts = places.setdefault((pod.owner or f"Pod/{pod.name}", pod.namespace), ({}, {}))[position]
            counts[pod.node] = counts.get(pod.node, 0) + 1
    for (owner, namespace), (then, now) in sorted(places.items()):
        if then != now:
            yield Move(owner=owner, namespace=namespace, before=then, after=now)


def _sentence(
    played: Played, fits: bool, started: int, stopped: int, waiting: Sequence[Waiting], shortfalls: Sequence[Shortfall]
) -> str:
    parts = []
    if played.refusals:
        parts.append(_say("refused", things=count(len(played.refusals), "thing")))
    if waiting:
        parts.append(_say("waits", pods=count(sum(one.pods for one in waiting), "pod")))
    parts += [
        _say("fewer", name=_name(one.workload), have=one.have, wanted=one.wanted) for one in shortfalls[:NAMES_SHOWN]
    ]
    for silence in [one for one in played.silences if not one.is_over][:NAMES_SHOWN]:
        parts.append(_say("silent-on", name=silence.service))
    if stopped:
        parts.append(_say("stops", pods=count(stopped, "pod")))
    if started:
        parts.append(_say("starts", pods=count(started, "pod")))
    for silence in [one for one in played.silences if one.is_over][:NAMES_SHOWN]:
        parts.append(_say("silent", name=silence.service, took=in_words(silence.lasted_s)))
    return _say("fits" if fits else "fits-not", what=", ".join(parts) or _say("nothing"))


def _lines(
    played: Played,
    waiting: Sequence[Waiting],
    shortfalls: Sequence[Shortfall],
    stopped: Sequence[PodFacts],
    moves: Sequence[Move],
) -> Iterator[tuple[str, str]]:
    """What is told below the first sentence, each with what to do about it."""
    for refusal in played.refusals:
        yield _told("refused-line", what=refusal.what, reason=refusal.reason)
    for one in waiting:
        yield _told("waiting-line", pods=count(one.pods, "pod"), owner=_name(one.owner), reason=one.reason)
    for short in shortfalls:
        said = {"name": _name(short.workload), "have": short.have, "wanted": short.wanted}
        yield _told("fewer-line", **said, reason=short.reason)
    for silence in played.silences:
        key = "silent-line" if silence.is_over else "silent-line-on"
        yield _told(key, name=silence.service, took=in_words(silence.lasted_s))
    for pod in stopped[: NAMES_SHOWN * 2]:
        yield _told("stopped", pod=pod.name, node=pod.node)
    if (more := len(stopped) - NAMES_SHOWN * 2) > 0:
        yield f"And {more} more would stop.", ""
    for move in moves:
        yield _told("moves", owner=_name(move.owner), before=_places(move.before), after=_places(move.after))
    if played.hidden:
        yield _told("hidden", kinds=", ".join(played.hidden))


def _told(key: str, **values: object) -> tuple[str, str]:
    return _say(key, **values), FORECAST[key].next.format_map(values)


def _say(key: str, **values: object) -> str:
    return FORECAST[key].text.format_map(values)


def _name(owner: str) -> str:
    return owner.partition("/")[2]


def _places(places: dict[str, int]) -> str:
    """Pods by node: "2 on node-1, 1 on node-2"; many nodes are counted."""
    if not places:
        return "none"
    if len(places) > NAMES_SHOWN * 2:
        return f"{sum(places.values())} on {len(places)} nodes"
    return ", ".join(
        f"{number} on {node}" if node else f"{number} without a node" for node, number in sorted(places.items())
    )
