"""Changes anywhere below a directory, as they happen: one inotify for the whole tree, new directories included."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

from wherry.kit.linux.inotify import (
    IN_CLOSE_WRITE,
    IN_CREATE,
    IN_DELETE,
    IN_MODIFY,
    IN_MOVED_FROM,
    IN_MOVED_TO,
    IN_Q_OVERFLOW,
    ChangeQueue,
)

IN_IGNORED = 0x00008000
IN_ONLYDIR = 0x01000000
IN_DONT_FOLLOW = 0x02000000
IN_ISDIR = 0x40000000
_EVENTS = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_FROM | IN_MOVED_TO


class TreeWatch:
    """Calls a function with the path of everything that changes below a directory.

    Directories whose name is in `skip` are left alone, and links are not followed. When more happens than the kernel
    can queue, the path is the root itself: look at everything then.

    Example:
        watch = TreeWatch(repository, frozenset({".git"}), changed.add, tell)
        watch.start()
        ...
        watch.stop()
    """

    def __init__(
        self,
        root: Path,
        skip: frozenset[str],
        on_change: Callable[[Path], None],
        on_trouble: Callable[[OSError], None],
    ) -> None:
        """Both are called on the loop; `on_trouble` when a directory that came later cannot be watched."""
        self.root = root
        self._skip = skip
        self._on_change = on_change
        self._on_trouble = on_trouble
        self._directories: dict[int, Path] = {}
        self._queue = ChangeQueue(self._handle)

    def start(self) -> None:
        """Begin; changes after this call are seen. Raises OSError (ENOSPC: the user's limit of watches)."""
        self._queue.open()
        try:
            _ = self._add(self.root)
        except OSError:
            self._queue.close()
            raise

    def stop(self) -> None:
        """End. Safe to call twice."""
        self._queue.close()
        self._directories = {}

    def _add(self, top: Path) -> list[Path]:
        """Watch a directory and those below it; gives the files that are there, which nobody may have seen come."""
        files: list[Path] = []
        for folder, names, entries in os.walk(top):
            names[:] = [name for name in names if name not in self._skip]
            try:
                number = self._queue.add(Path(folder), _EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.ENOTDIR):
                    # Gone again before it could be watched.
                    continue
                raise
            self._directories[number] = Path(folder)
            files += [Path(folder, entry) for entry in entries]
        return files

    def _handle(self, number: int, bits: int, name: str) -> None:
        if bits & IN_Q_OVERFLOW:
            self._on_change(self.root)
            return
        if bits & IN_IGNORED:
            self._directories.pop(number, None)
            return
        folder = self._directories.get(number)
        if folder is None or name in self._skip:
            return
        path = folder / name
        self._on_change(path)
        if bits & IN_ISDIR and bits & (IN_CREATE | IN_MOVED_TO):
            self._follow(path)

    def _follow(self, path: Path) -> None:
        try:
            files = self._add(path)
        except OSError as error:
            self._on_trouble(error)
            return
        for file in files:
            self._on_change(file)
