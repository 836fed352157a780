"""The masters' memory, in five nouns: Revision, KeyValue, Page, StoreEvent, Watch.

A store maps keys (text) to values (bytes). Every successful write gets the next *revision*, one
counter for the whole store, so that "what happened after revision 41?" has one answer. Nothing here
knows what a value means.

Life of a write: `put(key, value, expected_revision=7)` is queued; at the end of the event loop's tick
all queued writes become one durable transaction, each judged in order against what the ones before it
did; then every caller gets its answer and every watcher its events. An answer that has been given
survives a power cut.

    store.revision                     # 41
    await store.put("/pods/a/x", b"1", expected_revision=0)   # KeyValue(revision=42, created_revision=42)
    await store.put("/pods/a/x", b"2", expected_revision=42)  # KeyValue(revision=43, created_revision=42)
    await store.put("/pods/a/x", b"3", expected_revision=42)  # raises RevisionConflict(current=KeyValue(43...))
    await store.delete("/pods/a/x", expected_revision=43)     # revision 44; watchers see DELETE at 44

The same protocol fits etcd v3: `expected_revision` is a transaction that compares mod_revision,
`list` is a range, `watch` a watch, `compact` a compaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wherry.store.signatures import Signature, Signed


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A key's value at one revision. `value` is exactly the bytes that were put."""

    key: str
    value: bytes
    revision: int
    created_revision: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list, as of one revision.

    `items` are in key order; `revision` is the one that the list shows; `remaining` counts the keys
    after the last item (0: this page is the end).
    """

    items: list[KeyValue]
    revision: int
    remaining: int


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """One change. `value` is None for a deletion; `previous` is the state before, None at creation.

    `revision` is the change's own; a deletion's `previous` still holds what was deleted.
    """

    key: str
    value: bytes | None
    revision: int
    created_revision: int
    previous: KeyValue | None


class StoreError(Exception):
    """What a store can answer other than yes."""


class KeyExists(StoreError):
    """A put with expected_revision=0 found the key there."""

    def __init__(self, current: KeyValue) -> None:
        """`current` is what is there."""
        super().__init__(current.key)
        self.current = current


class RevisionConflict(StoreError):
    """The key is not at the expected revision. `current` is its state now, None when it is gone."""

    def __init__(self, key: str, current: KeyValue | None) -> None:
        """See above."""
        super().__init__(key)
        self.key = key
        self.current = current


class Compacted(StoreError):
    """The revision asked for has been forgotten."""

    def __init__(self, requested: int, oldest: int) -> None:
        """`oldest` is the oldest revision from which one can still watch or list."""
        super().__init__(f"revision {requested} is compacted, the oldest is {oldest}")
        self.requested = requested
        self.oldest = oldest


class FutureRevision(StoreError):
    """The revision asked for has not happened yet."""

    def __init__(self, requested: int, current: int) -> None:
        """`current` is the newest there is."""
        super().__init__(f"revision {requested} is in the future, the newest is {current}")
        self.requested = requested
        self.current = current


class StoreBroken(StoreError):
    """The disk refuses: full, read-only, or failing. Nothing unacknowledged was kept."""


class Watch(Protocol):
    """A stream of changes below a prefix, in revision order, each exactly once.

    Iterating yields non-empty lists of events: all that were committed since the last turn. It ends
    with `Compacted` when the reader was so slow that its events were dropped.

    Whoever reads many watches does without a waiting task for each: `take_step` gives what is there, and `on_ready`
    is called, once for any number of events, when there is something to take again. The lists are shared: nobody may
    change one.
    """

    on_ready: Callable[[], None] | None
    """Called in a turn of the loop of its own when there is something to take, or the watch has been closed."""

    def __aiter__(self) -> AsyncIterator[list[StoreEvent]]:
        """Itself."""

    async def __anext__(self) -> list[StoreEvent]:
        """Wait for the next changes; a wait that is cancelled loses none of them."""

    def take_step(self) -> list[StoreEvent]:
        """What can be had at once, of a long past only some; perhaps nothing. Raises Compacted."""

    @property
    def is_behind(self) -> bool:
        """Whether it still reads the past: `take_step` has more, and `on_ready` does not tell."""

    @property
    def is_closed(self) -> bool:
        """Whether nothing will come any more."""

    @property
    def revision(self) -> int:
        """Every event up to and including this revision has been yielded (bookmarks show it)."""

    @property
    def has_changes(self) -> bool:
        """Whether `take` has something to say."""

    def take(self) -> list[StoreEvent]:
        """The changes that are there by now, without waiting; for who looks when it needs to know. Raises Compacted."""

    def close(self) -> None:
        """Stop; pending iteration ends with StopAsyncIteration. Safe to call twice."""


class Store(Protocol):
    """Durable keys and values with history."""

    @property
    def revision(self) -> int:
        """The newest revision (at least 1)."""

    @property
    def oldest_revision(self) -> int:
        """The oldest revision from which one can still list or watch."""

    @property
    def oldest_moment_s(self) -> float | None:
        """Since when the past can be asked for, in seconds since 1970; None while nothing has happened."""

    def revision_at(self, time_s: float) -> int:
        """The revision that was the newest at that moment, to the second; 0 when it is too long ago."""

    async def get(self, key: str) -> KeyValue | None:
        """The key's newest value."""

    async def list(self, prefix: str, *, after_key: str = "", limit: int = 0, at_revision: int = 0) -> Page:
        """The keys that start with `prefix`, in order, as of one revision.

        Args:
            after_key: start behind this key (for the next page).
            limit: at most so many items; 0 means all.
            at_revision: the revision to show; 0 means the newest.

        Raises:
            Compacted, FutureRevision: for `at_revision`.
        """

    async def count(self, prefix: str) -> int:
        """How many keys start with `prefix`."""

    async def put(
        self, key: str, value: bytes, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> KeyValue:
        """Write, durably; returns when it is on disk.

        Args:
            expected_revision: the key's revision now, 0 for "must not exist", None for "whatever".
            signature: who writes; kept beside the history, never in the value.

        Raises:
            KeyExists, RevisionConflict, StoreBroken.
        """

    async def delete(
        self, key: str, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> int:
        """Remove the key; returns the deletion's revision. Raises RevisionConflict (also when it is gone)."""

    async def signed(self, prefix: str, *, after_revision: int = 0, until_revision: int = 0) -> Sequence[Signed]:
        """Who has changed what below `prefix`, oldest first: as much of it as is kept, which may be nothing.

        A store that cannot keep signatures has none, and everything else about it is the same.

        Args:
            after_revision: only what came after it; it need not be in the history any more.
            until_revision: only what came up to it; 0 means up to now.
        """

    def watch(self, prefix: str, *, after_revision: int) -> Watch:
        """Changes below `prefix` after `after_revision` (exclusive), then live. Raises Compacted.

        A revision in the future waits silently until it has passed.
        """

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten or deleted up to `revision`; it stays possible to list at it."""

    async def close(self) -> None:
        """Finish what is queued and let go of the disk."""
