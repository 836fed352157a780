"""What a control group has used, as the kernel counts it. Reads files; a group that is gone has used nothing."""

from __future__ import annotations

from pathlib import Path

from wherry.runtime.interface import ContainerUsage


def read_version_1(cpu: Path | None, memory: Path | None) -> ContainerUsage:
    """From the group's directories of the two controllers."""
    cpu_ns = _number(cpu / "cpuacct.usage") if cpu is not None else 0
    if memory is None:
        return ContainerUsage(cpu_ns, 0, 0)
    used = _number(memory / "memory.usage_in_bytes")
    return ContainerUsage(cpu_ns, used, max(0, used - _named(memory / "memory.stat", "total_inactive_file")))


def read_version_2(group: Path) -> ContainerUsage:
    """From the group's one directory."""
    used = _number(group / "memory.current")
    cpu_ns = _named(group / "cpu.stat", "usage_usec") * 1000
    return ContainerUsage(cpu_ns, used, max(0, used - _named(group / "memory.stat", "inactive_file")))


def _number(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _named(path: Path, name: str) -> int:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(words[1]) for line in lines if (words := line.split())[:1] == [name] and len(words) == 2), 0)
