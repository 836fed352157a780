"""The durable store: one SQLite file that is a log, and the newest values in memory.

    log    revision │ key        │ created │ previous │ checksum │ value
           2        │ /pods/a/x  │ 2       │ 0        │ ...      │ "1"      created
           3        │ /pods/a/y  │ 3       │ 0        │ ...      │ "1"
           4        │ /pods/a/x  │ 2       │ 2        │ ...      │ "2"      revision 2 is now superseded
           5        │ /pods/a/y  │ 3       │ 3        │ ...      │ NULL     deleted
    meta   oldest = 3: lists and watches may start at 3;  swept = 3: what only revisions below 3 need is removed
    signature 4 | 1800000000.5 | /pods/a/x | who has made revision 4, in a few words (signatures.py)
    moment 2 | 1800000000.5: up to revision 2 everything was there before that moment (moments.py)

A write appends one row; `previous` leads back to the row that it supersedes. The state at revision R is
the newest state with everything after R undone along these links. Compaction up to R removes the rows
that were superseded, and the deletions, up to R. Opening replays the log and checks every row's checksum.

All SQL of the program is in this file. docs/flow/store.md has the picture with the buffer sizes.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from wherry.kit.clock import Clock, SystemClock
from wherry.kit.failpoints import failpoint
from wherry.kit.files import sync_directory
from wherry.store.checkpoint import Checkpoints
from wherry.store.compaction import ROW_OVERHEAD_BYTES, HistoryBudget, HistoryLimits
from wherry.store.interface import (
    Compacted,
    FutureRevision,
    KeyValue,
    Page,
    StoreBroken,
    StoreError,
    StoreEvent,
)
from wherry.store.moments import Mark, Moments
from wherry.store.signatures import SIGNATURES_PER_TURN, Signature, Signed
from wherry.store.state import CurrentState
from wherry.store.watch_hub import WATCH_BUFFER_EVENTS_MAX, HubWatch, WatchHub
from wherry.store.writer import Writer

# "Wher": file(1) and SQLite's own tools can tell whose file this is.
APPLICATION_ID = 0x57686572
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    created INTEGER NOT NULL,
    previous INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    value BLOB
) STRICT;
CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('oldest', 1), ('swept', 1);
"""
# Not part of the schema's version: whoever does not know these tables can read and write all the others.
SIDE_SCHEMA = """
CREATE TABLE IF NOT EXISTS moment (revision INTEGER PRIMARY KEY, time REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS signature (
    revision INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    key TEXT NOT NULL,
    text TEXT NOT NULL,
    lasting INTEGER NOT NULL
) STRICT
"""
INSERT = "INSERT INTO log (revision, key, created, previous, checksum, value) VALUES (?, ?, ?, ?, ?, ?)"
SELECT_ALL = "SELECT revision, key, created, previous, checksum, value FROM log ORDER BY revision"
SELECT_EVENTS = """
SELECT now.revision, now.key, now.created, now.previous, now.checksum, now.value,
       was.created, was.previous, was.checksum, was.value
FROM log AS now LEFT JOIN log AS was ON was.revision = now.previous
WHERE now.revision > ? AND now.revision <= ? AND substr(now.key, 1, ?) = ? ORDER BY now.revision
"""
SELECT_CHANGES_BACKWARDS = """
SELECT key, previous FROM log WHERE revision > ? AND substr(key, 1, ?) = ? ORDER BY revision DESC
"""
SELECT_ONE = "SELECT revision, key, created, previous, checksum, value FROM log WHERE revision = ?"
SWEEP_SUPERSEDED = """
DELETE FROM log WHERE revision IN (SELECT previous FROM log WHERE revision > ? AND revision <= ? AND previous > 0)
"""
SWEEP_DELETIONS = "DELETE FROM log WHERE revision > ? AND revision <= ? AND value IS NULL"
SELECT_MOMENTS = "SELECT revision, time FROM moment ORDER BY revision"
INSERT_MOMENT = "INSERT OR REPLACE INTO moment VALUES (?, ?)"
# The last mark below the oldest revision stays: it bounds the first moment that can still be shown.
SWEEP_MOMENTS = "DELETE FROM moment WHERE revision < (SELECT max(revision) FROM moment WHERE revision < ?)"
INSERT_SIGNATURE = "INSERT OR REPLACE INTO signature VALUES (?, ?, ?, ?, ?)"
COUNT_LASTING = "SELECT count(*) FROM signature WHERE lasting"
SWEEP_SIGNATURES = "DELETE FROM signature WHERE revision > ? AND revision <= ? AND NOT lasting"
# What is not lasting has gone with the history by then, so the oldest rows are the ones that are looked for.
SWEEP_LASTING = """
DELETE FROM signature WHERE revision IN (SELECT revision FROM signature WHERE lasting ORDER BY revision LIMIT ?)
"""
# Up to where the next piece reaches, however few of its rows are asked for.
SELECT_SIGNATURES_END = """
SELECT max(revision) FROM (SELECT revision FROM signature WHERE revision > ? ORDER BY revision LIMIT ?)
"""
SELECT_SIGNATURES = """
SELECT revision, time, key, text, lasting FROM signature
WHERE revision > ? AND revision <= ? AND substr(key, 1, ?) = ? ORDER BY revision
"""
SET_META = "UPDATE meta SET number = ? WHERE name = ?"

