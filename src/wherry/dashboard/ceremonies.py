"""What a team talks about at its ceremonies, out of the same facts: planning, daily, review, retrospective.

gathered = await gather(live)          # once, with the person's rights
topics(ceremony, gathered)             # pure: what of it belongs to this ceremony
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from wherry.api.core.event_parts import Event
from wherry.api.method.proof import PROOFS, ProofSpec
from wherry.api.method.release import FAILED, RELEASES, RUNNING, Release
from wherry.api.method.timebox import TIMEBOXES, Timebox
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.dashboard.boards import ReleaseBoard, read_boards
from wherry.dashboard.live import Live
from wherry.dashboard.markup import url
from wherry.dashboard.puzzle.facts import NEXT, JointFacts
from wherry.dashboard.skeletons import is_open, words_of
from wherry.method.done.wavering import answers, wavers
from wherry.narrate.facts import Snapshot
from wherry.narrate.headline import needing_help
from wherry.narrate.story import Line, lines
from wherry.narrate.templates import count

REFUTED = "Refuted"
SHOWN_MAX = 30
DAY_S = 24 * 3600.0
ASKED_FOR: tuple[AnyResourceType, ...] = (RELEASES, PROOFS, TIMEBOXES)
JOINED = frozenset(("Agreed", "Verified"))


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that the four look at."""

    snapshot: Snapshot
    told: Sequence[Line]
    joints: Sequence[JointFacts]
    proofs: Sequence[ProofSpec]
    releases: Sequence[Release]
    boards: Sequence[ReleaseBoard]
    timeboxes: Sequence[Timebox]
    now_s: float
    namespace: str = ""
    hidden: frozenset[str] = frozenset()
    """The kinds that this person may not see, by their plural names."""

    def none_of(self, kind: AnyResourceType, said: str) -> str:
        """What is said when there is none of a kind: that there is none, or that this person may not see them."""
        return f"You may not see {kind.plural} here." if kind.plural in self.hidden else said


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to talk about: what is so, where to look (a page), and what to do."""

    says: str
    page: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """Things of one sort; `empty` is said when there are none."""

    title: str
    items: Sequence[Item]
    empty: str


async def gather(live: Live, namespace: str = "") -> Gathered:
    """Read it with the person's rights, perhaps of one namespace; what is hidden or not there is none."""
    from wherry.dashboard.puzzle.reading import read_map

    events: list[Event] = await live.events()
    everywhere, proofs = await live.all(RELEASES), await live.all(PROOFS)
    releases = [one for one in everywhere if namespace in ("", one.metadata.namespace)]
    # A timebox is in no namespace; its service is, as soon as it has a release.
    elsewhere = {one.spec.service for one in everywhere} - {one.spec.service for one in releases}
    timeboxes = [one for one in await live.all(TIMEBOXES) if one.spec.service not in elsewhere]
    return Gathered(
        snapshot=live.model.snapshot(namespace),
        told=[one for one in lines(events) if namespace in ("", one.namespace)],
        joints=(await read_map(live)).only(namespace).joints,
        proofs=[one.spec for one in proofs if namespace in ("", one.metadata.namespace)],
        releases=releases,
        boards=await read_boards(live, namespace=namespace),
        timeboxes=timeboxes,
        now_s=live.now_s(),
        namespace=namespace,
        hidden=frozenset(one.plural for one in ASKED_FOR if live.following.reach(one) == "forbidden"),
    )


def topics(ceremony: str, seen: Gathered) -> list[Topic]:
    """What belongs to a ceremony."""
    return [topic(seen) for topic in CEREMONIES[ceremony]]


def _short_of(seen: Gathered) -> Topic:
    items = [
        Item(f"{one.name}: {one.now} {one.next}", url("workloads", one.kind, one.namespace, one.name))
        for one in seen.snapshot.workloads
        if not one.is_as_wanted
    ]
    return Topic("Not yet as wanted", items, "Everything is as wanted.")


def _skeletons(seen: Gathered) -> Topic:
    places = {one.spec.service: one.metadata.namespace for one in reversed(seen.releases)}
    items = []
    for one in sorted(filter(is_open, seen.timeboxes), key=lambda timebox: timebox.spec.service):
        place = places.get(one.spec.service, "")
        said, step = words_of(one, seen.now_s, place)
        items.append(Item(" ".join(said), url("services", place, one.spec.service) if place else "", step))
    return Topic("Walking skeletons", items, seen.none_of(TIMEBOXES, "No walking skeleton is open."))


def _gaps(seen: Gathered) -> Topic:
    items = [
        Item(
            f"{_end(one.consumer)} and {_end(one.provider)}: {one.word}. {one.why}",
            url("puzzle", ns=seen.namespace),
            NEXT[one.word],
        )
        for one in seen.joints
        if one.word not in JOINED
    ]
    return Topic("Contracts to agree on", items, "No contract is open.")


def _end(piece: str) -> str:
    return piece.rpartition("/")[2]


def _latest(proofs: Iterable[ProofSpec]) -> list[ProofSpec]:
    found: dict[tuple[str, str, str], ProofSpec] = {}
    for one in sorted(proofs, key=lambda proof: proof.started_at):
        found[one.service, one.environment, one.criterion] = one
    return [*found.values()]


