"""Who is told of a commit: watches, by the prefix they look at.

A watch is *catching up* while it reads the past from the log, a piece at a time, and *synced* once it
has read everything: from then on each commit puts its events into the watch's buffer. The step from
one to the other happens between two commits, on the loop, so nothing is lost or doubled.

    watch(after_revision=40), store at 90:   catching up: 41..90 from the log -> synced: 91, 92 ... by the hub
    watch(after_revision=90), store at 90:   synced at once

A synced watch whose reader sleeps fills its buffer; when the buffer is full the events are dropped and
the reader gets Compacted at its next turn. The store never waits for a reader.

All watches of one prefix get the same list of a commit's events. Who has made the commit is answered first; then the
readers are called, some at a time, so that thousands of them do not hold everybody else up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from wherry.store.interface import Compacted, StoreEvent

# A reader that is this far behind is faster with a new list. At 3 KB a value this is about 12 MB, nearly
# all of it shared with the store and the other watches.
WATCH_BUFFER_EVENTS_MAX = 4096
# So many readers are called in one turn of the loop, some 5 ms.
READERS_PER_TURN = 200


class EventLog(Protocol):
    """Where a watch reads the past."""

    @property
    def revision(self) -> int:
        """The newest revision."""

    @property
    def oldest_revision(self) -> int:
        """The oldest revision from which the events after it are all there."""

    def read_events(self, prefix: str, after_revision: int) -> tuple[list[StoreEvent], int]:
        """Some of the next events below `prefix`, and up to which revision they are complete."""


class WatchHub:
    """Hands the events of each commit to the watches that want them."""

    def __init__(self, log: EventLog, *, buffer_events_max: int = WATCH_BUFFER_EVENTS_MAX) -> None:
        """`log` is where watches that start in the past catch up."""
        self._log = log
        self._buffer_events_max = buffer_events_max
        self._synced: dict[str, set[HubWatch]] = {}
        # The lengths of the prefixes in use: looking up key[:length] for each finds all watches of a key
        # in as many steps as there are lengths, however many watches there are.
        self._prefix_lengths: tuple[int, ...] = ()
        self._open: set[HubWatch] = set()
        self._ready: deque[HubWatch] = deque()

    def watch(self, prefix: str, after_revision: int) -> HubWatch:
        """A new watch. Raises Compacted when `after_revision` has been forgotten."""
        if after_revision < self._log.oldest_revision:
            raise Compacted(after_revision, self._log.oldest_revision)
        watch = HubWatch(self, self._log, prefix, after_revision, self._buffer_events_max)
        self._open.add(watch)
        if after_revision >= self._log.revision:
            self.add_synced(watch)
        return watch

    def add_synced(self, watch: HubWatch) -> None:
        """From now on `watch` gets every commit's events."""
        watch.is_synced = True
        self._synced.setdefault(watch.prefix, set()).add(watch)
        self._note_lengths()

    def remove(self, watch: HubWatch) -> None:
        """`watch` is not interested any more."""
        self._open.discard(watch)
        watches = self._synced.get(watch.prefix)
        if watches is None:
            return
        watches.discard(watch)
        if not watches:
            del self._synced[watch.prefix]
            self._note_lengths()

    def publish(self, events: Sequence[StoreEvent]) -> None:
        """Tell the watches what one commit has changed, each in one piece."""
        if not self._synced:
            return
        offers: dict[str, list[StoreEvent]] = {}
        for event in events:
            key = event.key
            for length in self._prefix_lengths:
                if length > len(key):
                    break
                prefix = key[:length]
                if prefix in self._synced:
                    offers.setdefault(prefix, []).append(event)
        for prefix, offered in offers.items():
            for watch in list(self._synced[prefix]):
                watch.offer(offered)

    def call_reader(self, watch: HubWatch) -> None:
        """Call the reader of `watch` in a turn of the loop that is to come."""
        if not self._ready:
            asyncio.get_running_loop().call_soon(self._call_readers)
        self._ready.append(watch)

    def _call_readers(self) -> None:
        ready = self._ready
        try:
            for _ in range(min(READERS_PER_TURN, len(ready))):
                ready[0].call_reader()
                ready.popleft()
        except BaseException:
            ready.popleft()
            raise
        finally:
            if ready:
                asyncio.get_running_loop().call_soon(self._call_readers)

    def close(self) -> None:
        """End every watch."""
        for watch in list(self._open):
            watch.close()

    def _note_lengths(self) -> None:
        self._prefix_lengths = tuple(sorted({len(prefix) for prefix in self._synced}))


