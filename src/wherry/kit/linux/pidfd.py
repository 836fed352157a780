"""Processes that are not our children: name one safely, signal it, wait for its end.

A process id is reused after its end; a pidfd stands for one process for ever. `ProcessIdentity` is the
same on paper: the id with the start time, which together are unique until the machine restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of this boot of the machine. `start_ticks` is field 22 of /proc/PID/stat."""

    pid: int
    start_ticks: int

    def is_alive(self) -> bool:
        """Whether exactly this process still runs (a zombie does not)."""
        now = identify(self.pid)
        return now is not None and now == self


def identify(pid: int) -> ProcessIdentity | None:
    """The running process with this id, or None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in parentheses and may itself contain any character.
    fields = stat[stat.rindex(")") + 2 :].split(" ")
    if fields[0] in ("Z", "X"):
        return None
    return ProcessIdentity(pid, int(fields[19]))


def send_signal(process: ProcessIdentity, number: int) -> bool:
    """Send a signal to exactly this process; False when it has ended."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # Checked after the descriptor is open: from here on the id cannot come to mean another process.
        if identify(process.pid) != process:
            return False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, number)
            return True
        return False
    finally:
        os.close(descriptor)


async def wait_for_end(process: ProcessIdentity) -> None:
    """Wait until exactly this process has ended; it need not be our child."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    try:
        if identify(process.pid) != process:
            return
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
    finally:
        os.close(descriptor)
