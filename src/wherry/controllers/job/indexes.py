"""Sets of completion indexes as Kubernetes writes them: `0,2-5,7`.

They are kept as runs, never as single numbers: whoever writes `0-2000000000` into a status makes nothing grow.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wherry.apimachinery.numerals import whole_number


@dataclass(frozen=True, slots=True)
class Indexes:
    """A set of numbers.

    Attributes:
        runs: first and last of each; in order, with a gap between one and the next.
    """

    runs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Indexes:
        """Single numbers."""
        return cls(_joined((number, number) for number in numbers))

    def __contains__(self, number: int | None) -> bool:
        if number is None:
            return False
        place = bisect_right(self.runs, number, key=lambda run: run[0])
        return place > 0 and number <= self.runs[place - 1][1]

    def __or__(self, other: Indexes) -> Indexes:
        return Indexes(_joined((*self.runs, *other.runs)))

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return sum(last - first + 1 for first, last in self.runs)

    def below(self, limit: int) -> Indexes:
        """Those that are smaller."""
        return Indexes(tuple((first, min(last, limit - 1)) for first, last in self.runs if first < limit))

    def gaps(self, limit: int) -> Iterator[int]:
        """The numbers from 0 that are not in it and smaller."""
        start = 0
        for first, last in self.runs:
            yield from range(start, min(first, limit))
            start = last + 1
        yield from range(start, limit)


def parse_indexes(text: str) -> Indexes:
    """The numbers in `0,2-5,7`; what is no number counts for nothing."""
    runs: list[tuple[int, int]] = []
    for part in text.split(","):
        start, dash, end = part.partition("-")
        first, last = whole_number(start), whole_number(end if dash else start)
        if first is not None and last is not None and first <= last:
            runs.append((first, last))
    return Indexes(_joined(runs))


def format_indexes(indexes: Indexes) -> str:
    """Numbers as `0,2-5,7`; two neighbours are written with a comma, more with a dash."""
    return ",".join(_format_run(first, last) for first, last in indexes.runs)


def _joined(runs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, and as one where they touch."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(runs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def _format_run(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first}{'-' if last - first > 1 else ','}{last}"
