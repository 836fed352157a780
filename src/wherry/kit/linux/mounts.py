"""Mounts: attach file systems, bind directories, and take both away again."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wherry.kit.linux.syscalls import checked, encoded, libc

MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SLAVE = 1 << 19
MS_SHARED = 1 << 20
MNT_DETACH = 2

# The kernel copies mount options through one page.
OPTIONS_BYTES_MAX = 4095


def mount(source: str | Path, target: Path, kind: str, flags: int = 0, options: str = "") -> None:
    """Attach a file system of this kind at `target`."""
    checked(
        libc().mount(
            encoded(source),
            encoded(target),
            encoded(kind),
            ctypes.c_ulong(flags),
            encoded(options) if options else None,
        ),
        f"mount {kind} on {target}",
    )


def bind(source: Path, target: Path, *, recursive: bool = False) -> None:
    """Let `source` (a directory or file) be seen at `target` too."""
    flags = MS_BIND | (MS_REC if recursive else 0)
    checked(
        libc().mount(encoded(source), encoded(target), None, ctypes.c_ulong(flags), None), f"bind {source} on {target}"
    )


def set_propagation(target: Path, flags: int) -> None:
    """Say whether mounts below `target` are seen elsewhere: MS_SHARED, MS_SLAVE, MS_PRIVATE, with MS_REC or without."""
    checked(libc().mount(None, encoded(target), None, ctypes.c_ulong(flags), None), f"change propagation of {target}")


def unmount(target: Path, *, missing_ok: bool = False) -> None:
    """Take the topmost mount at `target` away, as soon as nobody uses it; its name is free at once."""
    result = libc().umount2(encoded(target), MNT_DETACH)
    if result < 0 and missing_ok and ctypes.get_errno() in (errno.EINVAL, errno.ENOENT):
        return
    checked(result, f"unmount {target}")


@dataclass(frozen=True, slots=True)
class MountPoint:
    """A line of the mount table. `shared` says whether mounts below it are seen elsewhere."""

    path: Path
    kind: str
    shared: bool
    super_options: str


def mount_points(table: Path = Path("/proc/thread-self/mountinfo")) -> list[MountPoint]:
    """What is mounted, as the calling thread sees it, in the kernel's order."""
    points = []
    for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        fields, tail = before.split(" "), after.split(" ")
        path = Path(_unescaped(fields[4]))
        shared = any(word.startswith("shared:") for word in fields[6:])
        points.append(MountPoint(path, tail[0], shared, tail[2] if len(tail) > 2 else ""))
    return points


def mounted_below(directory: Path, table: Path = Path("/proc/thread-self/mountinfo")) -> list[Path]:
    """Where something is mounted in a directory, itself included. Faster than `mount_points` on a busy node."""
    top = os.fspath(directory)
    lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    found = (_unescaped(line.split(" ", 5)[4]) for line in lines)
    return [Path(path) for path in found if path == top or path.startswith(f"{top}/")]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def overlay_options(lower: Sequence[Path], upper: Path, work: Path) -> str:
    """The options of an overlay: `lower` directories (topmost first) read-only below a writable `upper`.

    Raises:
        ValueError: the kernel cannot take so many or such long names.
    """
    for path in (*lower, upper, work):
        if any(char in os.fspath(path) for char in ":,\\"):
            raise ValueError(f"the path {path} contains one of : , \\ and cannot be part of an overlay")
    options = f"lowerdir={':'.join(map(str, lower))},upperdir={upper},workdir={work}"
    if len(os.fsencode(options)) > OPTIONS_BYTES_MAX:
        raise ValueError(f"{len(lower)} layers are more than the kernel takes in one mount")
    return options


def mount_overlay(lower: Sequence[Path], upper: Path, work: Path, target: Path) -> None:
    """Attach an overlay at `target`. Many layers get short names for it: a page has room for 40 long ones.

    Raises:
        ValueError: they are too many even so.
    """
    with contextlib.ExitStack() as opened:
        if sum(len(os.fsencode(path)) + 1 for path in (*lower, upper, work)) > OPTIONS_BYTES_MAX // 2:
            descriptors = [os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC) for path in lower]
            for descriptor in descriptors:
                opened.callback(os.close, descriptor)
            lower = [Path(f"/proc/self/fd/{descriptor}") for descriptor in descriptors]
        mount("overlay", target, "overlay", 0, overlay_options(lower, upper, work))
