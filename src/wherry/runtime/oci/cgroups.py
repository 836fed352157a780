"""Limits: the kernel's control groups, one per container below one directory per cluster.

Version 1 (and hybrid): written by hand. crun refuses hybrid machines, and attaching a process from the
outside costs 5-10 ms because the kernel waits for all processors; a process that moves *itself* (0 written
to `tasks`) does not wait. So crun is started, and commands inside containers too, by a launcher script that
first moves itself. Never a thread of ours: a group lists whole processes, and a group is ended by killing all
that it lists. Version 2: crun's own cgroupfs manager does it, and its device filter too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from wherry.kit.linux.cgroups_detect import CgroupLayout, CgroupMode
from wherry.runtime.interface import ContainerUsage, Resources
from wherry.runtime.oci.spec import BindMount
from wherry.runtime.oci.usage import read_version_1, read_version_2

# The controllers that hold something back or count; every further one costs time at each start.
V1_CONTROLLERS = ("cpu", "cpuacct", "memory", "pids", "devices")

# What a container may do with device nodes: make any, use the harmless ones and terminals.
DEVICES_ALLOWED = (
    "c *:* m",
    "b *:* m",
    "c 1:3 rwm",
    "c 1:5 rwm",
    "c 1:7 rwm",
    "c 1:8 rwm",
    "c 1:9 rwm",
    "c 5:0 rwm",
    "c 5:1 rwm",
    "c 5:2 rwm",
    "c 136:* rwm",
)
CPU_SHARES_MIN = 2


class Cgroups(Protocol):
    """The control groups of one cluster's containers."""

    def prepare(self) -> None:
        """Make the cluster's directory."""

    def create(self, container_id: str, resources: Resources, *, privileged: bool) -> None:
        """Make a container's group with its limits."""

    def kill(self, container_id: str) -> None:
        """SIGKILL everything in it."""

    def oom_kills(self, container_id: str) -> int:
        """How often the kernel has killed a process of it for want of memory."""

    def usage(self, container_id: str) -> ContainerUsage:
        """What it has used."""

    def remove(self, container_id: str) -> list[int]:
        """Remove the group. Gives the processes that still end, if that is why it could not. Safe to call twice."""

    def clear(self) -> None:
        """Remove the cluster's directory, if no container is left."""

    def mounts(self, container_id: str) -> list[BindMount]:
        """What the container may see of it."""

    def path(self, container_id: str) -> str:
        """The group's name for the OCI runtime, "" when the runtime shall not care."""

    def launcher(self) -> str:
        """The shell lines that move a process into the group named $1, "" when none is needed."""


def choose_cgroups(layout: CgroupLayout, root: str, *, own: bool) -> Cgroups:
    """The way that fits this machine and runtime."""
    if layout.mode is CgroupMode.V2 and layout.unified is not None:
        return CgroupsV2(layout.unified, root)
    return CgroupsV1(layout.controllers, root, own=own)


class CgroupsV1:
    """A directory per controller and container."""

    def __init__(self, controllers: Mapping[str, Path], root: str, *, own: bool) -> None:
        """`own`: written here; otherwise the OCI runtime makes the groups and this only reads and ends them."""
        self._root = root
        self._own = own
        self._bases: dict[str, Path] = {}
        for name in V1_CONTROLLERS:
            if name in controllers:
                self._bases[name] = controllers[name] / root
        # cpu and cpuacct may be one mount: then one directory serves both.
        if self._bases.get("cpu") == self._bases.get("cpuacct"):
            self._bases.pop("cpuacct", None)

    def prepare(self) -> None:
        """Make the cluster's directories."""
        for base in self._bases.values():
            base.mkdir(exist_ok=True)

    def create(self, container_id: str, resources: Resources, *, privileged: bool) -> None:
        """Make the directories and write the limits."""
        if not self._own:
            return
        for base in self._bases.values():
            (base / container_id).mkdir(exist_ok=True)
        for controller, file, value in v1_settings(resources, privileged=privileged):
            if controller in self._bases:
                _write(self._bases[controller] / container_id / file, value)

    def _pids(self, container_id: str) -> list[int]:
        base = self._bases.get("pids") or self._bases.get("memory")
        if base is None:
            return []
        return _read_pids(base / container_id / "cgroup.procs")

    def kill(self, container_id: str) -> None:
        """Forbid new processes, then end those there are."""
        if "pids" in self._bases:
            with contextlib.suppress(OSError):
                _write(self._bases["pids"] / container_id / "pids.max", "0")
        _kill_all(self._pids(container_id))

    def oom_kills(self, container_id: str) -> int:
        """From memory.oom_control."""
        return _counter(self._bases.get("memory"), container_id, "memory.oom_control", "oom_kill")

    def usage(self, container_id: str) -> ContainerUsage:
        """From cpuacct and memory."""
        cpu, memory = self._bases.get("cpuacct") or self._bases.get("cpu"), self._bases.get("memory")
        return read_version_1(cpu and cpu / container_id, memory and memory / container_id)

    def remove(self, container_id: str) -> list[int]:
        """Remove all directories of the container."""
        busy = [base for base in self._bases.values() if not _remove_tree(base / container_id)]
        return self._pids(container_id) if busy else []

    def clear(self) -> None:
        """Remove the cluster's directories, if empty."""
        bases = set(self._bases.values())
        if not self._own:
            # The OCI runtime has made one in every tree there is.
            bases |= {path for base in self._bases.values() for path in base.parent.parent.glob(f"*/{self._root}")}
        for base in bases:
            with contextlib.suppress(OSError):
                base.rmdir()

    def mounts(self, container_id: str) -> list[BindMount]:
        """The container's own directories, read-only, at the usual names."""
        if not self._own:
            return []
        return [
            BindMount(str(base / container_id), f"/sys/fs/cgroup/{name}", read_only=True)
            for name, base in self._bases.items()
        ]

    def path(self, container_id: str) -> str:
        """Below the cluster's name, for runc."""
        return "" if self._own else f"/{self._root}/{container_id}"

    def launcher(self) -> str:
        """One line per controller."""
        if not self._own:
            return ""
        return "".join(f"echo 0 > '{base}'/\"$1\"/tasks || exit 125\n" for base in self._bases.values())


