"""Starting and clearing away one container: the blocking steps, in order.

`start_blocking` runs on a fresh thread, which it moves into a private mount namespace (see `privacy`).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from wherry.kit.files import write_atomically
from wherry.kit.linux import mounts
from wherry.kit.linux.cgroups_detect import CgroupLayout, CgroupMode
from wherry.kit.linux.pidfd import ProcessIdentity, identify
from wherry.kit.process import run_blocking
from wherry.runtime.interface import (
    ContainerConfig,
    FailedPrecondition,
    ImageStatus,
    Mount,
    StartError,
)
from wherry.runtime.oci.cgroups import Cgroups
from wherry.runtime.oci.monitor import create_container, find_monitor_process, monitor_argv, start_error
from wherry.runtime.oci.paths import NAMESPACE_KINDS, Paths
from wherry.runtime.oci.privacy import enter_private_mounts, forget_namespaces
from wherry.runtime.oci.program import OciProgram
from wherry.runtime.oci.records import ContainerRecord, SandboxRecord
from wherry.runtime.oci.rootfs import check_own_mounts, ensure_directory, ensure_file, read_text
from wherry.runtime.oci.spec import BindMount, Device, SpecInput, allowed_oom_score_adj, build_spec
from wherry.runtime.oci.users import resolve_user

START_TIMEOUT_S = 60.0
_PROPAGATIONS = ("rprivate", "private", "rslave", "slave", "rshared", "shared")
# Below these the kernel serves files that lead out of the container (CVE-2024-21626).
_NO_WORKING_DIRECTORY = ("/proc/", "/sys/", "/dev/fd")


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine offers, found out once. `own_oom_score_adj` is this process's."""

    paths: Paths
    program: OciProgram
    monitor: str
    layout: CgroupLayout
    cgroups: Cgroups
    capabilities: Sequence[str]
    own_oom_score_adj: int
    hostname: str

    def argv_inside(self, container_id: str, command: str, *arguments: str) -> list[str]:
        """The OCI runtime's command line for a process that is to count towards a container's limits."""
        argv = self.program.argv(command, *arguments)
        return [str(self.paths.launcher), container_id, *argv[1:]] if self.program.own_cgroups else argv


@dataclass(frozen=True, slots=True)
class Started:
    """The processes of a container that has been started; None when it has ended already."""

    init: ProcessIdentity | None
    monitor: ProcessIdentity | None
    pid: int


def start_blocking(
    machine: Machine,
    sandbox: SandboxRecord,
    record: ContainerRecord,
    config: ContainerConfig,
    image: ImageStatus,
    target: ContainerRecord | None,
) -> Started:
    """Mount, create, start, among the processes of `target` or alone. Changes its thread's mount namespace.

    Raises:
        FailedPrecondition, StartError: the image or the configuration cannot run.
    """
    paths = machine.paths
    directory = paths.container(record.id)
    for name in ("upper", "work", "rootfs"):
        (directory / name).mkdir(mode=0o755)
    Path(record.log_path).parent.mkdir(parents=True, exist_ok=True)
    machine.cgroups.create(record.id, config.resources, privileged=config.security.privileged)
    enter_private_mounts(machine.layout)
    rootfs = paths.rootfs(record.id)
    _mount_overlay(image, directory, rootfs)
    argv = monitor_argv(
        record,
        paths,
        machine.program,
        machine.monitor,
        stdin_once=config.stdin_once,
        launcher=machine.program.own_cgroups,
    )
    with _processes_of(target) as processes:
        spec = build_spec(_gather(machine, sandbox, record, config, image, processes))
        write_atomically(paths.config(record.id), orjson.dumps(spec), fsync=False)
        pid = create_container(argv)
    init = identify(pid)
    monitor = find_monitor_process(paths, record.id)
    if not (machine.program.name == "crun" and open_gate(paths.runtime_root / record.id / "exec.fifo")):
        done = run_blocking(machine.program.argv("start", record.id), timeout_s=START_TIMEOUT_S)
        if done.exit_code:
            raise start_error(done.message())
    forget_namespaces(paths.namespaces)
    return Started(init, monitor, pid)


@contextmanager
def _processes_of(target: ContainerRecord | None) -> Iterator[str]:
    """The process namespace of a running container, as a path; "" for one of its own.

    Raises FailedPrecondition when it has ended.
    """
    if target is None:
        yield ""
        return
    try:
        descriptor = os.open(f"/proc/{target.pid}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise FailedPrecondition(f"container {target.id} is not running") from error
    try:
        # Checked after it is open: from here on the id cannot come to mean another process.
        if not target.init.is_alive():
            raise FailedPrecondition(f"container {target.id} is not running")
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)


