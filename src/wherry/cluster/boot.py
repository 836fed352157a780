"""The start, step by step, told to whoever waits for it."""

from __future__ import annotations

import errno
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

_ELSEWHERE = "WHERRY_HOME=/elsewhere wherry up"
_WAYS_OUT = {
    errno.ENOSPC: f"make room on that disk, or choose a folder on another: {_ELSEWHERE}",
    errno.EDQUOT: f"make room below your quota, or choose another folder: {_ELSEWHERE}",
    errno.EROFS: f"choose a folder that can be written to: {_ELSEWHERE}",
    errno.EACCES: "do it as the user who owns it, or as root",
    errno.EPERM: "do it as root",
    errno.ENOTDIR: f"a part of this path is a file; choose another folder: {_ELSEWHERE}",
    errno.ENAMETOOLONG: f"choose a folder with a shorter name: {_ELSEWHERE}",
    errno.EADDRNOTAVAIL: "choose an address of this machine: wherry up --bind 127.0.0.1",
    errno.EMFILE: "allow more open files: ulimit -n 65536",
    errno.EIO: f"the disk is failing: save what you can, and choose a folder on another: {_ELSEWHERE}",
}
"""What to do about an error of the operating system."""


class StartFailed(Exception):
    """The cluster cannot start; the message says why and `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people."""
        super().__init__(message)
        self.remedy = remedy


def refused_by_machine(error: OSError) -> StartFailed:
    """What the machine has refused, and the way out, in words."""
    about = f"{error.filename}: " if error.filename else ""
    return StartFailed(
        f"{about}{(error.strerror or str(error)).lower()}", _WAYS_OUT.get(error.errno or 0, "wherry doctor")
    )


class Report(Protocol):
    """Hears how far the start is."""

    def step(self, name: str, duration_ms: float) -> None:
        """Something is done."""

    def ready(self) -> None:
        """The node is Ready."""


class Boot:
    """Measures the steps of the start."""

    def __init__(self, report: Report) -> None:
        """Counting starts now."""
        self.is_ready = False
        self._report = report
        # Imports make hundreds of thousands of objects that stay: looking for garbage among them, again and
        # again, cost a tenth of the start.
        gc.disable()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside and tell it."""
        started_s = time.perf_counter()
        yield
        self._report.step(name, (time.perf_counter() - started_s) * 1000)

    def ready(self) -> None:
        """The node is Ready: what was made so far stays, so the garbage collector need not look at it again."""
        gc.collect()
        gc.freeze()
        gc.enable()
        self.is_ready = True
        self._report.ready()
