"""What the runtime knows, as small JSON files: written before the act, so that a new process finds everything.

They are replaced atomically but not synced to disk: after a power cut no container runs any more, and a
record that was lost with it is only a directory to be removed.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Literal

import msgspec

from wherry.kit.files import write_atomically
from wherry.kit.linux.pidfd import ProcessIdentity
from wherry.runtime.interface import ContainerState, ContainerStatus, SandboxStatus
from wherry.runtime.oci.paths import Paths

Phase = Literal["starting", "running", "exited"]


class SandboxRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A sandbox. `boot_id` is the boot of the machine its namespaces belong to."""

    id: str
    hostname: str
    labels: dict[str, str]
    host_network: bool
    created_at_s: float
    boot_id: str
    ready: bool = False

    def status(self, paths: Paths) -> SandboxStatus:
        """As the interface shows it."""
        netns = "" if self.host_network else str(paths.namespace(self.id, "net"))
        return SandboxStatus(self.id, netns, self.created_at_s, self.labels)


class ContainerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A container. `phase` starting means that its start has not returned yet."""

    id: str
    sandbox_id: str
    name: str
    attempt: int
    image: str
    image_id: str
    labels: dict[str, str]
    log_path: str
    created_at_s: float
    stop_signal: str
    boot_id: str
    tty: bool = False
    stdin: bool = False
    phase: Phase = "starting"
    pid: int = 0
    start_ticks: int = 0
    monitor_pid: int = 0
    monitor_start_ticks: int = 0
    started_at_s: float = 0.0
    finished_at_s: float = 0.0
    exit_code: int | None = None
    reason: str = ""

    @property
    def init(self) -> ProcessIdentity:
        """Its first process."""
        return ProcessIdentity(self.pid, self.start_ticks)

    @property
    def monitor(self) -> ProcessIdentity:
        """The process that keeps its log and exit code."""
        return ProcessIdentity(self.monitor_pid, self.monitor_start_ticks)

    def status(self) -> ContainerStatus:
        """As the interface shows it."""
        states = {
            "starting": ContainerState.CREATED,
            "running": ContainerState.RUNNING,
            "exited": ContainerState.EXITED,
        }
        return ContainerStatus(
            id=self.id,
            sandbox_id=self.sandbox_id,
            name=self.name,
            attempt=self.attempt,
            image=self.image,
            image_id=self.image_id,
            state=states[self.phase],
            pid=self.pid if self.phase == "running" else 0,
            created_at_s=self.created_at_s,
            started_at_s=self.started_at_s,
            finished_at_s=self.finished_at_s,
            exit_code=self.exit_code,
            reason=self.reason,
            labels=self.labels,
            log_path=Path(self.log_path),
        )


def boot_id() -> str:
    """A text that changes whenever the machine is restarted."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def image_ids_in_use(state_dir: Path) -> frozenset[str]:
    """The images that containers here were made from; for other processes than the runtime's own: only looks."""
    found = set()
    for path in Paths(state_dir, Path()).containers.glob("*/record.json"):
        # Unreadable or gone again: the runtime is just removing that container.
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            found.add(msgspec.json.decode(path.read_bytes(), type=ContainerRecord).image_id)
    return frozenset(found)


class Records:
    """The records on disk."""

    def __init__(self, paths: Paths) -> None:
        """Below `paths.state_dir`."""
        self._paths = paths

    def save_sandbox(self, record: SandboxRecord) -> None:
        """Write one."""
        directory = self._paths.sandbox(record.id)
        if not record.ready:
            directory.mkdir(exist_ok=True, mode=0o711)
        write_atomically(directory / "record.json", msgspec.json.encode(record), fsync=False)

    def save_container(self, record: ContainerRecord) -> None:
        """Write one."""
        directory = self._paths.container(record.id)
        if record.phase == "starting":
            directory.mkdir(exist_ok=True, mode=0o700)
        write_atomically(directory / "record.json", msgspec.json.encode(record), fsync=False)

    def load_sandboxes(self) -> dict[str, SandboxRecord]:
        """All that are readable; what is not is removed."""
        found: dict[str, SandboxRecord] = {}
        for directory in self._paths.sandboxes.iterdir():
            try:
                record = msgspec.json.decode((directory / "record.json").read_bytes(), type=SandboxRecord)
            except (FileNotFoundError, msgspec.DecodeError):
                shutil.rmtree(directory, ignore_errors=True)
                continue
            found[record.id] = record
        return found

    def load_containers(self) -> dict[str, ContainerRecord]:
        """All that are readable; what is not is removed."""
        found: dict[str, ContainerRecord] = {}
        for directory in self._paths.containers.iterdir():
            try:
                record = msgspec.json.decode((directory / "record.json").read_bytes(), type=ContainerRecord)
            except (FileNotFoundError, msgspec.DecodeError):
                shutil.rmtree(directory, ignore_errors=True)
                continue
            found[record.id] = record
        return found