def open_gate(gate: Path) -> bool:
    """Let a created container's program begin, just as `crun start` would, 5 ms sooner; False: ask crun.

    crun's init reads from the FIFO before it becomes the program. Nobody reads when it has ended already;
    then it is for crun to say so.
    """
    try:
        descriptor = os.open(gate, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        gate.unlink()
        return os.write(descriptor, b"\0") == 1
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _mount_overlay(image: ImageStatus, directory: Path, rootfs: Path) -> None:
    if not image.layers:
        raise FailedPrecondition(f"the image {image.id} has no layers")
    try:
        # The image lists its lowest layer first, the kernel wants the topmost first.
        mounts.mount_overlay(tuple(reversed(image.layers)), directory / "upper", directory / "work", rootfs)
    except ValueError as error:
        raise FailedPrecondition(str(error)) from error


def _gather(
    machine: Machine,
    sandbox: SandboxRecord,
    record: ContainerRecord,
    config: ContainerConfig,
    image: ImageStatus,
    processes: str,
) -> SpecInput:
    paths, rootfs = machine.paths, machine.paths.rootfs(record.id)
    check_own_mounts(rootfs)
    for volume in image.config.volumes:
        ensure_directory(rootfs, volume)
    user = resolve_user(
        config.security, image.config, read_text(rootfs, "/etc/passwd"), read_text(rootfs, "/etc/group")
    )
    binds = [_bind(rootfs, mount, config.mounts) for mount in config.mounts]
    if not any(bind.target == "/etc/hostname" for bind in binds):
        source = str(paths.sandbox(sandbox.id) / "hostname")
        binds.append(BindMount(source, ensure_file(rootfs, "/etc/hostname")))
    hostname = machine.hostname if sandbox.host_network else sandbox.hostname
    namespaces = {
        "ipc" if kind == "ipc" else "network" if kind == "net" else kind: str(paths.namespace(sandbox.id, kind))
        for kind in NAMESPACE_KINDS
        if kind == "ipc" or not sandbox.host_network
    }
    namespaces["mount"] = ""
    if processes or not config.host_pid:
        namespaces["pid"] = processes
    if machine.layout.mode is CgroupMode.V2:
        namespaces["cgroup"] = ""
    return SpecInput(
        config=config,
        image=image.config,
        user=user,
        hostname=hostname,
        root_path=str(rootfs),
        working_dir=_working_dir(rootfs, config.working_dir or image.config.working_dir or "/", config.mounts),
        namespaces=namespaces,
        mounts=binds,
        shm_path=str(paths.shm(sandbox.id)),
        available_capabilities=machine.capabilities,
        oom_score_adj=allowed_oom_score_adj(
            config.resources.oom_score_adj,
            machine.own_oom_score_adj,
            may_lower="CAP_SYS_RESOURCE" in machine.capabilities,
        ),
        cgroups_path=machine.cgroups.path(record.id),
        cgroup_mounts=machine.cgroups.mounts(record.id),
        devices=host_devices() if config.security.privileged else (),
    )


def _bind(rootfs: Path, mount: Mount, others: Sequence[Mount]) -> BindMount:
    target = os.path.normpath("/" + mount.container_path.lstrip("/"))
    if target == "/" or "\0" in target:
        raise FailedPrecondition(f"cannot mount at {mount.container_path!r}")
    if mount.propagation not in _PROPAGATIONS:
        raise FailedPrecondition(f"unknown mount propagation {mount.propagation}")
    try:
        kind = mount.host_path.stat().st_mode
    except OSError as error:
        raise StartError(
            f"failed to mount {mount.host_path} at {mount.container_path}: {(error.strerror or '').lower()}"
        ) from error
    # Inside another volume the target belongs to that volume, not to the image; crun makes it there, safely.
    if not _is_below_other(target, others):
        ensure = ensure_directory if stat.S_ISDIR(kind) else ensure_file
        target = ensure(rootfs, target)
    return BindMount(str(mount.host_path), target, mount.read_only, mount.propagation)


def _is_below_other(target: str, mounts_given: Sequence[Mount]) -> bool:
    above = (os.path.normpath("/" + mount.container_path.lstrip("/")) for mount in mounts_given)
    return target.startswith(("/dev/", "/proc/", "/sys/")) or any(target.startswith(path + "/") for path in above)


def _working_dir(rootfs: Path, wanted: str, given: Sequence[Mount]) -> str:
    path = os.path.normpath("/" + wanted.lstrip("/"))
    if (path + "/").startswith(_NO_WORKING_DIRECTORY):
        raise FailedPrecondition(f"the working directory {wanted} is not allowed")
    if _is_below_other(path + "/", given):
        return path
    resolved = ensure_directory(rootfs, path)
    if (resolved + "/").startswith(_NO_WORKING_DIRECTORY):
        raise FailedPrecondition(f"the working directory {wanted} is not allowed")
    return resolved


def host_devices(directory: Path = Path("/dev")) -> list[Device]:
    """The machine's device nodes, for a privileged container."""
    found = []
    for top, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if name not in ("pts", "shm", "mqueue", "fd")]
        for name in files:
            path = Path(top, name)
            status = path.lstat()
            kind = "c" if stat.S_ISCHR(status.st_mode) else "b" if stat.S_ISBLK(status.st_mode) else ""
            if kind and name not in ("console", "ptmx", "null", "zero", "full", "random", "urandom", "tty"):
                major, minor = os.major(status.st_rdev), os.minor(status.st_rdev)
                found.append(Device(str(path), kind, major, minor, stat.S_IMODE(status.st_mode)))
    return sorted(found, key=lambda device: device.path)


def clear_runtime_state(machine: Machine, container_id: str) -> None:
    """Make the OCI runtime forget an ended container. Safe to call twice."""
    if machine.program.own_cgroups:
        # crun's `delete` would do just this, 5 ms later.
        shutil.rmtree(machine.paths.runtime_root / container_id, ignore_errors=True)
        return
    if (machine.paths.runtime_root / container_id).exists():
        run_blocking(machine.program.argv("delete", "--force", container_id), timeout_s=START_TIMEOUT_S)


def remove_directory(directory: Path) -> None:
    """Remove a container's or sandbox's directory; its record first, so that a half removed one is never found."""
    (directory / "record.json").unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)
