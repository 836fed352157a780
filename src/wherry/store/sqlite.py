"""The durable store: a log in one SQLite file (sqlite_log.py), and the newest values in memory.

A list of the past is the newest state with everything after that revision undone. docs/flow/store.md has the picture
with the buffer sizes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from wherry.kit.clock import Clock, SystemClock
from wherry.store.checkpoint import Checkpoints
from wherry.store.compaction import HistoryBudget, HistoryLimits
from wherry.store.interface import Compacted, FutureRevision, KeyValue, Page, StoreError
from wherry.store.moments import Moments
from wherry.store.signatures import Signature, Signed
from wherry.store.sqlite_log import Events, SqliteLog
from wherry.store.state import CurrentState
from wherry.store.watch_hub import WATCH_BUFFER_EVENTS_MAX, HubWatch, WatchHub
from wherry.store.writer import Writer

# The past is read in pieces of so many revisions, some 2 ms each, so that a watch that starts far back
# does not hold up everybody else.
CATCH_UP_REVISIONS = 500
# When this much has been written since, the log is copied into the file, in a thread.
CHECKPOINT_EVERY_BYTES = 4 << 20
# A checkpoint in a thread never gets the last frames while writes go on, and SQLite's log starts over only
# when it has got all. From here on those last frames are copied between two commits instead.
WAL_MAX_BYTES = 32 << 20


class SqliteStore:
    """Durable keys and values with history; see interface.Store."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock | None = None,
        history: HistoryLimits | None = None,
        watch_buffer_events_max: int = WATCH_BUFFER_EVENTS_MAX,
    ) -> None:
        """Open the file at `path`, creating it when it is missing. Blocks: 0.1 s for 100 MB.

        Only one process may have it open; the caller sees to that with a lock on the directory.

        Raises:
            CorruptDatabase: the file is damaged; it is left as it is.
            StoreBroken: the file cannot be opened or made.
        """
        clock = clock or SystemClock()
        self._log = SqliteLog(path)
        try:
            loaded = self._log.load()
        except StoreError:
            self._log.close()
            raise
        self._state = CurrentState(loaded.items, loaded.revision)
        self._hub = WatchHub(self, buffer_events_max=watch_buffer_events_max)
        budget = HistoryBudget(
            history or HistoryLimits(),
            revision=loaded.revision,
            superseded_bytes=loaded.superseded_bytes,
            now_s=clock.monotonic_s(),
        )
        self._checkpoints = Checkpoints(
            self._log.checkpoint, every_bytes=CHECKPOINT_EVERY_BYTES, wal_max_bytes=WAL_MAX_BYTES
        )
        self._writer = Writer(
            self._log,
            self._state,
            self._hub,
            budget,
            clock,
            moments=Moments(self._log.read_marks()),
            oldest_revision=loaded.oldest_revision,
            committed=lambda: self._checkpoints.note(self._log.wal_bytes),
        )
        self._is_closed = False

    @property
    def revision(self) -> int:
        """The newest revision (at least 1)."""
        return self._state.revision

    @property
    def oldest_revision(self) -> int:
        """The oldest revision from which one can still list or watch."""
        return self._writer.oldest_revision

    @property
    def oldest_moment_s(self) -> float | None:
        """Since when the past can be asked for; None while nothing has happened."""
        return self._writer.moments.oldest_s

    def revision_at(self, time_s: float) -> int:
        """The revision that was the newest at that moment, to the second; 0 when it is too long ago."""
        return self._writer.moments.revision_at(time_s, self.revision)

    async def get(self, key: str) -> KeyValue | None:
        """The key's newest value."""
        return self._state.items.get(key)

    async def list(self, prefix: str, *, after_key: str = "", limit: int = 0, at_revision: int = 0) -> Page:
        """The keys that start with `prefix`, in order, as of one revision."""
        revision = at_revision or self.revision
        self._refuse_unknown(revision)
        if revision < self.revision:
            return self._list_past(prefix, after_key, limit, revision)
        items, keys = self._state.items, self._state.keys(prefix, after_key)
        shown = keys[:limit] if limit else keys
        return Page([items[key] for key in shown], revision, len(keys) - len(shown))

    async def count(self, prefix: str) -> int:
        """How many keys start with `prefix`."""
        return self._state.count(prefix)

    async def put(
        self, key: str, value: bytes, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> KeyValue:
        """Write, durably; returns when it is on disk."""
        written = await self._writer.submit(key, value, expected_revision, signature)
        assert isinstance(written, KeyValue)
        return written

    async def delete(
        self, key: str, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> int:
        """Remove the key; returns the deletion's revision."""
        revision = await self._writer.submit(key, None, expected_revision, signature)
        assert isinstance(revision, int)
        return revision

    async def signed(self, prefix: str, *, after_revision: int = 0, until_revision: int = 0) -> Sequence[Signed]:
        """Who has changed what below `prefix`, oldest first, in steps between which others run."""
        until = until_revision or self.revision
        found: list[Signed] = []
        while after_revision < until and not self._is_closed:
            more, after_revision = self._log.read_signatures(prefix, after_revision, until)
            found += more
            await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
        return found

    def watch(self, prefix: str, *, after_revision: int) -> HubWatch:
        """Changes below `prefix` after `after_revision` (exclusive), then live."""
        return self._hub.watch(prefix, after_revision)

    async def compact(self, revision: int) -> None:
        """Forget what was overwritten or deleted up to `revision`, in steps between which others run."""
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        self._writer.compact(revision)
        while self._writer.has_something_to_sweep and not self._is_closed:
            await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
            self._writer.compact(revision)

    async def close(self) -> None:
        """Finish what is queued and let go of the disk."""
        if self._is_closed:
            return
        self._is_closed = True
        self._writer.close()
        self._hub.close()
        await self._checkpoints.wait()
        self._log.close()

    def read_events(self, prefix: str, after_revision: int) -> tuple[Events, int]:
        """Some of the next events below `prefix`, and up to which revision they are complete."""
        until = min(self.revision, after_revision + CATCH_UP_REVISIONS)
        return self._log.read_events(prefix, after_revision, until), until

    def _refuse_unknown(self, revision: int) -> None:
        if revision > self.revision:
            raise FutureRevision(revision, self.revision)
        if revision < self.oldest_revision:
            raise Compacted(revision, self.oldest_revision)

    def _list_past(self, prefix: str, after_key: str, limit: int, revision: int) -> Page:
        """The newest state with everything after `revision` undone."""
        origins = self._log.read_origins(prefix, revision)
        keys = [key for key in self._state.keys(prefix, after_key) if key not in origins]
        keys += [key for key, origin in origins.items() if origin and key > after_key]
        keys.sort()
        shown = keys[:limit] if limit else keys
        items = self._state.items
        values = [self._log.read(origins[key]) if key in origins else items[key] for key in shown]
        return Page(values, revision, len(keys) - len(shown))
