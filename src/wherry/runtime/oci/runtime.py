"""OciRuntime: the RuntimeService over crun and conmon.

Holds the records in memory, changes them on the event loop only, and leaves blocking work to threads.
What happens in which order, and why nothing leaks: docs/flow/runtime.md.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from wherry.kit.clock import Clock
from wherry.kit.failpoints import failpoint
from wherry.kit.files import write_atomically
from wherry.kit.linux.cgroups_detect import CgroupMode, detect_cgroups
from wherry.kit.linux.pidfd import ProcessIdentity, identify, send_signal, wait_for_end
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_fresh_thread, run_in_thread
from wherry.runtime.interface import (
    AlreadyExists,
    ContainerConfig,
    ContainerExited,
    ContainerStatus,
    ContainerUsage,
    ExecResult,
    ExecSession,
    FailedPrecondition,
    ImageFinder,
    ImageStatus,
    NotFound,
    SandboxConfig,
    SandboxStatus,
    StartError,
    Unavailable,
)
from wherry.runtime.oci.attachment import Attachment
from wherry.runtime.oci.cgroups import choose_cgroups
from wherry.runtime.oci.container import Machine, Started, clear_runtime_state, remove_directory, start_blocking
from wherry.runtime.oci.execs import CrunExec, exec_sync
from wherry.runtime.oci.exits import ExitWatch
from wherry.runtime.oci.monitor import (
    find_init_process,
    find_monitor_process,
    read_exit_code,
    reopen_log,
    signal_number,
)
from wherry.runtime.oci.paths import Paths
from wherry.runtime.oci.program import find_monitor, find_oci_program
from wherry.runtime.oci.records import ContainerRecord, Records, SandboxRecord, boot_id
from wherry.runtime.oci.sandbox import (
    check_sysctls,
    create_namespaces,
    prepare_namespace_directory,
    release_namespace_directory,
    release_namespaces,
)
from wherry.runtime.oci.spec import ALL_CAPABILITIES

log = get_logger(__name__)

# More starts at a time than this only make each of them slower (2 cores; measured 2 to 50).
STARTS_AT_ONCE_MAX = 4
EXIT_SIGKILL = 137
EXIT_UNKNOWN = 255
REASON_UNKNOWN = "ContainerStatusUnknown"

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class OciRuntime:
    """Runs containers on this machine. See runtime.interface.RuntimeService for the contract."""

    def __init__(self, state_dir: Path, run_dir: Path, images: ImageFinder, clock: Clock, cgroup_root: str) -> None:
        """Nothing happens before `start`.

        Args:
            state_dir: records and writable layers; on a real disk, free of the characters : and ,
            run_dir: namespaces, sockets, exit codes; below /run. Both for this runtime alone.
            images: where images come from.
            clock: for grace periods and timestamps.
            cgroup_root: name of the control group of all containers, such as `wherry-3f2a`.
        """
        self._paths = Paths(state_dir.absolute(), run_dir.absolute())
        self._images = images
        self._clock = clock
        self._cgroup_root = cgroup_root
        self._records = Records(self._paths)
        self._sandboxes: dict[str, SandboxRecord] = {}
        self._containers: dict[str, ContainerRecord] = {}
        self._listeners: list[Callable[[ContainerExited], None]] = []
        self._ended: dict[str, asyncio.Future[int]] = {}
        self._starts = asyncio.Semaphore(STARTS_AT_ONCE_MAX)
        self._exits = ExitWatch(self._paths.exits, self._on_exit_file, self._on_monitor_end)
        self._boot_id = boot_id()
        self._machine: Machine | None = None

    # Start and stop.

    async def start(self) -> None:
        """Find what exists and watch it."""
        if os.geteuid() != 0:
            raise Unavailable("Running containers needs root; start Wherry with sudo.")
        self._machine = await run_in_thread(self._prepare)
        self._exits.start()
        self._sandboxes = self._records.load_sandboxes()
        self._containers = self._records.load_containers()
        for record in list(self._containers.values()):
            await self._recover_container(record)
        for sandbox in list(self._sandboxes.values()):
            if sandbox.boot_id != self._boot_id or not sandbox.ready:
                await self.remove_sandbox(sandbox.id)
        await self._remove_strays()

    def _prepare(self) -> Machine:
        self._paths.make()
        layout = detect_cgroups()
        if layout.mode is CgroupMode.NONE:
            raise Unavailable("This machine has no control groups mounted below /sys/fs/cgroup.")
        program = find_oci_program(self._paths.runtime_root, version_1_cgroups=layout.mode is not CgroupMode.V2)
        cgroups = choose_cgroups(layout, self._cgroup_root, own=program.own_cgroups)
        cgroups.prepare()
        prepare_namespace_directory(self._paths)
        if program.own_cgroups:
            script = f'#!/bin/sh\n{cgroups.launcher()}shift\nexec {program.path} "$@"\n'
            write_atomically(self._paths.launcher, script, mode=0o700, fsync=False)
        own_score = int(Path("/proc/self/oom_score_adj").read_text(encoding="ascii"))
        return Machine(
            paths=self._paths,
            program=program,
            monitor=find_monitor(),
            layout=layout,
            cgroups=cgroups,
            capabilities=_own_capabilities(),
            own_oom_score_adj=own_score,
            hostname=socket.gethostname(),
        )

    async def _recover_container(self, record: ContainerRecord) -> None:
        if record.phase == "starting":
            # Its start never returned, so nobody knows it.
            await self._destroy(record)
            del self._containers[record.id]
            return
        if record.phase != "running":
            return
        self._ended[record.id] = asyncio.get_running_loop().create_future()
        if record.boot_id != self._boot_id:
            self._finish(record, EXIT_UNKNOWN, self._clock.now_s(), REASON_UNKNOWN)
            return
        if not self._exits.watch_monitor(record.id, record.monitor):
            self._on_monitor_end(record.id)
        self._on_exit_file(record.id)

    async def _remove_strays(self) -> None:
        """Namespaces whose sandbox's record is gone: a kill came between the two."""
        for directory in self._paths.namespaces.iterdir():
            if directory.name not in self._sandboxes:
                await run_in_thread(release_namespaces, self._paths, directory.name)
        for file in self._paths.exits.iterdir():
            if file.name not in self._containers:
                file.unlink(missing_ok=True)

    def uses_image(self, image_id: str) -> bool:
        """Whether a container here was made from this image (for ImageStore.in_use)."""
        return any(record.image_id == image_id for record in self._containers.values())

    async def stop(self) -> None:
        """Stop watching."""
        self._exits.stop()
        if self._machine is not None and not self._sandboxes and not self._containers:
            machine, self._machine = self._machine, None
            await run_in_thread(release_namespace_directory, self._paths)
            await run_in_thread(machine.cgroups.clear)

    def version(self) -> str:
        """Such as `crun://1.8.1`."""
        program = self._ready().program
        return f"{program.name}://{program.version}"

    def _ready(self) -> Machine:
        if self._machine is None:
            raise Unavailable("The container runtime has not been started")
        return self._machine

    # Sandboxes.

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        """Make a sandbox."""
        self._ready()
        if not _SAFE_ID.fullmatch(config.id):
            raise FailedPrecondition(f"{config.id!r} is no sandbox id")
        existing = self._sandboxes.get(config.id)
        if existing is not None and existing.ready:
            return existing.status(self._paths)
        check_sysctls(config)
        record = SandboxRecord(
            id=config.id,
            hostname=config.hostname,
            labels=dict(config.labels),
            host_network=config.host_network,
            created_at_s=self._clock.now_s(),
            boot_id=self._boot_id,
        )
        self._records.save_sandbox(record)
        self._sandboxes[record.id] = record
        try:
            await run_in_fresh_thread(create_namespaces, self._paths, config)
            failpoint("sandbox-made")
        except OSError as error:
            await self.remove_sandbox(config.id)
            raise Unavailable(f"The sandbox's namespaces could not be made: {error}") from error
        except BaseException:
            await self.remove_sandbox(config.id)
            raise
        ready = msgspec.structs.replace(record, ready=True)
        self._records.save_sandbox(ready)
        self._sandboxes[record.id] = ready
        return ready.status(self._paths)

    async def stop_sandbox(self, sandbox_id: str) -> None:
        """Kill its containers and let go of its namespaces."""
        for record in self._in_sandbox(sandbox_id):
            await self.stop_container(record.id, 0)
        if sandbox_id in self._sandboxes:
            await run_in_thread(release_namespaces, self._paths, sandbox_id)

    async def remove_sandbox(self, sandbox_id: str) -> None:
        """Forget it."""
        await self.stop_sandbox(sandbox_id)
        for record in self._in_sandbox(sandbox_id):
            await self.remove_container(record.id)
        if self._sandboxes.pop(sandbox_id, None) is not None:
            await run_in_thread(remove_directory, self._paths.sandbox(sandbox_id))

    async def list_sandboxes(self) -> list[SandboxStatus]:
        """All there are."""
        return [record.status(self._paths) for record in self._sandboxes.values()]

    def _in_sandbox(self, sandbox_id: str) -> list[ContainerRecord]:
        return [record for record in self._containers.values() if record.sandbox_id == sandbox_id]

    # Containers.

    async def start_container(self, sandbox_id: str, config: ContainerConfig) -> ContainerStatus:
        """Create and start."""
        machine = self._ready()
        sandbox = self._sandboxes.get(sandbox_id)
        if sandbox is None:
            raise NotFound(f"There is no sandbox {sandbox_id}")
        image = self._images.find(config.image)
        if image is None:
            raise NotFound(f'No image "{config.image}" is on this machine')
        if any((r.name, r.attempt) == (config.name, config.attempt) for r in self._in_sandbox(sandbox_id)):
            raise AlreadyExists(f"Container {config.name} (attempt {config.attempt}) exists in sandbox {sandbox_id}")
        target = self._target(sandbox_id, config.processes_of)
        record = self._new_record(sandbox_id, config, image)
        self._containers[record.id] = record
        self._ended[record.id] = asyncio.get_running_loop().create_future()
        self._records.save_container(record)
        try:
            async with self._starts:
                started = await run_in_fresh_thread(start_blocking, machine, sandbox, record, config, image, target)
            failpoint("container-started")
        except BaseException as error:
            await self._destroy(record)
            self._forget(record.id)
            if isinstance(error, OSError):
                raise StartError(f"the container could not be started: {error}") from error
            raise
        return self._started(record, started)

    def _target(self, sandbox_id: str, container_id: str) -> ContainerRecord | None:
        """The container whose processes another one of its sandbox wants to share."""
        if not container_id:
            return None
        record = self._running(container_id)
        if record.sandbox_id != sandbox_id:
            raise FailedPrecondition(f"container {container_id} is in another sandbox")
        return record

    def _new_record(self, sandbox_id: str, config: ContainerConfig, image: ImageStatus) -> ContainerRecord:
        container_id = secrets.token_hex(32)
        log_path = config.log_path
        if log_path == Path():
            log_path = self._paths.container(container_id) / "log"
        return ContainerRecord(
            id=container_id,
            sandbox_id=sandbox_id,
            name=config.name,
            attempt=config.attempt,
            image=config.image,
            image_id=image.id,
            labels=dict(config.labels),
            log_path=str(log_path.absolute()),
            created_at_s=self._clock.now_s(),
            stop_signal=image.config.stop_signal,
            boot_id=self._boot_id,
            tty=config.tty,
            stdin=config.stdin,
        )

    def _started(self, record: ContainerRecord, started: Started) -> ContainerStatus:
        init, monitor = started.init, started.monitor
        record = msgspec.structs.replace(
            record,
            phase="running",
            pid=started.pid,
            start_ticks=init.start_ticks if init else 0,
            monitor_pid=monitor.pid if monitor else 0,
            monitor_start_ticks=monitor.start_ticks if monitor else 0,
            started_at_s=self._clock.now_s(),
        )
        self._containers[record.id] = record
        self._records.save_container(record)
        if monitor is None or not self._exits.watch_monitor(record.id, monitor):
            self._on_monitor_end(record.id)
        # The exit file may have come before the record was ready for it.
        self._on_exit_file(record.id)
        return self._containers[record.id].status()

    def _get(self, container_id: str) -> ContainerRecord:
        record = self._containers.get(container_id)
        if record is None:
            raise NotFound(f"There is no container {container_id}")
        return record

    async def stop_container(self, container_id: str, grace_period_s: float) -> None:
        """Ask it to end, then end it."""
        record = self._containers.get(container_id)
        if record is None or record.phase != "running":
            return
        ended = self._ended[container_id]
        if grace_period_s > 0:
            send_signal(record.init, signal_number(record.stop_signal))
            await self._wait_or_sleep(ended, grace_period_s)
        if not ended.done():
            self._kill(record)
            await asyncio.shield(ended)

    async def _wait_or_sleep(self, ended: asyncio.Future[int], delay_s: float) -> None:
        async with TaskScope("stop-container") as scope:
            timer = scope.start("grace", self._clock.sleep(delay_s))
            await asyncio.wait((ended, timer), return_when=asyncio.FIRST_COMPLETED)

    def _kill(self, record: ContainerRecord) -> None:
        machine = self._ready()
        if record.pid:
            send_signal(record.init, signal.SIGKILL)
        machine.cgroups.kill(record.id)

    async def remove_container(self, container_id: str) -> None:
        """Forget it."""
        await self.stop_container(container_id, 0)
        record = self._containers.get(container_id)
        if record is not None:
            await self._destroy(record)
            self._forget(container_id)

    def _forget(self, container_id: str) -> None:
        self._containers.pop(container_id, None)
        future = self._ended.pop(container_id, None)
        if future is not None:
            future.cancel()

    async def _destroy(self, record: ContainerRecord) -> None:
        """Leave nothing of a container: processes, control groups, files."""
        machine = self._ready()
        self._exits.forget(record.id)
        monitor = find_monitor_process(self._paths, record.id)
        init = find_init_process(self._paths, record.id) if record.phase == "starting" else None
        for left in (init, monitor if record.phase == "starting" else None):
            if left is not None:
                send_signal(left, signal.SIGKILL)
        machine.cgroups.kill(record.id)
        if monitor is not None:
            # It lets go of the container's file system; it ends right after its exit file.
            await wait_for_end(monitor)
        await run_in_thread(clear_runtime_state, machine, record.id)
        while left_pids := await run_in_thread(machine.cgroups.remove, record.id):
            machine.cgroups.kill(record.id)
            await _wait_for_pids(left_pids)
        await run_in_thread(remove_directory, self._paths.container(record.id))
        self._paths.exit(record.id).unlink(missing_ok=True)

    async def container_status(self, container_id: str) -> ContainerStatus:
        """Its state now."""
        return self._get(container_id).status()

    async def container_usage(self, container_id: str) -> ContainerUsage:
        """As the kernel counts it."""
        record = self._get(container_id)
        return self._ready().cgroups.usage(record.id)

    async def list_containers(self) -> list[ContainerStatus]:
        """All there are."""
        return [record.status() for record in self._containers.values() if record.phase != "starting"]

    # The ends of containers.

    def subscribe(self, listener: Callable[[ContainerExited], None]) -> Callable[[], None]:
        """Call `listener` for every end."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _on_exit_file(self, container_id: str) -> None:
        record = self._containers.get(container_id)
        found = read_exit_code(self._paths, container_id)
        if record is None or record.phase != "running" or found is None:
            return
        code, finished_at_s = found
        reason = "Completed" if code == 0 else "Error"
        if code == EXIT_SIGKILL and self._ready().cgroups.oom_kills(container_id) > 0:
            reason = "OOMKilled"
        self._finish(record, code, finished_at_s, reason)

    def _on_monitor_end(self, container_id: str) -> None:
        record = self._containers.get(container_id)
        if record is None or record.phase != "running":
            return
        if read_exit_code(self._paths, container_id) is not None:
            self._on_exit_file(container_id)
            return
        log.error("Container lost its monitor", container=container_id, sandbox=record.sandbox_id)
        self._kill(record)
        self._finish(record, EXIT_UNKNOWN, self._clock.now_s(), REASON_UNKNOWN)

    def _finish(self, record: ContainerRecord, code: int, finished_at_s: float, reason: str) -> None:
        # What the program left running outside its process namespace (hostPID) ends with it.
        self._ready().cgroups.kill(record.id)
        record = msgspec.structs.replace(
            record, phase="exited", exit_code=code, finished_at_s=finished_at_s, reason=reason
        )
        self._containers[record.id] = record
        self._records.save_container(record)
        future = self._ended.get(record.id)
        if future is not None and not future.done():
            future.set_result(code)
        event = ContainerExited(record.id, record.sandbox_id, code, finished_at_s, reason)
        for listener in list(self._listeners):
            listener(event)

    # Inside a container.

    def _running(self, container_id: str) -> ContainerRecord:
        record = self._get(container_id)
        if record.phase != "running":
            raise FailedPrecondition(f"container {container_id} is not running")
        return record

    async def exec(
        self, container_id: str, command: Sequence[str], *, tty: bool = False, stdin: bool = False
    ) -> ExecSession:
        """Start a command inside."""
        self._running(container_id)
        session = CrunExec(self._ready(), container_id, command, tty=tty, stdin=stdin)
        await session.start()
        return session

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float) -> ExecResult:
        """Run a command inside to its end."""
        self._running(container_id)
        return await exec_sync(self._ready(), container_id, command, timeout_s)

    async def attach(self, container_id: str) -> ExecSession:
        """Connect to the program's own input and output."""
        self._running(container_id)
        attachment = Attachment(self._paths, container_id, self._ended[container_id])
        await attachment.connect()
        return attachment

    async def reopen_log(self, container_id: str) -> None:
        """Write to a new log file."""
        self._running(container_id)
        reopen_log(self._paths, container_id)


async def _wait_for_pids(pids: Sequence[int]) -> None:
    for pid in pids:
        identity: ProcessIdentity | None = identify(pid)
        if identity is not None:
            await wait_for_end(identity)


def _own_capabilities() -> tuple[str, ...]:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    words = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    mask = int(words["CapEff"], 16) & int(words["CapBnd"], 16)
    return tuple(name for bit, name in enumerate(ALL_CAPABILITIES) if mask >> bit & 1)
