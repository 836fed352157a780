"""How much of the past is kept: the newest five minutes, unless that is too much to keep.

    age of a revision     history after it         kept?
    any                   up to 8 MiB              yes: an idle cluster's watchers resume after days
    up to 5 minutes       up to 128 MiB            yes: Kubernetes promises about five minutes
    any                   more                     no: the next reader gets 410 Gone and lists anew

History is counted in *superseded* bytes: the values that only the past still needs. Nothing here
wakes up by itself: the question is asked at every commit, and answered from a few marks
(a revision, when it was written, what had been superseded by then).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

# What Kubernetes' own API server keeps by default (--etcd-compaction-interval=5m).
HISTORY_KEEP_S = 300.0
# Below this, forgetting frees nothing worth having.
HISTORY_SMALL_BYTES = 8 << 20
# Read once at every start: 128 MiB are 0.2 s.
HISTORY_MAX_BYTES = 128 << 20
# A deletion supersedes few bytes but its row still costs; 200,000 rows are about 20 MB.
HISTORY_MAX_REVISIONS = 200_000
# What a superseded row costs besides its value.
ROW_OVERHEAD_BYTES = 64
# The grain of the answer: finer marks would cost memory, coarser ones would forget in jerks.
MARK_EVERY_REVISIONS = 256
MARK_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    """The numbers above, for tests that want smaller ones."""

    keep_s: float = HISTORY_KEEP_S
    small_bytes: int = HISTORY_SMALL_BYTES
    max_bytes: int = HISTORY_MAX_BYTES
    max_revisions: int = HISTORY_MAX_REVISIONS
    mark_every_revisions: int = MARK_EVERY_REVISIONS


@dataclass(frozen=True, slots=True)
class _Mark:
    revision: int
    written_s: float
    superseded_bytes: int


class HistoryBudget:
    """Says up to which revision the past may be forgotten. Pure: time is handed in."""

    def __init__(self, limits: HistoryLimits, *, revision: int, superseded_bytes: int, now_s: float) -> None:
        """Start with a history that ends at `revision` and whose age nobody knows: it counts as new."""
        self._limits = limits
        self._superseded_bytes = superseded_bytes
        self._revision = revision
        self._marks = deque([_Mark(revision, now_s, superseded_bytes)])

    def note(self, revision: int, superseded_bytes: int, now_s: float) -> None:
        """A commit ended at `revision` and superseded so many bytes. `now_s` is monotonic."""
        self._revision = revision
        self._superseded_bytes += superseded_bytes
        last = self._marks[-1] if self._marks else None
        if (
            last is None
            or revision - last.revision >= self._limits.mark_every_revisions
            or now_s - last.written_s >= MARK_EVERY_S
        ):
            self._marks.append(_Mark(revision, now_s, self._superseded_bytes))

    def forgettable_revision(self, now_s: float) -> int:
        """The newest revision that may become the oldest one kept; 0 when nothing need be forgotten."""
        limits, forgettable = self._limits, 0
        while self._marks:
            mark = self._marks[0]
            kept_bytes = self._superseded_bytes - mark.superseded_bytes
            too_much = kept_bytes > limits.max_bytes or self._revision - mark.revision > limits.max_revisions
            old = now_s - mark.written_s > limits.keep_s and kept_bytes > limits.small_bytes
            if not too_much and not old:
                break
            forgettable = mark.revision
            self._marks.popleft()
        return forgettable
