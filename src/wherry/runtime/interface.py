"""Containers and images on one machine, in the words of CRI (the Container Runtime Interface).

Vocabulary: a *sandbox* is what the containers of one pod share (network, IPC and host name); a
*container* is one program in it, made from an *image*. Everything that exists is recorded on disk by
the runtime and outlives this process: a new RuntimeService over the same directories finds all
sandboxes and containers again, running ones still running, ended ones with their exit codes and logs.

Life cycle: run_sandbox > (network is attached to `netns_path` by somebody else) > start_container ... >
a ContainerExited event > remove_container > stop_sandbox > remove_sandbox. Every stop and remove is
idempotent, and none leaves a mount, a namespace, a cgroup or a process behind.

Errors: NotFound, AlreadyExists, FailedPrecondition, Unavailable, DeadlineExceeded, as in CRI. Their
message says what happened and what to do, for a person.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol


class RuntimeFailure(Exception):
    """A container runtime could not do what was asked; the message is for people."""


class NotFound(RuntimeFailure):
    """No such sandbox, container or image."""


class AlreadyExists(RuntimeFailure):
    """It is there already."""


class FailedPrecondition(RuntimeFailure):
    """The request makes no sense in the present state, or the image cannot run so (no such program ...)."""


class StartError(FailedPrecondition):
    """The program could not be started. `exit_code`: 127 not found, 126 not allowed, 128 anything else."""

    def __init__(self, message: str, exit_code: int = 128) -> None:
        """`message` is for people; `exit_code` for the container's terminated state."""
        super().__init__(message)
        self.exit_code = exit_code


class Unavailable(RuntimeFailure):
    """A program or a right that this needs is missing (crun, root ...)."""


class DeadlineExceeded(RuntimeFailure):
    """It took longer than allowed."""


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """What the containers of a pod are to share. `host_network`: use the machine's own network."""

    id: str
    hostname: str
    labels: Mapping[str, str] = field(default_factory=dict)
    host_network: bool = False
    sysctls: Mapping[str, str] = field(default_factory=dict)
    cgroup_parent: str = ""
    log_directory: Path = Path()


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """A sandbox that exists. `netns_path` is "" with host network."""

    id: str
    netns_path: str
    created_at_s: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or directory of the machine, seen inside a container."""

    host_path: Path
    container_path: str
    read_only: bool = False
    propagation: str = "rprivate"


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits. None means no limit; `cpu_shares` is the weight (1024 = one core)."""

    cpu_shares: int | None = None
    cpu_quota_us: int | None = None
    cpu_period_us: int = 100_000
    memory_limit_bytes: int | None = None
    pids_limit: int | None = None
    oom_score_adj: int | None = None


@dataclass(frozen=True, slots=True)
class Security:
    """What the program may do. `user` "" means the image's; capabilities are named CAP_...

    `seccomp` is "RuntimeDefault" or "Unconfined".
    """

    user: int | None = None
    group: int | None = None
    supplemental_groups: Sequence[int] = ()
    run_as_non_root: bool = False
    privileged: bool = False
    read_only_root: bool = False
    no_new_privileges: bool = False
    capabilities_add: Sequence[str] = ()
    capabilities_drop: Sequence[str] = ()
    seccomp: str = "RuntimeDefault"


@dataclass(frozen=True, slots=True)
class ContainerConfig:
    """One program to run in a sandbox.

    `command` and `args` override the image's entrypoint and command as in Kubernetes: `command` given
    means the image's both are ignored; only `args` given means the image's entrypoint with these args.
    `processes_of` is the id of a running container of the same sandbox whose processes this one shares.
    `env` is added to the image's. `log_path` gets the output in CRI log form (time stream tag text).
    """

    name: str
    attempt: int
    image: str
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = ""
    mounts: Sequence[Mount] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = Resources()
    security: Security = Security()
    log_path: Path = Path()
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    host_pid: bool = False
    processes_of: str = ""


