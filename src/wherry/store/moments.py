"""When was which revision the newest? A few marks answer it, one a second at most.

    mark (revision 41, 10:02:07)    everything up to revision 41 was there before 10:02:07
    mark (revision 45, 10:05:30)    42 to 45 came between the two

So at 10:03 the newest revision was 45: whatever came after the first mark within its second, and then nothing until
10:05:30. A mark is written with the first commit that comes a second or more after the last mark, inside that commit's
own transaction: a write costs nothing for it, and an idle store makes none.

The wall clock may be set back. Then a moment that was there twice means the second time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

# People ask for moments by the second at best.
MARK_EVERY_S = 1.0


class Mark(NamedTuple):
    """All revisions up to `revision` were there before `time_s`, in seconds since 1970."""

    revision: int
    time_s: float


class Moments:
    """The marks of a store's history, oldest first."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        """`marks` in the order of their revisions."""
        self._marks = deque(marks)

    def due(self, revision: int, now_s: float) -> Mark | None:
        """The mark that a commit at `now_s` should make, when `revision` is the newest before it."""
        if self._marks and abs(now_s - self._marks[-1].time_s) < MARK_EVERY_S:
            return None
        return Mark(revision, now_s)

    def add(self, mark: Mark) -> None:
        """The commit has made it."""
        self._marks.append(mark)

    def forget(self, oldest_revision: int) -> None:
        """Nothing below `oldest_revision` can be shown any more; the last mark below it still bounds what can."""
        while len(self._marks) > 1 and self._marks[1].revision < oldest_revision:
            self._marks.popleft()

    @property
    def oldest_s(self) -> float | None:
        """The earliest moment that can be asked for; None: nothing has happened yet."""
        return self._marks[0].time_s if self._marks else None

    def revision_at(self, time_s: float, newest: int) -> int:
        """The newest revision at that moment, to the second; 0 when it is too long ago. `newest` is that of now."""
        after = newest
        for mark in reversed(self._marks):
            if mark.time_s <= time_s:
                return after
            after = mark.revision
        return 0
