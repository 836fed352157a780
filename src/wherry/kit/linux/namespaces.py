"""Kernel namespaces: leave the shared ones, enter others, keep one alive without a process in it.

`leave` and `enter_namespace` change the calling thread for good: call them in a thread that ends
afterwards (kit.threads.run_in_fresh_thread).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from wherry.kit.linux import mounts
from wherry.kit.linux.syscalls import checked, encoded, libc

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# The kernel's names of the kinds, as below /proc/PID/ns.
NAMES: Mapping[int, str] = {
    CLONE_NEWNS: "mnt",
    CLONE_NEWUTS: "uts",
    CLONE_NEWIPC: "ipc",
    CLONE_NEWPID: "pid",
    CLONE_NEWNET: "net",
}


def leave(kinds: int) -> None:
    """Give the calling thread new namespaces of these kinds (an OR of CLONE_NEW...)."""
    checked(libc().unshare(kinds), "unshare")


def enter_namespace(path: Path | str, kind: int) -> None:
    """Move the calling thread into the namespace that a file stands for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        checked(libc().setns(descriptor, kind), f"setns {path}")
    finally:
        os.close(descriptor)


def pin(kind: int, path: Path) -> None:
    """Keep the calling thread's namespace alive as a file, until the file is unmounted."""
    path.touch(mode=0o600)
    mounts.bind(Path(f"/proc/thread-self/ns/{NAMES[kind]}"), path)


def unpin(path: Path) -> None:
    """Let go of a namespace that `pin` kept, and remove its file. Safe to call twice."""
    mounts.unmount(path, missing_ok=True)
    path.unlink(missing_ok=True)


def set_hostname(name: str) -> None:
    """Name the machine, as the calling thread's UTS namespace sees it."""
    data = encoded(name) or b""
    checked(libc().sethostname(data, len(data)), f"sethostname {name}")
