"""Twins that nobody takes away any more: whoever had made them was killed, or lost the cluster.

Each twin's namespace says who made it. One whose maker has died on this machine goes at once; one from elsewhere when
it is older than any trial.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path

from wherry.api.core.namespace import NAMESPACES, Namespace
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client

MAKER = "wherry.dev/made-by"
SELECTOR = "wherry.dev/task=prove"
TRIAL_S_MAX = 2 * 3600.0
"""All experiments with all their time limits take less than an hour."""
STARTED = 19
"""The place of a process's start, in ticks since the boot, among what /proc/PID/stat says behind its name."""


def maker() -> str:
    """This process, so that nobody takes another of the same number for it: machine, boot, number, start."""
    return " ".join((*_machine(), str(os.getpid()), _start_of(os.getpid())))


def left_behind(namespaces: Iterable[Namespace], now_s: float) -> list[str]:
    """The namespaces of twins whose makers are gone."""
    return [one.metadata.name for one in namespaces if _is_left(one, now_s)]


def _is_left(namespace: Namespace, now_s: float) -> bool:
    meta = namespace.metadata
    if meta.deletion_timestamp:
        return False
    host, boot, pid, started = (meta.annotations.get(MAKER, "").split(" ") + [""] * 4)[:4]
    if boot and (host, boot) == _machine():
        return _start_of(int(pid) if pid.isdecimal() else 0) != started
    return now_s - parse_time(meta.creation_timestamp) > TRIAL_S_MAX


async def sweep(client: Client, now_s: float) -> list[str]:
    """Take such twins away; gives their names. What one may not see or delete stays."""
    try:
        found = (await client.list(NAMESPACES, label_selector=SELECTOR)).items
    except StatusError:
        return []
    gone = []
    for name in left_behind(found, now_s):
        try:
            await client.delete(NAMESPACES, name)
        except StatusError:
            continue
        gone.append(name)
    return gone


def _machine() -> tuple[str, str]:
    """This machine since its boot, and which processes of it can be seen from here: a container has its own numbers."""
    boot = _read(Path("/proc/sys/kernel/random/boot_id")).strip()
    try:
        seen = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return platform.node(), ""
    return platform.node(), f"{boot}/{seen}" if boot else ""


def _start_of(pid: int) -> str:
    """When a process began; "" for one that is not there, or has ended and waits to be collected."""
    # The program's name stands in brackets and may hold anything.
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return "" if not fields or fields[0] == "Z" else fields[STARTED]


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
