"""Files that are either the old or the new, never half; and directories that one process owns."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType

from wherry.kit.file_lock import try_lock, wait_until_free


class DamagedFile(Exception):
    """A file of ours cannot be understood; the message names it, and `remedy` is the way out."""

    def __init__(self, path: Path, detail: str, remedy: str) -> None:
        """`detail` is what is wrong with it."""
        super().__init__(f"{path} is damaged ({detail}); it has been left as it is")
        self.remedy = remedy


class DirectoryInUse(Exception):
    """Another process holds the directory. `pid` is its id, or 0 when it is not known."""

    def __init__(self, directory: Path, pid: int) -> None:
        """`directory` is held by process `pid`."""
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{directory} is in use by {holder}; stop it first, or choose another directory")
        self.directory = directory
        self.pid = pid


def write_atomically(path: Path, data: bytes | str, mode: int = 0o600, *, fsync: bool = True) -> None:
    """Replace the file's content in one step: a reader, or a crash, meets the old or the new whole.

    Args:
        path: the file; its directory must exist.
        data: its new content (text as UTF-8).
        mode: its permissions, regardless of the umask.
        fsync: False where a lost file after a power cut does no harm (the file is rebuilt then).
    """
    content = data.encode() if isinstance(data, str) else data
    # The pid keeps two processes apart; the object's id keeps two threads of one apart.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{id(content):x}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        try:
            if hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            _write_all(descriptor, content)
            if fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if fsync:
        sync_directory(path.parent)


def give_to_owner_of(folder: Path, *paths: Path) -> None:
    """Let what root has made belong to whoever owns `folder`: begun through sudo, that is who typed it."""
    if hasattr(os, "chown") and os.geteuid() == 0:
        owner = folder.stat()
        for path in paths:
            os.chown(path, owner.st_uid, owner.st_gid)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory survive a power cut (where directories can be opened: not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


class DirectoryLock:
    """Keeps a second process out of a directory for as long as this one lives.

    The kernel drops the lock with the process, also after kill -9; nothing needs to be cleaned up.

    Example:
        with DirectoryLock(data_dir):
            serve()
    """

    def __init__(self, directory: Path) -> None:
        """`directory` is created by `acquire` if need be."""
        self.directory = directory
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the directory. Raises DirectoryInUse at once when somebody has it."""
        assert self._descriptor is None, "acquired twice"
        self.directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.directory / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        if not try_lock(descriptor):
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise DirectoryInUse(self.directory, int(holder) if holder.isdecimal() else 0)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def holder(self) -> int | None:
        """The process id of whoever has the directory (0: not known), or None; takes nothing, writes nothing."""
        try:
            descriptor = os.open(self.directory / ".lock", os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            if try_lock(descriptor, shared=True):
                return None
            text = os.read(descriptor, 32).decode("ascii", "replace").strip()
            return int(text) if text.isdecimal() else 0
        finally:
            os.close(descriptor)

    def wait_until_free(self) -> None:
        """Wait until nobody has the directory; blocks, so call it in a thread."""
        descriptor = os.open(self.directory / ".lock", os.O_RDONLY)
        try:
            wait_until_free(descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Let go. Safe to call twice."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> DirectoryLock:
        """Acquire."""
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release."""
        self.release()
