"""Where things are on disk.

`state_dir` survives a restart of the machine (records, writable layers); `run_dir` does not need to
(namespaces, exit files, sockets), so it is best below /run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

NAMESPACE_KINDS = ("net", "ipc", "uts")


@dataclass(frozen=True, slots=True)
class Paths:
    """The names of all files that the runtime makes."""

    state_dir: Path
    run_dir: Path

    @property
    def sandboxes(self) -> Path:
        """A directory for every sandbox."""
        return self.state_dir / "sandboxes"

    @property
    def containers(self) -> Path:
        """A directory for every container; it is the OCI bundle too."""
        return self.state_dir / "containers"

    @property
    def namespaces(self) -> Path:
        """A directory for every sandbox with the files that keep its namespaces; mounted onto itself, shared."""
        return self.run_dir / "ns"

    @property
    def exits(self) -> Path:
        """A file for every ended container with its exit code, written by the monitors."""
        return self.run_dir / "exits"

    @property
    def runtime_root(self) -> Path:
        """The OCI runtime's own state."""
        return self.run_dir / "oci"

    @property
    def execs(self) -> Path:
        """Short-lived files of commands run inside containers."""
        return self.run_dir / "exec"

    @property
    def launcher(self) -> Path:
        """The script that puts crun into a container's control groups."""
        return self.run_dir / "launch"

    def sandbox(self, sandbox_id: str) -> Path:
        """One sandbox's directory."""
        return self.sandboxes / sandbox_id

    def namespace(self, sandbox_id: str, kind: str) -> Path:
        """The file that keeps a namespace (`net`, `ipc`, `uts`) of a sandbox."""
        return self.namespaces / sandbox_id / kind

    def shm(self, sandbox_id: str) -> Path:
        """The shared memory directory of a sandbox."""
        return self.namespaces / sandbox_id / "shm"

    def container(self, container_id: str) -> Path:
        """One container's directory."""
        return self.containers / container_id

    def rootfs(self, container_id: str) -> Path:
        """Where the container's file system is mounted, in its monitor's mount namespace only."""
        return self.container(container_id) / "rootfs"

    def config(self, container_id: str) -> Path:
        """The container's OCI configuration."""
        return self.container(container_id) / "config.json"

    def monitor_pid(self, container_id: str) -> Path:
        """The monitor's process id."""
        return self.container(container_id) / "monitor.pid"

    def init_pid(self, container_id: str) -> Path:
        """The program's process id, as the machine sees it."""
        return self.container(container_id) / "init.pid"

    def exit(self, container_id: str) -> Path:
        """The exit code."""
        return self.exits / container_id

    def make(self) -> None:
        """Create the directories."""
        for directory in (self.state_dir, self.run_dir):
            directory.mkdir(parents=True, exist_ok=True, mode=0o711)
        for directory in (
            self.sandboxes,
            self.containers,
            self.namespaces,
            self.exits,
            self.runtime_root,
            self.execs,
        ):
            directory.mkdir(exist_ok=True, mode=0o700)
