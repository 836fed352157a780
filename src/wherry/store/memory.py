"""The store as a list of everything that ever happened: the model that the durable store is tested against.

It is right because it is simple: the state at a revision is what one gets by replaying the events up
to it. It keeps everything for ever and writes nothing to disk, so it serves tests, not clusters.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence

from wherry.kit.clock import Clock, SystemClock
from wherry.store.interface import (
    Compacted,
    FutureRevision,
    KeyExists,
    KeyValue,
    Page,
    RevisionConflict,
    StoreBroken,
    StoreEvent,
)
from wherry.store.signatures import Signature, Signed

FIRST_REVISION = 2  # A store that is empty is at revision 1, so that 0 can mean "none" or "any" on the wire.


class MemoryStore:
    """Keys and values with history, in memory."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Empty. `clock` tells when each change happened."""
        self._clock = clock or SystemClock()
        self._times_s: list[float] = []  # as the history
        self._history: list[StoreEvent] = []  # the event of revision N is at N - FIRST_REVISION
        self._signed: list[Signed] = []
        self._oldest_revision = FIRST_REVISION - 1
        self._current: dict[str, KeyValue] = {}
        self._watches: set[MemoryWatch] = set()
        self._closed = False

    def copy(self) -> MemoryStore:
        """A store of its own with the same history, as after a restart: nobody watches it."""
        twin = MemoryStore(self._clock)
        twin._history, twin._current = list(self._history), dict(self._current)
        twin._times_s, twin._signed = list(self._times_s), list(self._signed)
        twin._oldest_revision = self._oldest_revision
        return twin

    @property
    def revision(self) -> int:
        """The newest revision (at least 1)."""
        return len(self._history) + FIRST_REVISION - 1

    @property
    def oldest_revision(self) -> int:
        """The oldest revision from which one can still list or watch."""
        return self._oldest_revision

    @property
    def oldest_moment_s(self) -> float | None:
        """Since when the past can be asked for; None while nothing has happened."""
        kept = self._times_s[max(0, self._oldest_revision - FIRST_REVISION) :]
        return kept[0] if kept else None

    def revision_at(self, time_s: float) -> int:
        """The revision that was the newest at that moment; 0 when it is too long ago."""
        oldest_s = self.oldest_moment_s
        if oldest_s is None or time_s < oldest_s:
            return 0
        return FIRST_REVISION - 1 + bisect_right(self._times_s, time_s)

    async def get(self, key: str) -> KeyValue | None:
        """The key's newest value."""
        return self._current.get(key)

    async def list(self, prefix: str, *, after_key: str = "", limit: int = 0, at_revision: int = 0) -> Page:
        """The keys that start with `prefix`, in order, as of one revision."""
        revision = at_revision or self.revision
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        if revision < self._oldest_revision:
            raise Compacted(revision, self._oldest_revision)
        state = self._state_at(revision)
        items = [state[key] for key in sorted(state) if key.startswith(prefix) and key > after_key]
        shown = items[:limit] if limit else items
        return Page(shown, revision, len(items) - len(shown))

    async def count(self, prefix: str) -> int:
        """How many keys start with `prefix`."""
        return sum(1 for key in self._current if key.startswith(prefix))

    async def put(
        self, key: str, value: bytes, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> KeyValue:
        """Write."""
        self._refuse_when_closed()
        current = self._current.get(key)
        if expected_revision == 0 and current is not None:
            raise KeyExists(current)
        if expected_revision and (current is None or current.revision != expected_revision):
            raise RevisionConflict(key, current)
        revision = self.revision + 1
        new = KeyValue(key, value, revision, current.created_revision if current else revision)
        self._record(StoreEvent(key, value, revision, new.created_revision, current), signature)
        return new

    async def delete(
        self, key: str, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> int:
        """Remove the key; returns the deletion's revision."""
        self._refuse_when_closed()
        current = self._current.get(key)
        if current is None or (expected_revision is not None and current.revision != expected_revision):
            raise RevisionConflict(key, current)
        self._record(StoreEvent(key, None, self.revision + 1, current.created_revision, current), signature)
        return self.revision

    async def signed(self, prefix: str, *, after_revision: int = 0, until_revision: int = 0) -> Sequence[Signed]:
        """Who has changed what below `prefix`, oldest first."""
        until = until_revision or self.revision
        return [one for one in self._signed if one.key.startswith(prefix) and after_revision < one.revision <= until]

    def watch(self, prefix: str, *, after_revision: int) -> MemoryWatch:
        """Changes below `prefix` after `after_revision` (exclusive), then live."""
        if after_revision < self._oldest_revision:
            raise Compacted(after_revision, self._oldest_revision)
        watch = MemoryWatch(self, prefix, after_revision)
        self._watches.add(watch)
        return watch

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten or deleted up to `revision`."""
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        self._oldest_revision = max(self._oldest_revision, revision)
        self._signed = [one for one in self._signed if one.is_lasting or one.revision > self._oldest_revision]

    async def close(self) -> None:
        """End all watches and refuse further writes."""
        self._closed = True
        for watch in list(self._watches):
            watch.close()

    def events_after(self, revision: int) -> Sequence[StoreEvent]:
        """Everything that happened after `revision`."""
        return self._history[max(0, revision + 1 - FIRST_REVISION) :]

    def time_of(self, revision: int) -> float:
        """When the change of this revision happened, in seconds since 1970."""
        return self._times_s[revision - FIRST_REVISION]

    def forget_watch(self, watch: MemoryWatch) -> None:
        """The watch has been closed."""
        self._watches.discard(watch)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise StoreBroken("the store is closed")

    def _state_at(self, revision: int) -> dict[str, KeyValue]:
        if revision == self.revision:
            return self._current
        state: dict[str, KeyValue] = {}
        for event in self._history[: revision + 1 - FIRST_REVISION]:
            apply_event(state, event)
        return state

    def _record(self, event: StoreEvent, signature: Signature | None) -> None:
        now_s = self._clock.now_s()
        self._history.append(event)
        self._times_s.append(now_s)
        if signature is not None:
            self._signed.append(Signed(event.revision, now_s, event.key, *signature))
        apply_event(self._current, event)
        for watch in self._watches:
            if event.key.startswith(watch.prefix):
                watch.tell()


class MemoryWatch:
    """Reads the store's history from where it last stopped; nothing is ever dropped."""

    def __init__(self, store: MemoryStore, prefix: str, after_revision: int) -> None:
        """Made by MemoryStore.watch."""
        self.on_ready: Callable[[], None] | None = None
        self._changed = asyncio.Event()
        self._store = store
        self.prefix = prefix
        self._read_revision = after_revision
        self._closed = False

    def __aiter__(self) -> MemoryWatch:
        """Itself."""
        return self

    async def __anext__(self) -> list[StoreEvent]:
        """Wait for the next changes."""
        while not self._closed:
            events = self.take_step()
            if events:
                return events
            self._changed.clear()
            await self._changed.wait()
        raise StopAsyncIteration

    def take_step(self) -> list[StoreEvent]:
        """What can be had at once."""
        events = self._unread()
        self._read_revision = max(self._read_revision, self._store.revision)
        return events

    @property
    def is_behind(self) -> bool:
        """Never: the past is read at once."""
        return False

    @property
    def is_closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    @property
    def revision(self) -> int:
        """Every event up to and including this revision has been yielded."""
        unread = self._unread()
        return unread[0].revision - 1 if unread else max(self._read_revision, self._store.revision)

    @property
    def has_changes(self) -> bool:
        """Whether `take` has something to say."""
        if self._unread():
            return True
        self._read_revision = max(self._read_revision, self._store.revision)
        return False

    def take(self) -> list[StoreEvent]:
        """The changes that are there by now, without waiting."""
        return self.take_step()

    def close(self) -> None:
        """Stop."""
        self._closed = True
        self._store.forget_watch(self)
        self.tell()

    def tell(self) -> None:
        """Something has changed."""
        self._changed.set()
        if self.on_ready is not None:
            asyncio.get_running_loop().call_soon(self.on_ready)

    def _unread(self) -> list[StoreEvent]:
        return [event for event in self._store.events_after(self._read_revision) if event.key.startswith(self.prefix)]


def apply_event(state: dict[str, KeyValue], event: StoreEvent) -> None:
    """Bring `state` from before `event` to after it."""
    if event.value is None:
        del state[event.key]
    else:
        state[event.key] = KeyValue(event.key, event.value, event.revision, event.created_revision)