class ContainerState(Enum):
    """Where a container is in its life."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class ContainerStatus:
    """A container that exists. Times are wall-clock seconds; `exit_code` is None until it has ended.

    `reason` after the end: Completed, Error, OOMKilled, or ContainerStatusUnknown (exit code 255: the machine
    was restarted, or the container's monitor was killed, so nobody saw how it ended).
    """

    id: str
    sandbox_id: str
    name: str
    attempt: int
    image: str
    image_id: str
    state: ContainerState
    pid: int
    created_at_s: float
    started_at_s: float
    finished_at_s: float
    exit_code: int | None
    reason: str
    labels: Mapping[str, str]
    log_path: Path


@dataclass(frozen=True, slots=True)
class ContainerUsage:
    """What a container has used: CPU time since its start, and memory now (without the files that could be dropped)."""

    cpu_ns: int
    memory_bytes: int
    working_set_bytes: int


@dataclass(frozen=True, slots=True)
class ContainerExited:
    """A container has ended."""

    container_id: str
    sandbox_id: str
    exit_code: int
    finished_at_s: float
    reason: str


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command run inside a container gave."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class ExecSession(Protocol):
    """A command running inside a container, or an attachment to the container's own program."""

    async def write_stdin(self, data: bytes) -> None:
        """Feed the program; b"" closes its input."""

    def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """Pairs ("stdout" | "stderr", bytes) as they come, until both are closed."""

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program its terminal's size."""

    async def wait(self) -> int:
        """Its exit code."""

    async def close(self) -> None:
        """End it (the client has gone). Safe to call twice."""


class RuntimeService(Protocol):
    """Runs sandboxes and containers."""

    async def start(self) -> None:
        """Find what exists on disk and begin to watch it; events before this call are not lost."""

    async def stop(self) -> None:
        """Stop watching. Containers go on."""

    def version(self) -> str:
        """Name and version, e.g. `crun://1.8.1`."""

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        """Make a sandbox; when it exists with this id, return it."""

    async def stop_sandbox(self, sandbox_id: str) -> None:
        """Kill its containers and let go of its namespaces."""

    async def remove_sandbox(self, sandbox_id: str) -> None:
        """Forget it, with its ended containers and their writable layers; logs stay."""

    async def list_sandboxes(self) -> list[SandboxStatus]:
        """All there are."""

    async def start_container(self, sandbox_id: str, config: ContainerConfig) -> ContainerStatus:
        """Create and start; returns when the program runs (it may have ended already)."""

    async def stop_container(self, container_id: str, grace_period_s: float) -> None:
        """SIGTERM (or the image's stop signal), then SIGKILL after the grace; returns when it is over."""

    async def remove_container(self, container_id: str) -> None:
        """Forget an ended container and its writable layer; a running one is killed first."""

    async def container_status(self, container_id: str) -> ContainerStatus:
        """One container's state now."""

    async def container_usage(self, container_id: str) -> ContainerUsage:
        """What it has used; nothing for one that has ended."""

    async def list_containers(self) -> list[ContainerStatus]:
        """All there are, ended ones too until removed."""

    def subscribe(self, listener: Callable[[ContainerExited], None]) -> Callable[[], None]:
        """Call `listener` on the loop for every end of a container; returns the unsubscribe function."""

    async def exec(
        self, container_id: str, command: Sequence[str], *, tty: bool = False, stdin: bool = False
    ) -> ExecSession:
        """Start a command inside a running container, as the container's user with its environment."""

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float) -> ExecResult:
        """Run a command inside a running container to its end. Raises DeadlineExceeded (and kills it)."""

    async def attach(self, container_id: str) -> ExecSession:
        """Connect to the running program's own input and output."""

    async def reopen_log(self, container_id: str) -> None:
        """After its log file was renamed: make the runtime write to a new file at log_path."""


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """What an image says about running it."""

    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = "/"
    user: str = ""
    stop_signal: str = "SIGTERM"
    exposed_ports: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    volumes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ImageStatus:
    """An image that is here. `id` is the config's digest, `digest` the manifest's (sha256:...).

    `repo_digests` are its names with digests at the registries that it came from: `nginx@sha256:...`.
    """

    id: str
    digest: str
    tags: Sequence[str]
    size_bytes: int
    created_at_s: float
    config: ImageConfig
    layers: Sequence[Path] = ()
    repo_digests: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's name and password, or a token that stands for them (`identity`) or for one right (`registry`)."""

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    def __repr__(self) -> str:
        """Without what is secret: it must not end up in a log."""
        return f"Credentials({self.username!r})"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Credentials by the registries, or parts of them, that they are for."""

    entries: tuple[tuple[str, Credentials], ...] = ()

    def __add__(self, other: Keyring) -> Keyring:
        """Both; ours come first."""
        return Keyring(self.entries + other.entries)


NO_KEYS = Keyring()


class ImageFinder(Protocol):
    """Knows the images on this machine."""

    def find(self, reference: str) -> ImageStatus | None:
        """The image that a name (`orders:1`, `docker.io/library/orders:1`, a digest or an id) means, or None."""


class ImageService(ImageFinder, Protocol):
    """Keeps images on this machine, and fetches what is not here."""

    def list(self) -> list[ImageStatus]:
        """All images here."""

    def follow(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call `on_change` whenever images come or go, whoever brings them; returns how to end that."""

    async def pull(self, reference: str, keyring: Keyring = NO_KEYS) -> ImageStatus:
        """Fetch from its registry, as one of those in `keyring`; one that was made here needs no registry.

        Raises:
            RuntimeFailure: it cannot be had; the message says why, and the way out.
        """

    async def remove(self, reference: str) -> None:
        """Remove a name, and the image with its last name. Raises NotFound, FailedPrecondition (in use)."""
