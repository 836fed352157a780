"""subPath: one file or directory of a volume, found without ever leaving the volume.

A container may have put a link to `/` where its subPath will be looked up at the next start, or swap
one in while we look (CVE-2017-1002101, CVE-2021-25741). So each step is taken by the kernel with
RESOLVE_BENEATH, from a file descriptor of the volume, and what was found is bound by its descriptor.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from wherry.agent.volumes.interface import Mounts, VolumeFailure
from wherry.kit.linux.syscalls import checked, libc

OPENAT2 = 437  # the same number on every architecture
RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_BENEATH = 0x08
_HOW = struct.Struct("QQQ")
DIRECTORY_MODE = 0o750


def bind_sub_path(volume: Path, sub_path: str, target: Path, mounts: Mounts) -> Path:
    """Show `sub_path` of `volume` at `target`, making missing directories. Raises VolumeFailure."""
    with open_beneath(volume, sub_path) as descriptor:
        found = Path(f"/proc/self/fd/{descriptor}")
        mounts.unmount(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if found.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.touch()
        mounts.bind(found, target)
    return target


@contextlib.contextmanager
def open_beneath(volume: Path, sub_path: str) -> Iterator[int]:
    """A descriptor (O_PATH) of `sub_path` inside `volume`; missing directories are made."""
    parts = PurePosixPath(sub_path).parts
    if sub_path.startswith("/") or ".." in parts:
        raise VolumeFailure(f'subPath "{sub_path}" must be a relative path without ".."')
    root = os.open(volume, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        descriptor = _walk(root, parts, sub_path)
    finally:
        os.close(root)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _walk(root: int, parts: tuple[str, ...], sub_path: str) -> int:
    current = os.dup(root)
    for index in range(len(parts)):
        path = "/".join(parts[: index + 1])
        try:
            following = _open(root, path)
        except FileNotFoundError:
            # Made in the directory that was just reached, never through a name that may have changed.
            readable = os.open(f"/proc/self/fd/{current}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(parts[index], DIRECTORY_MODE, dir_fd=readable)
            finally:
                os.close(readable)
            following = _open(root, path)
        except OSError as error:
            os.close(current)
            raise VolumeFailure(f'subPath "{sub_path}" leads out of its volume: {error.strerror}') from error
        os.close(current)
        current = following
    return current


def _open(root: int, path: str) -> int:
    how = _HOW.pack(os.O_PATH | os.O_CLOEXEC, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
    result = libc().syscall(
        ctypes.c_long(OPENAT2), ctypes.c_int(root), os.fsencode(path), how, ctypes.c_size_t(_HOW.size)
    )
    return checked(result, f"openat2 {path}")
