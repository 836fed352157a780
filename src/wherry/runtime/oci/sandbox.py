"""A sandbox: namespaces that exist without a process in them, kept alive by files.

A thread leaves the machine's network, IPC and host name, binds what it got to files below `Paths.namespaces`,
and ends. All functions block.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from wherry.kit.files import write_atomically
from wherry.kit.linux import mounts, namespaces
from wherry.runtime.interface import FailedPrecondition, SandboxConfig
from wherry.runtime.oci.paths import NAMESPACE_KINDS, Paths
from wherry.runtime.oci.spec import SHM_BYTES

_SYSCTL_PREFIXES_NET = ("net.",)
_SYSCTL_PREFIXES_IPC = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")


def prepare_namespace_directory(paths: Paths) -> None:
    """Mount the directory onto itself, shared: what is unmounted here is unmounted in every private view too."""
    if any(point.path == paths.namespaces for point in mounts.mount_points()):
        return
    mounts.bind(paths.namespaces, paths.namespaces)
    mounts.set_propagation(paths.namespaces, mounts.MS_PRIVATE)
    mounts.set_propagation(paths.namespaces, mounts.MS_SHARED)


def release_namespace_directory(paths: Paths) -> None:
    """Undo `prepare_namespace_directory`."""
    mounts.unmount(paths.namespaces, missing_ok=True)


def check_sysctls(config: SandboxConfig) -> None:
    """Refuse a kernel setting that would change the machine and not the sandbox."""
    for name in config.sysctls:
        isolated = name.startswith(_SYSCTL_PREFIXES_IPC) or (
            name.startswith(_SYSCTL_PREFIXES_NET) and not config.host_network
        )
        if not isolated or "/" in name or ".." in name:
            raise FailedPrecondition(f"the sysctl {name} is not one of the sandbox's own")


def create_namespaces(paths: Paths, config: SandboxConfig) -> None:
    """Make the sandbox's namespaces. Call on a fresh thread: it changes the thread for good."""
    directory = paths.namespace(config.id, "net").parent
    directory.mkdir(mode=0o700)
    kinds = namespaces.CLONE_NEWIPC
    if not config.host_network:
        kinds |= namespaces.CLONE_NEWNET | namespaces.CLONE_NEWUTS
    namespaces.leave(kinds)
    if not config.host_network:
        namespaces.set_hostname(config.hostname)
    for name, value in config.sysctls.items():
        Path("/proc/sys", *name.split(".")).write_text(value, encoding="ascii")
    for kind, name in namespaces.NAMES.items():
        if kinds & kind:
            namespaces.pin(kind, directory / name)
    shm = paths.shm(config.id)
    shm.mkdir()
    flags = mounts.MS_NOSUID | mounts.MS_NODEV | mounts.MS_NOEXEC
    mounts.mount("shm", shm, "tmpfs", flags, f"mode=1777,size={SHM_BYTES}")
    write_atomically(paths.sandbox(config.id) / "hostname", config.hostname + "\n", mode=0o644, fsync=False)


def release_namespaces(paths: Paths, sandbox_id: str) -> None:
    """Let go of the namespaces; they end with the last process in them. Safe to call twice."""
    directory = paths.namespace(sandbox_id, "net").parent
    if not directory.exists():
        return
    for kind in NAMESPACE_KINDS:
        namespaces.unpin(paths.namespace(sandbox_id, kind))
    mounts.unmount(paths.shm(sandbox_id), missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        paths.shm(sandbox_id).rmdir()
    shutil.rmtree(directory, ignore_errors=True)
