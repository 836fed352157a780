"""When SQLite's write-ahead log is copied into its file: by bytes written, never by time, rarely on the loop.

A commit only appends to the log. Copying it into the file costs milliseconds, so a thread does it while
writes go on. Such a copy never gets the newest frames, and SQLite starts its log over only after a
complete copy; so when the log has grown past its limit, the few frames that the thread left are copied
on the loop, between two commits. An idle store does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wherry.kit.log import get_logger
from wherry.kit.threads import start_in_thread
from wherry.store.interface import StoreError

log = get_logger(__name__)


class Checkpoints:
    """Watches the log's size and has it copied in time."""

    def __init__(self, checkpoint: Callable[[], None], *, every_bytes: int, wal_max_bytes: int) -> None:
        """`checkpoint` copies what it can; it raises StoreError."""
        self._checkpoint = checkpoint
        self._every_bytes = every_bytes
        self._wal_max_bytes = wal_max_bytes
        self._running: asyncio.Future[None] | None = None
        self._copied_to_bytes = 0
        self._wal_bytes = 0

    def note(self, wal_bytes: int) -> None:
        """A commit has left a log of so many bytes. Call it on the loop."""
        self._wal_bytes = wal_bytes
        if wal_bytes < self._copied_to_bytes:
            self._copied_to_bytes = 0  # SQLite has started its log over.
        if self._running is None and wal_bytes - self._copied_to_bytes >= self._every_bytes:
            self._copied_to_bytes = wal_bytes
            self._running = start_in_thread(self._checkpoint)
            self._running.add_done_callback(self._finish)

    async def wait(self) -> None:
        """Let a copy that is under way come to its end."""
        if self._running is not None:
            await asyncio.wait([self._running])

    def _finish(self, running: asyncio.Future[None]) -> None:
        self._running = None
        try:
            running.result()
            if self._wal_bytes > self._wal_max_bytes:
                self._checkpoint()
        except StoreError as error:
            # Nothing is lost: the log still has it, and the next copy starts from there.
            log.error("Failed to checkpoint the database", err=str(error))
