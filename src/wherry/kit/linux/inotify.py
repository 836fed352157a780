"""Changes in a directory, as they happen: the kernel's inotify, on the event loop."""

from __future__ import annotations

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path

from wherry.kit.linux.syscalls import checked, encoded, libc

IN_MODIFY = 0x00000002
IN_CLOSE_WRITE = 0x00000008
IN_MOVED_FROM = 0x00000040
IN_MOVED_TO = 0x00000080
IN_CREATE = 0x00000100
IN_DELETE = 0x00000200
IN_Q_OVERFLOW = 0x00004000

_HEADER = struct.Struct("iIII")
_READ_BYTES = 65536


class ChangeQueue:
    """The kernel's queue of changes in directories, read on the event loop."""

    def __init__(self, on_change: Callable[[int, int, str], None]) -> None:
        """`on_change` is called with the directory's number, the event bits and the name of what changed in it."""
        self._on_change = on_change
        self._descriptor: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin, with no directory yet."""
        assert self._descriptor is None, "opened twice"
        self._descriptor = checked(libc().inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC), "inotify_init1")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._read)

    def add(self, directory: Path, events: int) -> int:
        """Watch a directory too; gives its number. Raises OSError (ENOSPC: the user's limit of watches)."""
        assert self._descriptor is not None, "not open"
        bits = ctypes.c_uint32(events)
        return checked(
            libc().inotify_add_watch(self._descriptor, encoded(directory), bits), f"inotify_add_watch {directory}"
        )

    def close(self) -> None:
        """End. Safe to call twice."""
        if self._descriptor is not None and self._loop is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _read(self) -> None:
        assert self._descriptor is not None
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(data):
            number, bits, _, length = _HEADER.unpack_from(data, offset)
            offset += _HEADER.size
            name = os.fsdecode(data[offset : offset + length].rstrip(b"\0"))
            offset += length
            self._on_change(number, bits, name)


class DirectoryWatch:
    """Calls a function for every change in a directory.

    When more happens than the kernel can queue, the name is "": look at the whole directory then.

    Example:
        watch = DirectoryWatch(exits, IN_MOVED_TO | IN_CLOSE_WRITE, on_name)
        watch.start()
        ...
        watch.stop()
    """

    def __init__(self, directory: Path, events: int, on_change: Callable[[str, int], None]) -> None:
        """`on_change` is called on the loop with the file's name and the event bits."""
        self.directory = directory
        self._events = events
        self._on_change = on_change
        self._queue = ChangeQueue(self._handle)

    def start(self) -> None:
        """Begin; changes after this call are seen."""
        self._queue.open()
        try:
            _ = self._queue.add(self.directory, self._events)
        except OSError:
            self._queue.close()
            raise

    def stop(self) -> None:
        """End. Safe to call twice."""
        self._queue.close()

    def _handle(self, _number: int, bits: int, name: str) -> None:
        self._on_change("" if bits & IN_Q_OVERFLOW else name, bits)
