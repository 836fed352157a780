"""What the agent knows about one container of a pod. Pure data, changed only by pod_state.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from wherry.agent.backoff import Backoff
from wherry.api.core.container import Container


class Role(Enum):
    """What a container is for in its pod."""

    INIT = "init"
    SIDECAR = "sidecar"
    APP = "app"
    EPHEMERAL = "ephemeral"  # added to a running pod, to look at it from inside; it ends once


class Stage(Enum):
    """Where a container is on its way."""

    WAITING = "waiting"
    BLOCKED = "blocked"  # waits for a timer or for an object that is missing
    PULLING = "pulling"
    STARTING = "starting"
    POST_START = "post-start"
    RUNNING = "running"
    EXITED = "exited"


ALIVE = frozenset({Stage.STARTING, Stage.POST_START, Stage.RUNNING})
"""Stages in which a process exists or may be about to."""


@dataclass(frozen=True, slots=True)
class Termination:
    """How one run of a container ended. Times are wall-clock seconds."""

    exit_code: int
    reason: str
    message: str
    started_at_s: float
    finished_at_s: float
    container_id: str


@dataclass(slots=True)
class ContainerRecord:
    """One container: its present run, how the run before ended, and its health.

    `attempt` numbers the present or coming run, from 0. `failed_at_s` is monotonic.
    """

    name: str
    role: Role
    spec: Container
    stage: Stage = Stage.WAITING
    attempt: int = 0
    container_id: str = ""
    image: str = ""
    image_id: str = ""
    started_at_s: float = 0.0
    failed_at_s: float = 0.0
    termination: Termination | None = None
    last: Termination | None = None
    waiting_reason: str = ""
    waiting_message: str = ""
    passed_startup: bool = False
    probed_ready: bool = False
    stopping: bool = False
    stop_sent: bool = False
    previous_id: str = ""
    changes_seen: int = 0
    crashes: Backoff = field(default_factory=Backoff)
    pulls: Backoff = field(default_factory=Backoff)

    @property
    def restart_count(self) -> int:
        """How often it was started again; a start that is still to come does not count yet."""
        is_coming = self.stage in (Stage.WAITING, Stage.BLOCKED, Stage.PULLING, Stage.STARTING)
        return max(0, self.attempt - 1) if is_coming and not self.container_id else self.attempt

    @property
    def is_running(self) -> bool:
        """Whether its program runs (and its postStart hook is done)."""
        return self.stage is Stage.RUNNING

    @property
    def is_ready(self) -> bool:
        """Whether it may get requests; for an init container: whether it has done its work."""
        if self.role is Role.INIT:
            return self.has_succeeded
        if self.role is Role.EPHEMERAL:
            return False
        return self.is_running and self.passed_startup and self.probed_ready

    @property
    def has_started(self) -> bool:
        """Whether it runs and its startup probe, if any, has passed."""
        return self.is_running and self.passed_startup

    @property
    def has_succeeded(self) -> bool:
        """Whether its last run ended with exit code 0."""
        return self.stage is Stage.EXITED and self.termination is not None and self.termination.exit_code == 0

    def will_restart(self, policy: str) -> bool:
        """Whether its end is followed by another run. `policy` is the pod's restartPolicy."""
        if self.role is Role.SIDECAR:
            return True
        if policy == "Never" or self.role is Role.EPHEMERAL:
            return False
        if policy == "OnFailure" or self.role is Role.INIT:
            return not self.has_succeeded
        return True

    def begin_attempt(self) -> None:
        """Forget the run that ended, keeping how it ended, and get ready for the next."""
        self.last, self.termination = self.termination, None
        self.previous_id, self.container_id = self.container_id, ""
        self.attempt += 1
        self.reset_run()

    def reset_run(self) -> None:
        """As before its first run."""
        self.stage = Stage.WAITING
        self.waiting_reason = self.waiting_message = ""
        self.passed_startup = self.probed_ready = self.stopping = self.stop_sent = False


def records_of(init: tuple[Container, ...], apps: tuple[Container, ...]) -> dict[str, ContainerRecord]:
    """A record for each container, in the order in which they start."""
    records: dict[str, ContainerRecord] = {}
    for spec in init:
        role = Role.SIDECAR if spec.restart_policy == "Always" else Role.INIT
        records[spec.name] = ContainerRecord(spec.name, role, spec)
    for spec in apps:
        records[spec.name] = ContainerRecord(spec.name, Role.APP, spec)
    return records
