"""Who has made a change: a short text that stands beside the history, written in the same transaction.

    revision 41 | 1800000000.5 | /pods/a/x | kept long | "anna, with kubectl"

The store does not know what the text means. A signature goes when the history goes that it is about; of those that
are to last longer the newest 20,000 stay. So the few changes that people make are known long after the many that
programs make have been forgotten.
"""

from __future__ import annotations

from typing import NamedTuple

# At some 150 bytes each, 3 MB.
LASTING_MAX = 20_000
# The oldest go so many at a time, so that a commit that adds one does not also have to look for one to remove.
LASTING_SPARE = 500
# Rows looked at in a turn of the loop, some 2 ms.
SIGNATURES_PER_TURN = 2_000


class Signature(NamedTuple):
    """What a writer says about itself. `is_lasting`: it is worth knowing for longer than what was written."""

    text: str
    is_lasting: bool = False


class Signed(NamedTuple):
    """A change that somebody has signed: at which revision, when (seconds since 1970), of which key, by whom."""

    revision: int
    time_s: float
    key: str
    text: str
    is_lasting: bool = False


class SignatureBudget:
    """Says how many of the oldest lasting signatures have to go. Pure."""

    def __init__(self, lasting: int, lasting_max: int = LASTING_MAX, spare: int = LASTING_SPARE) -> None:
        """`lasting` are there already."""
        self._lasting = lasting
        self._max = lasting_max
        self._spare = spare

    def too_many(self, added: int) -> int:
        """How many have to go with a commit that adds so many; 0 most of the time."""
        more = self._lasting + added - self._max
        return more if more > self._spare else 0

    def note(self, added: int, removed: int) -> None:
        """The commit has been made."""
        self._lasting += added - removed
