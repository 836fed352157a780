"""One writer: the writes of one turn of the event loop become one durable transaction.

    put A ─┐
    put B ─┼─ queued ──(end of the turn)── judge in order ── one commit ── watchers told ── A, B, C answered
    del C ─┘

Each write is judged against what the ones before it in the same transaction did. Answers, conflicts
included, are given only after the commit: nobody acts on something that a power cut could undo. When the
disk refuses, all writes of the transaction get StoreBroken, the state in memory stays what the disk
holds, and the next write opens the file anew and compares before it tries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from wherry.kit.clock import Clock
from wherry.store.compaction import ROW_OVERHEAD_BYTES, HistoryBudget
from wherry.store.interface import KeyExists, KeyValue, RevisionConflict, StoreBroken, StoreError, StoreEvent
from wherry.store.moments import Mark, Moments
from wherry.store.signatures import Signature, SignatureBudget, Signed
from wherry.store.state import CurrentState
from wherry.store.watch_hub import WatchHub

# 1,000 writes of 3 KB are 3 MB and some 40 ms: the longest that one commit may hold the loop up.
WRITES_PER_COMMIT_MAX = 1000
# Rows of the past that one commit removes at least besides its own work; about 1 ms.
SWEEP_REVISIONS_PER_COMMIT = 512


class Journal(Protocol):
    """The disk, as the writer sees it."""

    @property
    def swept_revision(self) -> int:
        """Up to here nothing is left that only the past needs."""

    def commit(
        self,
        events: Sequence[StoreEvent],
        *,
        oldest_revision: int,
        sweep_revision: int,
        mark: Mark | None = None,
        signed: Sequence[Signed] = (),
        forget_lasting: int = 0,
    ) -> None:
        """Write all or nothing, durably: events, the oldest revision kept, a mark, and sweep up to a revision.

        `signed` says who did it; so many of the oldest lasting signatures go.
        Raises StoreError; then nothing has been kept.
        """

    def count_lasting(self) -> int:
        """How many lasting signatures there are."""

    def read_marks(self) -> Sequence[Mark]:
        """When which revision was the newest, oldest first."""

    def reopen(self, revision: int) -> list[StoreEvent]:
        """After a failure: open the file again; returns what it holds beyond `revision`."""


class _Write:
    __slots__ = ("expected", "future", "key", "signature", "value")

    def __init__(
        self,
        key: str,
        value: bytes | None,
        expected: int | None,
        signature: Signature | None,
        future: asyncio.Future[KeyValue | int],
    ) -> None:
        self.key = key
        self.signature = signature
        self.value = value
        self.expected = expected
        self.future = future


class Writer:
    """Queues writes, commits them together, tells everybody."""

    def __init__(
        self,
        journal: Journal,
        state: CurrentState,
        hub: WatchHub,
        budget: HistoryBudget,
        clock: Clock,
        *,
        moments: Moments,
        oldest_revision: int,
        committed: Callable[[], None],
    ) -> None:
        """`oldest_revision` is the oldest kept so far; `committed` is called after each commit."""
        self.oldest_revision = oldest_revision
        self.moments = moments
        self._committed = committed
        self._journal = journal
        self._state = state
        self._hub = hub
        self._budget = budget
        self._signatures = SignatureBudget(journal.count_lasting())
        self._clock = clock
        self._queue: list[_Write] = []
        self._flush_is_due = False
        self._must_reopen = False
        self._closed = False

    def submit(
        self, key: str, value: bytes | None, expected: int | None, signature: Signature | None = None
    ) -> asyncio.Future[KeyValue | int]:
        """Queue a put, or a deletion (`value` None); the future has what put and delete return."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[KeyValue | int] = loop.create_future()
        if self._closed:
            future.set_exception(StoreBroken("the store is closed"))
            return future
        self._queue.append(_Write(key, value, expected, signature, future))
        if not self._flush_is_due:
            self._flush_is_due = True
            loop.call_soon(self.flush)
        return future

    def close(self) -> None:
        """Finish what is queued; refuse what comes later."""
        self._closed = True
        while self._queue:
            self.flush()

    def flush(self) -> None:
        """Commit what is queued, up to the limit of one transaction."""
        batch, self._queue = self._queue[:WRITES_PER_COMMIT_MAX], self._queue[WRITES_PER_COMMIT_MAX:]
        self._flush_is_due = bool(self._queue)
        if self._queue:
            asyncio.get_running_loop().call_soon(self.flush)
        if not batch:
            return
        try:
            self._recover()
            signed: list[Signed] = []
            events, answers = self._judge(batch, signed)
            if events:
                self._commit(events, signed)
        except StoreError as error:
            for write in batch:
                if not write.future.done():
                    write.future.set_exception(error)
            return
        for write, answer in zip(batch, answers, strict=True):
            if write.future.done():
                continue
            if isinstance(answer, StoreError):
                write.future.set_exception(answer)
            else:
                write.future.set_result(answer)
        # Last, so that thousands of watches do not keep those waiting who have written; before any of them goes on.
        self._hub.publish(events)

    def compact(self, revision: int) -> None:
        """Forget up to `revision`, without removing more than one step's worth; call `sweep` for the rest."""
        self._recover()
        self._write((), max(self.oldest_revision, revision))

    @property
    def has_something_to_sweep(self) -> bool:
        """Whether rows are left that nobody may read any more."""
        return self._sweep_revision(self._state.revision) > self._journal.swept_revision

    def _judge(
        self, batch: list[_Write], signed: list[Signed]
    ) -> tuple[list[StoreEvent], list[KeyValue | int | StoreError]]:
        """What happens, and what each caller is told, in order; who did it is added to `signed`."""
        now_s = self._clock.now_s()
        items, revision = self._state.items, self._state.revision
        changed: dict[str, KeyValue | None] = {}
        events: list[StoreEvent] = []
        answers: list[KeyValue | int | StoreError] = []
        for write in batch:
            key, value, expected = write.key, write.value, write.expected
            current = changed[key] if key in changed else items.get(key)
            if refusal := _refuse(key, value, expected, current):
                answers.append(refusal)
                continue
            revision += 1
            created = current.created_revision if current else revision
            new = None if value is None else KeyValue(key, value, revision, created)
            changed[key] = new
            events.append(StoreEvent(key, value, revision, created, current))
            answers.append(new or revision)
            if (signature := write.signature) is not None:
                signed.append(Signed(revision, now_s, key, *signature))
        return events, answers

    def _commit(self, events: list[StoreEvent], signed: Sequence[Signed]) -> None:
        now_s = self._clock.monotonic_s()
        self._write(events, max(self.oldest_revision, self._budget.forgettable_revision(now_s)), signed)
        superseded_bytes = sum(
            ROW_OVERHEAD_BYTES + len(event.previous.value) for event in events if event.previous is not None
        )
        self._budget.note(events[-1].revision, superseded_bytes, now_s)
        self._state.apply(events)

    def _write(self, events: Sequence[StoreEvent], oldest_revision: int, signed: Sequence[Signed] = ()) -> None:
        newest = events[-1].revision if events else self._state.revision
        self.oldest_revision, before = oldest_revision, self.oldest_revision
        mark = self.moments.due(self._state.revision, self._clock.now_s()) if events else None
        lasting = sum(one.is_lasting for one in signed)
        forgotten = self._signatures.too_many(lasting)
        try:
            self._journal.commit(
                events,
                oldest_revision=oldest_revision,
                sweep_revision=self._sweep_revision(newest, len(events)),
                mark=mark,
                signed=signed,
                forget_lasting=forgotten,
            )
        except StoreError:
            self.oldest_revision = before
            self._must_reopen = True
            raise
        self._signatures.note(lasting, forgotten)
        if mark is not None:
            self.moments.add(mark)
        if oldest_revision > before:
            self.moments.forget(oldest_revision)
        self._committed()

    def _sweep_revision(self, newest: int, written: int = 0) -> int:
        # The newest row stays even when it is a deletion: after a restart it is what says where we were.
        # A commit removes twice what it adds, or the past would grow under an unbroken load.
        step_end = self._journal.swept_revision + max(SWEEP_REVISIONS_PER_COMMIT, 2 * written)
        return min(self.oldest_revision, newest - 1, step_end)

    def _recover(self) -> None:
        """After a failure, believe the file and not the memory of what was sent to it."""
        if not self._must_reopen:
            return
        landed = self._journal.reopen(self._state.revision)
        self.moments = Moments(self._journal.read_marks())
        self._signatures = SignatureBudget(self._journal.count_lasting())
        self._must_reopen = False
        if landed:
            self._state.apply(landed)
            self._hub.publish(landed)


def _refuse(key: str, value: bytes | None, expected: int | None, current: KeyValue | None) -> StoreError | None:
    if value is None and current is None:
        return RevisionConflict(key, None)
    if expected is None:
        return None
    if expected == 0 and value is not None:
        return KeyExists(current) if current is not None else None
    if current is None or current.revision != expected:
        return RevisionConflict(key, current)
    return None