def v1_settings(resources: Resources, *, privileged: bool) -> list[tuple[str, str, str]]:
    """What to write: (controller, file, value) in order. Pure."""
    found: list[tuple[str, str, str]] = []
    if resources.cpu_shares is not None:
        found.append(("cpu", "cpu.shares", str(max(CPU_SHARES_MIN, resources.cpu_shares))))
    if resources.cpu_quota_us is not None:
        found.append(("cpu", "cpu.cfs_period_us", str(resources.cpu_period_us)))
        found.append(("cpu", "cpu.cfs_quota_us", str(resources.cpu_quota_us)))
    if resources.memory_limit_bytes is not None:
        found.append(("memory", "memory.limit_in_bytes", str(resources.memory_limit_bytes)))
        # Memory and swap together: without it the limit could be escaped by swapping. Only there with swap.
        found.append(("memory", "memory.memsw.limit_in_bytes", str(resources.memory_limit_bytes)))
    if resources.pids_limit is not None:
        found.append(("pids", "pids.max", str(resources.pids_limit)))
    if not privileged:
        found.append(("devices", "devices.deny", "a"))
        found.extend(("devices", "devices.allow", rule) for rule in DEVICES_ALLOWED)
    return found


class CgroupsV2:
    """One directory per container; the OCI runtime makes it and sets the limits."""

    def __init__(self, base: Path, root: str) -> None:
        """`base` is where cgroup2 is mounted."""
        self._base = base / root
        self._root = root

    def prepare(self) -> None:
        """Make the cluster's directory and hand it the controllers."""
        self._base.mkdir(exist_ok=True)
        for directory in (self._base.parent, self._base):
            for controller in ("cpu", "memory", "pids"):
                with contextlib.suppress(OSError):
                    _write(directory / "cgroup.subtree_control", f"+{controller}")

    def create(self, container_id: str, resources: Resources, *, privileged: bool) -> None:
        """Nothing: the OCI runtime does it."""

    def kill(self, container_id: str) -> None:
        """One write ends all of it; on kernels before 5.14 each process in turn."""
        directory = self._base / container_id
        pids = _read_pids(directory / "cgroup.procs")
        if os.getpid() not in pids:
            with contextlib.suppress(OSError):
                _write(directory / "cgroup.kill", "1")
                return
        _kill_all(pids)

    def oom_kills(self, container_id: str) -> int:
        """From memory.events."""
        return _counter(self._base, container_id, "memory.events", "oom_kill")

    def usage(self, container_id: str) -> ContainerUsage:
        """From cpu.stat and memory.current."""
        return read_version_2(self._base / container_id)

    def remove(self, container_id: str) -> list[int]:
        """Remove the directory."""
        directory = self._base / container_id
        return [] if _remove_tree(directory) else _read_pids(directory / "cgroup.procs")

    def clear(self) -> None:
        """Remove the cluster's directory, if empty."""
        with contextlib.suppress(OSError):
            self._base.rmdir()

    def mounts(self, container_id: str) -> list[BindMount]:
        """None: the container gets a control group namespace instead."""
        return []

    def path(self, container_id: str) -> str:
        """Below the cluster's name."""
        return f"/{self._root}/{container_id}"

    def launcher(self) -> str:
        """None."""
        return ""


def _write(path: Path, value: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        # A kernel without this knob (swap accounting, for one) has nothing to limit there.
        if path.name.startswith("memory.memsw") or path.name.startswith("cpu."):
            return
        raise
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


def _read_pids(path: Path) -> list[int]:
    try:
        return [pid for line in path.read_text(encoding="ascii").split() if (pid := int(line)) > 0]
    except OSError:
        return []


def _kill_all(pids: Sequence[int]) -> None:
    """Kill them, but never this process, whatever the kernel says is in a group."""
    own = os.getpid()
    for pid in pids:
        if pid != own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _counter(base: Path | None, container_id: str, file: str, name: str) -> int:
    if base is None:
        return 0
    try:
        lines = (base / container_id / file).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    values = [int(words[1]) for line in lines if (words := line.split())[:1] == [name]]
    return sum(values)


def _remove_tree(directory: Path) -> bool:
    """Remove a group and those that the container has made in it; False while processes are in it."""
    try:
        directory.rmdir()
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno not in (errno.EBUSY, errno.ENOTEMPTY):
            raise
        children: Sequence[Path] = [child for child in directory.iterdir() if child.is_dir()]
        removed = [_remove_tree(child) for child in children]
        if not children or not all(removed):
            return False
        try:
            directory.rmdir()
        except OSError:
            return False
    return True