def _not_done(seen: Gathered) -> Topic:
    items = [
        Item(f"{one.service}, {one.criterion}: {one.says or one.verdict}", next="wherry done " + one.service)
        for one in _latest(seen.proofs)
        if one.verdict == REFUTED
    ]
    return Topic("Criteria that do not hold", items, seen.none_of(PROOFS, "No criterion is refuted."))


def _needs_help(seen: Gathered) -> Topic:
    items = [
        Item(f"{pod.name}: {pod.reason}", url("pods", pod.namespace, pod.name), f"wherry why pod/{pod.name}")
        for pod in needing_help(seen.snapshot.nodes, seen.snapshot.waiting)
    ]
    return Topic("Needs help now", items, "Nothing needs help.")


def _trouble(seen: Gathered) -> Topic:
    recent = [one for one in seen.told if one.is_warning and one.end_s >= seen.now_s - DAY_S]
    page = url("story", trouble="1", ns=seen.namespace)
    items = [Item(one.text, page, one.next) for one in reversed(recent)]
    return Topic("Trouble since yesterday", items, "There was none that is still remembered.")


def _changes(seen: Gathered) -> Topic:
    changed = [one for one in seen.told if not one.is_warning]
    page = url("changes", since="yesterday", ns=seen.namespace)
    items = [Item(f"{count(len(changed), 'thing')} happened in the last hour.", page)] if changed else []
    return Topic("What changed", items, "Nothing has happened in the last hour.")


def _running(seen: Gathered) -> Topic:
    items = [
        Item(
            f"{one.spec.service} in {one.spec.environment}: {one.name}, since {one.status.running_since or 'just now'}"
        )
        for one in seen.releases
        if one.status.state == RUNNING
    ]
    return Topic("What runs where", items, seen.none_of(RELEASES, "No release runs yet."))


def _to_show(seen: Gathered) -> Topic:
    items = [
        Item(
            f"{one.spec.service} in {one.spec.environment} can be shown.",
            url("demo", ns=seen.namespace),
            "wherry demo",
        )
        for one in seen.releases
        if one.status.state == RUNNING
    ]
    said = "There is nothing to show yet: wherry run brings a release to life."
    return Topic("Ready to be shown", items, seen.none_of(RELEASES, said))


def _held(seen: Gathered) -> Topic:
    good = [one for one in _latest(seen.proofs) if one.verdict != REFUTED]
    items = [Item(f"{one.service}, {one.criterion}: {one.says or one.verdict}") for one in good]
    return Topic("Criteria that hold", items, seen.none_of(PROOFS, "No criterion has been tried yet: wherry prove."))


def _restarts(seen: Gathered) -> Topic:
    troubled = sorted((pod for pod in seen.snapshot.pods if pod.restarts), key=lambda pod: -pod.restarts)
    items = [
        Item(
            f"{pod.name} was started again {count(pod.restarts, 'time')}.",
            url("pods", pod.namespace, pod.name),
            f"wherry why pod/{pod.name}",
        )
        for pod in troubled
    ]
    return Topic("Started again and again", items, "No container had to be started again.")


def _failed(seen: Gathered) -> Topic:
    items = [
        Item(f"{one.name} in {one.spec.environment} failed: {one.status.message}")
        for one in seen.releases
        if one.status.state == FAILED
    ]
    return Topic("Releases that failed", items, seen.none_of(RELEASES, "No release has failed."))


def _waived(seen: Gathered) -> Topic:
    today = datetime.datetime.fromtimestamp(seen.now_s, datetime.UTC).date()
    items = [
        Item(
            f"{one.release.spec.service} in {one.release.spec.environment} goes without {waiver.criterion}"
            f" {'until' if waiver.counts_on(today) else 'no longer: the waiver ended on'} {waiver.until}."
            f" {waiver.who}: {waiver.why}",
            url("done", waiver.criterion, one.release.metadata.namespace, one.name),
            f"wherry prove {waiver.criterion}",
        )
        for one in seen.boards
        for waiver in (*one.standard.agreement.waiver, *one.standard.waived_here)
    ]
    return Topic("Waivers", items, seen.none_of(RELEASES, "No team goes without a criterion."))


def _wavering(seen: Gathered) -> Topic:
    items = [
        Item(
            f"{one.service}, {one.criterion} on {one.release}: {', then '.join(answers(one))}",
            next=f"wherry prove {one.criterion}",
        )
        for one in seen.proofs
        if wavers(one)
    ]
    return Topic("Verdicts that waver", items, seen.none_of(PROOFS, "No verdict has changed on the same image."))


CEREMONIES: Mapping[str, tuple[Callable[[Gathered], Topic], ...]] = {
    "planning": (_skeletons, _short_of, _gaps, _not_done),
    "daily": (_needs_help, _trouble, _changes, _skeletons),
    "review": (_running, _to_show, _held),
    "retrospective": (_restarts, _failed, _waived, _wavering),
}
QUESTIONS: Mapping[str, str] = {
    "planning": "What is missing?",
    "daily": "What changed, and what needs somebody?",
    "review": "What can we show?",
    "retrospective": "What went wrong more than once, and what do we go without?",
}
