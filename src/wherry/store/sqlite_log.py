"""The file of the durable store: a log in SQLite.

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

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import apsw

from wherry.kit.failpoints import failpoint
from wherry.kit.files import sync_directory
from wherry.store.compaction import ROW_OVERHEAD_BYTES
from wherry.store.interface import (
    KeyValue,
    StoreBroken,
    StoreError,
    StoreEvent,
)
from wherry.store.moments import Mark
from wherry.store.signatures import SIGNATURES_PER_TURN, Signed

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


def _row_of(event: StoreEvent) -> Row:
    previous = event.previous.revision if event.previous else 0
    checksum = _checksum(event.revision, event.key, event.created_revision, previous, event.value)
    return event.revision, event.key, event.created_revision, previous, checksum, event.value


def _checksum(revision: int, key: str, created: int, previous: int, value: bytes | None) -> int:
    head = zlib.crc32(f"{revision} {created} {previous} {value is None} {key}".encode())
    return zlib.crc32(value, head) if value else head