# The past is read in pieces of so many revisions, some 2 ms each, so that a watch that starts far back
# does not hold up everybody else.
CATCH_UP_REVISIONS = 500
# When this much has been written since, the log is copied into the file, in a thread.
CHECKPOINT_EVERY_BYTES = 4 << 20
# A checkpoint in a thread never gets the last frames while writes go on, and SQLite's log starts over only
# when it has got all. From here on those last frames are copied between two commits instead.
WAL_MAX_BYTES = 32 << 20
PAGE_BYTES = 4096
# What a burst has left empty is written again later, so it need not be given back at once. A file that is mostly
# empty is made small when it is opened: 0.1 s for 20 MB that are left.
EMPTY_MAX_BYTES = 16 << 20
# The newest values are in memory already; SQLite's own cache only holds inner pages.
CACHE_KIB = 2048


Row = tuple[int, str, int, int, int, "bytes | None"]
Events = list[StoreEvent]


class CorruptDatabase(StoreError):
    """The file is damaged; nothing has been changed in it."""

    def __init__(self, path: Path, detail: str) -> None:
        """`detail` is what was found."""
        super().__init__(f"the database {path} is damaged ({detail}); it has been left as it is")
        self.path = path


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file holds: the newest values, up to which revision, and how much of the past."""

    items: dict[str, KeyValue]
    revision: int
    oldest_revision: int
    superseded_bytes: int


class SqliteLog:
    """The file. Blocking; every method is one or a few statements."""

    def __init__(self, path: Path) -> None:
        """Open `path`, creating it when it is missing.

        Raises:
            CorruptDatabase: it is not ours or damaged.
            StoreBroken: it cannot be opened.
        """
        self.path = path
        self.swept_revision = 1
        self.wal_bytes = 0
        self._oldest_written = 1
        self._connection = self._open()
        with self._translated():
            # A second connection, so that a thread can work with it. It takes no snapshots and writes no log.
            self._checkpointer = apsw.Connection(str(path))
            self._checkpointer.execute("PRAGMA synchronous = FULL")

    def load(self) -> Loaded:
        """Read everything, checking each row."""
        with self._translated():
            meta = {
                str(name): int(number) for name, number in self._connection.execute("SELECT name, number FROM meta")
            }
            self._oldest_written, self.swept_revision = meta["oldest"], meta["swept"]
            items: dict[str, KeyValue] = {}
            revision, superseded_bytes, unswept = 1, 0, 0
            for row in self._connection.execute(SELECT_ALL):
                revision, key, created, previous, _, value = row
                self._check(row)
                before = items.pop(key, None) if value is None else items.get(key)
                if value is not None:
                    items[key] = KeyValue(key, value, revision, created)
                if revision > self.swept_revision:
                    unswept += 1
                    if previous != (before.revision if before else 0):
                        raise CorruptDatabase(self.path, f"revision {previous} is missing")
                    superseded_bytes += ROW_OVERHEAD_BYTES + (len(before.value) if before else 0)
            if unswept != max(0, revision - self.swept_revision):
                raise CorruptDatabase(self.path, "revisions are missing")
            return Loaded(items, revision, self._oldest_written, superseded_bytes)

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
        """Write all or nothing, durably; see writer.Journal."""
        execute = self._connection.execute
        with self._translated():
            try:
                failpoint("before-commit")
                execute("BEGIN IMMEDIATE")
                if events:
                    self._connection.executemany(INSERT, [_row_of(event) for event in events])
                if sweep_revision > self.swept_revision:
                    execute(SWEEP_SUPERSEDED, (self.swept_revision, sweep_revision))
                    execute(SWEEP_DELETIONS, (self.swept_revision, sweep_revision))
                    execute(SET_META, (sweep_revision, "swept"))
                if oldest_revision > self._oldest_written:
                    execute(SET_META, (oldest_revision, "oldest"))
                    execute(SWEEP_MOMENTS, (oldest_revision,))
                    execute(SWEEP_SIGNATURES, (self._oldest_written, oldest_revision))
                if mark is not None:
                    execute(INSERT_MOMENT, mark)
                if signed:
                    self._connection.executemany(INSERT_SIGNATURE, signed)
                if forget_lasting:
                    execute(SWEEP_LASTING, (forget_lasting,))
                failpoint("in-commit")
                execute("COMMIT")
                failpoint("after-commit")
            except (apsw.Error, OSError):
                if self._connection.in_transaction:
                    execute("ROLLBACK")
                raise
        self.swept_revision = max(self.swept_revision, sweep_revision)
        self._oldest_written = max(self._oldest_written, oldest_revision)

    def count_lasting(self) -> int:
        """How many lasting signatures there are."""
        with self._translated():
            return int(self._connection.execute(COUNT_LASTING).get)

    def read_signatures(self, prefix: str, after_revision: int, until_revision: int) -> tuple[list[Signed], int]:
        """Some of the next signatures below `prefix`, and up to which revision they are complete."""
        with self._translated():
            found = self._connection.execute(SELECT_SIGNATURES_END, (after_revision, SIGNATURES_PER_TURN)).get
            end = until_revision if found is None else min(found, until_revision)
            rows = self._connection.execute(SELECT_SIGNATURES, (after_revision, end, len(prefix), prefix))
            return [Signed(at, time_s, key, text, bool(lasts)) for at, time_s, key, text, lasts in rows], end

    def read_marks(self) -> Sequence[Mark]:
        """When which revision was the newest, oldest first."""
        with self._translated():
            return [Mark(*row) for row in self._connection.execute(SELECT_MOMENTS)]

    def read_events(self, prefix: str, after_revision: int, until_revision: int) -> list[StoreEvent]:
        """The events below `prefix` of the revisions after the one and up to the other."""
        arguments = (after_revision, until_revision, len(prefix), prefix)
        with self._translated():
            return [self._event_of(row) for row in self._connection.execute(SELECT_EVENTS, arguments)]

    def read_origins(self, prefix: str, revision: int) -> dict[str, int]:
        """Where each key changed after `revision` was then: its revision, 0 for "did not exist"."""
        with self._translated():
            # Going backwards, the last change seen of a key is the first after `revision`.
            return dict(self._connection.execute(SELECT_CHANGES_BACKWARDS, (revision, len(prefix), prefix)))

    def read(self, revision: int) -> KeyValue:
        """The value that was written at `revision`; it must not have been swept."""
        with self._translated():
            for row in self._connection.execute(SELECT_ONE, (revision,)):
                self._check(row)
                _, key, created, _, _, value = row
                return KeyValue(key, value, revision, created)
        raise CorruptDatabase(self.path, f"revision {revision} is missing")

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the file as far as possible.

        The one method that another thread may call, and only one at a time.
        """
        with self._translated():
            self._checkpointer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def reopen(self, revision: int) -> list[StoreEvent]:
        """After a failure: open the file again; returns what it holds beyond `revision`.

        A failed fsync must not be tried again on the same file handle: the kernel has forgotten what it
        could not write and would now say yes.
        """
        old, self._connection = self._connection, self._open()
        old.close(force=True)
        with self._translated():
            newest = self._connection.execute("SELECT max(revision) FROM log").get or 1
            meta = dict(self._connection.execute("SELECT name, number FROM meta"))
            self._oldest_written, self.swept_revision = meta["oldest"], meta["swept"]
        return self.read_events("", revision, newest)

    def close(self) -> None:
        """Let go of the file; SQLite copies the rest of its log into it."""
        self._checkpointer.close(force=True)
        self._connection.close(force=True)

    def _open(self) -> apsw.Connection:
        try:
            is_new = not self.path.exists()
            if is_new:
                # SQLite gives its other files the same mode.
                os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            wal = Path(f"{self.path}-wal")
            ended_uncleanly = wal.exists() and wal.stat().st_size > 0
        except OSError as error:
            raise StoreBroken(f"the database {self.path} cannot be opened: {error.strerror}") from error
        with self._translated():
            connection = apsw.Connection(str(self.path))
            try:
                self._prepare(connection, check=ended_uncleanly)
                connection.set_wal_hook(self._note_wal_size)
                if is_new:
                    sync_directory(self.path.parent)
            except BaseException:
                connection.close(force=True)
                raise
            return connection

    def _prepare(self, connection: apsw.Connection, *, check: bool) -> None:
        if connection.execute("PRAGMA application_id").get not in (0, APPLICATION_ID):
            raise CorruptDatabase(self.path, "it belongs to another program")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        version = connection.execute("PRAGMA user_version").get
        if version == 0:
            with connection:
                connection.execute(SCHEMA)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise StoreBroken(
                f"the database {self.path} has format {version}, this Wherry reads format {SCHEMA_VERSION}: "
                "start it with the Wherry that wrote it, or a newer one"
            )
        if check and (found := connection.execute("PRAGMA quick_check(1)").get) != "ok":
            raise CorruptDatabase(self.path, str(found))
        connection.execute(SIDE_SCHEMA)
        pages, empty = connection.execute("PRAGMA page_count").get, connection.execute("PRAGMA freelist_count").get
        if empty * PAGE_BYTES > EMPTY_MAX_BYTES and empty > pages // 2:
            connection.execute("VACUUM")

    def _note_wal_size(self, _connection: apsw.Connection, _database: str, pages: int) -> int:
        self.wal_bytes = pages * PAGE_BYTES
        return apsw.SQLITE_OK

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise CorruptDatabase(self.path, str(error)) from error
        except apsw.FullError as error:
            raise StoreBroken(f"no space left for the database {self.path}: free some and try again") from error
        except (apsw.Error, OSError) as error:
            raise StoreBroken(f"the disk refuses the database {self.path}: {error}") from error

    def _check(self, row: Row) -> None:
        if _checksum(row[0], row[1], row[2], row[3], row[5]) != row[4]:
            raise CorruptDatabase(self.path, f"revision {row[0]} has a wrong checksum")

    def _event_of(self, row: tuple[int, str, int, int, int, bytes | None, int, int, int, bytes]) -> StoreEvent:
        revision, key, created, previous, checksum, value, was_created, was_previous, was_checksum, was_value = row
        self._check((revision, key, created, previous, checksum, value))
        before = None
        if previous:
            self._check((previous, key, was_created, was_previous, was_checksum, was_value))
            before = KeyValue(key, was_value, previous, was_created)
        return StoreEvent(key, value, revision, created, before)


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


def _row_of(event: StoreEvent) -> Row:
    previous = event.previous.revision if event.previous else 0
    checksum = _checksum(event.revision, event.key, event.created_revision, previous, event.value)
    return event.revision, event.key, event.created_revision, previous, checksum, event.value


def _checksum(revision: int, key: str, created: int, previous: int, value: bytes | None) -> int:
    head = zlib.crc32(f"{revision} {created} {previous} {value is None} {key}".encode())
    return zlib.crc32(value, head) if value else head
