"""What somebody did in one go becomes one line: "ana created 8 things in shop: 2 config maps, 3 services ...". Pure.

A release or a `kubectl apply` makes a dozen objects at once, and a list of them hides what else has changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from wherry.apimachinery.struct import Struct
from wherry.narrate.history import SOMEBODY, Change
from wherry.narrate.past_templates import BUNDLES
from wherry.narrate.sentences import kind_words
from wherry.narrate.templates import count

PAUSE_S = 10.0
"""A longer silence starts another line."""

FEWEST = 3
"""So many of a kind are one line; fewer are told one by one."""


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
        key = (one.deed, one.who, one.tool, one.because, one.namespace)
        run = open_.get(key)
        if one.deed not in BUNDLES or run is None or one.time_s - run[-1].time_s > PAUSE_S:
            run = open_[key] = []
            runs.append(run)
        run.append(one)
    lines = [line for run in runs for line in _lines(run)]
    return sorted(lines, key=lambda line: line.time_s)


def _lines(run: Sequence[Change]) -> list[Bundle]:
    if len(run) < FEWEST:
        return [Bundle(text=one.text, time_s=one.time_s, next=one.next, changes=(one,)) for one in run]
    first = run[0]
    kinds = Counter(one.kind for one in run)
    text = BUNDLES[first.deed].text.format(
        who=first.who or SOMEBODY,
        tool=f" with {first.tool}" if first.tool else "",
        because=f", {first.because}" if first.because else "",
        number=len(run),
        place=first.namespace or "the cluster",
        kinds=", ".join(count(number, kind_words(kind), plural(kind_words(kind))) for kind, number in kinds.items()),
    )
    return [
        Bundle(text=text, time_s=first.time_s, next=next((one.next for one in run if one.next), ""), changes=(*run,))
    ]


def plural(words: str) -> str:
    """A kind as words, several of it: network policies, storage classes, pods."""
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return f"{words[:-1]}ies"
    return f"{words}es" if words.endswith(("s", "x", "ch")) else f"{words}s"
