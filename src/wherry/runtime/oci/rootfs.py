"""Paths inside a container's file system, followed as the container would see them.

An image may contain a link `/data -> /etc`; seen from the machine that must mean the container's /etc,
never the machine's. Every path that comes from an image or a pod goes through `resolve_in_root` before
the machine touches it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from wherry.runtime.interface import FailedPrecondition

# The kernel's own limit on links followed in one path.
LINKS_MAX = 40
ACCOUNT_FILE_BYTES_MAX = 1024 * 1024

# What the runtime mounts itself; a link here would put those mounts somewhere else (CVE-2025-31133, 2026-47766).
_OWN_MOUNTS = ("dev", "proc", "sys")


def resolve_in_root(root: Path, path: str) -> str:
    """Where `path` leads inside `root`, with every link followed there; missing parts stay as they are.

    Gives an absolute path as the container sees it, free of links and of `..`.

    Raises:
        FailedPrecondition: the links go in circles.
    """
    pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
    done: list[str] = []
    links = 0
    while pending:
        part = pending.pop()
        if part == "..":
            # At the root, as in the kernel, the parent is the root itself.
            done = done[:-1]
            continue
        here = root.joinpath(*done, part)
        if not here.is_symlink():
            done.append(part)
            continue
        links += 1
        if links > LINKS_MAX:
            raise FailedPrecondition(f"the image's links at {path} go in circles")
        target = str(here.readlink())
        if target.startswith("/"):
            done = []
        pending.extend(piece for piece in reversed(target.split("/")) if piece not in ("", "."))
    return "/" + "/".join(done)


def check_own_mounts(root: Path) -> None:
    """Refuse an image that would redirect /dev, /proc or /sys."""
    for name in _OWN_MOUNTS:
        if (root / name).is_symlink():
            raise FailedPrecondition(f"the image has a link at /{name}; such an image could reach into the machine")


def ensure_directory(root: Path, path: str) -> str:
    """Make a directory (and its parents) inside `root`; gives its path without links."""
    resolved = resolve_in_root(root, path)
    current = root
    for part in resolved.split("/")[1:]:
        if not part:
            continue
        current = current / part
        if not current.is_dir():
            try:
                current.mkdir(mode=0o755)
            except FileExistsError as error:
                raise FailedPrecondition(f"{path}: {part} is not a directory in the image") from error
    return resolved


def ensure_file(root: Path, path: str) -> str:
    """Make an empty file inside `root` unless there is something; gives its path without links."""
    resolved = resolve_in_root(root, path)
    ensure_directory(root, os.path.dirname(resolved))  # noqa: PTH120 - a path in the container, not here
    target = root / resolved.lstrip("/")
    if not target.exists():
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        os.close(descriptor)
    return resolved


def read_text(root: Path, path: str) -> str:
    """A small file of the image; "" when it is missing, not a regular file, or too big to be an account file."""
    target = root / resolve_in_root(root, path).lstrip("/")
    try:
        descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        data = file.read(ACCOUNT_FILE_BYTES_MAX + 1)
    return "" if len(data) > ACCOUNT_FILE_BYTES_MAX else data.decode("utf-8", "replace")