class HubWatch:
    """A stream of changes below a prefix; see interface.Watch."""

    def __init__(self, hub: WatchHub, log: EventLog, prefix: str, after_revision: int, buffer_events_max: int) -> None:
        """Made by WatchHub.watch."""
        self.on_ready: Callable[[], None] | None = None
        self.prefix = prefix
        self.is_synced = False
        self._hub = hub
        self._log = log
        self._read_revision = after_revision
        # The lists of several commits; each is shared with other watches.
        self._buffer: list[list[StoreEvent]] = []
        self._buffer_events = 0
        self._buffer_events_max = buffer_events_max
        self._waiter: asyncio.Future[None] | None = None
        self._overrun = False
        self._closed = False
        self._is_called = False

    def __aiter__(self) -> HubWatch:
        """Itself."""
        return self

    async def __anext__(self) -> list[StoreEvent]:
        """Wait for the next changes."""
        while not self._closed:
            events = self.take_step()
            if events:
                return events
            if self.is_synced:
                await self._wait()
            else:
                # Reading a long past for a rare key must not hold everybody else up.
                await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
        raise StopAsyncIteration

    def take_step(self) -> list[StoreEvent]:
        """What can be had at once, of a long past only some."""
        return self._take_buffer() if self.is_synced else self._catch_up()

    @property
    def is_behind(self) -> bool:
        """Whether it still reads the past."""
        return not self.is_synced and not self._closed

    @property
    def is_closed(self) -> bool:
        """Whether nothing will come any more."""
        return self._closed

    @property
    def revision(self) -> int:
        """Every event up to and including this revision has been yielded."""
        if self._buffer:
            return self._buffer[0][0].revision - 1
        if self.is_synced and not self._overrun:
            return max(self._read_revision, self._log.revision)
        return self._read_revision

    @property
    def has_changes(self) -> bool:
        """Whether `take` has something to say (or to read first)."""
        return bool(self._buffer) or self._overrun or not self.is_synced

    def take(self) -> list[StoreEvent]:
        """The changes that are there by now, without waiting. Raises Compacted."""
        events: list[StoreEvent] = []
        while not self.is_synced and not self._closed:
            events += self._catch_up()
        return events + self._take_buffer()

    def close(self) -> None:
        """Stop; pending iteration ends with StopAsyncIteration."""
        self._closed = True
        self._drop_buffer()
        self._hub.remove(self)
        self._wake()

    def offer(self, events: list[StoreEvent]) -> None:
        """Called by the hub with one commit's events."""
        if events[0].revision <= self._read_revision:
            # Asked for a revision that was in the future then: silence until it has passed.
            events = [event for event in events if event.revision > self._read_revision]
            if not events:
                return
        # A reader that has read everything is never too slow, however big one commit is.
        if self._buffer and self._buffer_events + len(events) > self._buffer_events_max:
            self._read_revision = self.revision
            self._overrun = True
            self._drop_buffer()
            self._hub.remove(self)
        else:
            self._buffer.append(events)
            self._buffer_events += len(events)
        self._wake()

    def call_reader(self) -> None:
        """Called by the hub when it is this reader's turn."""
        self._is_called = False
        if self.on_ready is not None:
            self.on_ready()

    def _take_buffer(self) -> list[StoreEvent]:
        if self._overrun:
            raise Compacted(self._read_revision, self._log.revision)
        if not self._buffer:
            return []
        pieces = self._buffer
        self._drop_buffer()
        events = pieces[0] if len(pieces) == 1 else [event for piece in pieces for event in piece]
        self._read_revision = events[-1].revision
        return events

    def _drop_buffer(self) -> None:
        self._buffer = []
        self._buffer_events = 0

    def _catch_up(self) -> list[StoreEvent]:
        if self._read_revision < self._log.oldest_revision:
            raise Compacted(self._read_revision, self._log.oldest_revision)
        events, self._read_revision = self._log.read_events(self.prefix, self._read_revision)
        if self._read_revision >= self._log.revision:
            self._hub.add_synced(self)
        return events

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        if self.on_ready is not None and not self._is_called:
            self._is_called = True
            self._hub.call_reader(self)
