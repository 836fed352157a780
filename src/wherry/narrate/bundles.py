"""What somebody did in one go becomes one line: "ana created 8 things in shop: 2 config maps, 3 services ...". Pure.

A release or a `kubectl apply` makes a dozen objects at once, and a list of them hides what else has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wherry.apimachinery.struct import Struct
from wherry.narrate.history import SOMEBODY, Change
from wherry.narrate.past_templates import BUNDLES
from wherry.narrate.sentences import kind_words, plural
from wherry.narrate.templates import count

PAUSE_S = 10.0
"""A longer silence starts another line."""

FEWEST = 3
"""So many of a kind are one line; fewer are told one by one."""


NAMED_MAX = 4
"""So many are told by their names; more are counted."""


class Bundle(Struct):
    """Changes that are told together, oldest first. One that stands alone is a bundle of one, with its own text."""

    text: str
    time_s: float
    next: str
    changes: tuple[Change, ...]

    @property
    def is_many(self) -> bool:
        """Whether its text only sums up."""
        return len(self.changes) > 1


def bundles(told: Sequence[Change]) -> list[Bundle]:
    """Changes, oldest first, as lines, in the order in which each line began."""
    runs: list[list[Change]] = []
    open_: dict[tuple[str, ...], list[Change]] = {}
    for one in told:
        key = (_words(one), one.who, one.tool, one.because, one.namespace)
        run = open_.get(key)
        if key[0] not in BUNDLES or run is None or one.time_s - run[-1].time_s > PAUSE_S:
            run = open_[key] = []
            runs.append(run)
        run.append(one)
    lines = [line for run in runs for line in _lines(run)]
    return sorted(lines, key=lambda line: line.time_s)


def _words(one: Change) -> str:
    """Which sentence is for changes like this one."""
    of_kind = f"{one.kind} {one.deed}"
    return of_kind if of_kind in BUNDLES else one.deed


def _lines(run: Sequence[Change]) -> list[Bundle]:
    if len(run) < FEWEST:
        return [Bundle(text=one.text, time_s=one.time_s, next=one.next, changes=(one,)) for one in run]
    first = run[0]
    kinds = ", ".join(_named(run) if len(run) <= NAMED_MAX else _counted(run))
    text = BUNDLES[_words(first)].text.format(
        who=first.who or SOMEBODY,
        tool=f" with {first.tool}" if first.tool else "",
        because=f", {first.because}" if first.because else "",
        number=len(run),
        place=first.namespace or "the cluster",
        kinds=kinds,
        Kinds=kinds[:1].upper() + kinds[1:],
    )
    return [
        Bundle(text=text, time_s=first.time_s, next=next((one.next for one in run if one.next), ""), changes=(*run,))
    ]


def _named(run: Sequence[Change]) -> Iterator[str]:
    """For few: "deployments orders and web, pod lonely"."""
    for kind in dict.fromkeys(one.kind for one in run):
        names = [one.name for one in run if one.kind == kind]
        words = kind_words(kind) if len(names) == 1 else plural(kind_words(kind))
        yield f"{words} {' and '.join([', '.join(names[:-1]), names[-1]] if names[1:] else names)}"


def _counted(run: Sequence[Change]) -> Iterator[str]:
    """For many: "2 config maps, 1 secret"."""
    for kind, number in Counter(one.kind for one in run).items():
        yield count(number, kind_words(kind), plural(kind_words(kind)))
