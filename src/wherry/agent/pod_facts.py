"""What is known about one pod on this node, and the few words in which the parts of its state machine speak.

pod_state.py (start and events), pod_ending.py and pod_adoption.py share this and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wherry.agent import pod_events as e
from wherry.agent.container_record import ContainerRecord, Role, Stage, records_of
from wherry.api.core.pod import Pod

DEFAULT_GRACE_S = 30
VOLUME_RETRY_FIRST_S = 0.5


@dataclass(slots=True)
class Ending:
    """Why the pod ends and how long it may take (monotonic seconds).

    `cause`: deleted (its object waits for us), gone (its object is gone already), finished (all its
    programs have ended) or failed (it was ended by the node, for `reason`).
    """

    cause: str
    deadline_s: float
    reason: str = ""
    message: str = ""
    announced: bool = False
    told_final: bool = False
    released: bool = False
    asked_to_forget: bool = False
    cleaning: bool = False
    done: bool = False

    @property
    def forgets(self) -> bool:
        """Whether logs and ended containers go, too."""
        return self.cause in ("deleted", "gone")

    def left_s(self, now: e.Now) -> float:
        """Seconds of grace left."""
        return max(0.0, self.deadline_s - now.monotonic_s)


class PodFacts:
    """One pod: its spec, its records, and the instructions that the present event has led to so far."""

    def __init__(self, pod: Pod) -> None:
        """Nothing of the pod exists yet, as far as is known."""
        self.pod = pod
        self.records = records_of(pod.spec.init_containers, pod.spec.containers)
        self.add_ephemeral()
        self.sandbox_id = ""
        self.pod_ip = ""
        self.sandbox = Stage.WAITING
        self.volumes = Stage.WAITING
        self.volume_retry_s = VOLUME_RETRY_FIRST_S
        self.start_time_s = 0.0
        self.ending: Ending | None = None
        self.out: list[e.Instruction] = []
        self.now = e.Now(0.0, 0.0)
        self.has_reported = False
        # How often an object that the pod refers to has changed, and how often when the volumes were begun.
        self.changes = 0
        self.volumes_changes = 0

    def add_ephemeral(self) -> None:
        """Know the containers that were added since; none is ever taken away."""
        for spec in self.pod.spec.ephemeral_containers:
            if spec.name not in self.records:
                self.records[spec.name] = ContainerRecord(spec.name, Role.EPHEMERAL, spec)

    @property
    def policy(self) -> str:
        """The pod's restartPolicy."""
        return self.pod.spec.restart_policy or "Always"

    @property
    def grace_s(self) -> int:
        """How long its containers may take to stop."""
        grace = self.pod.spec.termination_grace_period_seconds
        return DEFAULT_GRACE_S if grace is None else grace

    def with_role(self, *roles: Role) -> Iterator[ContainerRecord]:
        """The containers of these roles in their order."""
        return (record for record in self.records.values() if record.role in roles)

    def running_id(self, container: str) -> str:
        """The id of a container that runs now; "" when there is none."""
        record = self.records.get(container)
        return record.container_id if record is not None and record.is_running else ""

    @property
    def is_initialized(self) -> bool:
        """Whether every init container has done its work and every sidecar has started."""
        return all(
            record.has_started if record.role is Role.SIDECAR else record.has_succeeded
            for record in self.with_role(Role.INIT, Role.SIDECAR)
        )

    def emit(self, reason: str, message: str, container: str = "", *, warning: bool = False, why: str = "") -> None:
        """Ask for a Kubernetes Event; `why` is what made the node do it."""
        self.out.append(e.Emit(reason, message, container, warning, why))

    def report(self) -> None:
        """Ask for a status report, once per event."""
        self.has_reported = True
        if e.ReportStatus() not in self.out:
            self.out.append(e.ReportStatus())

    def start_probes(self, record: ContainerRecord) -> None:
        """Startup first; the others only once it has passed."""
        spec = record.spec
        kinds: tuple[e.ProbeKind, ...] = ("startup",)
        if record.passed_startup:
            pairs = (("liveness", spec.liveness_probe), ("readiness", spec.readiness_probe))
            kinds = tuple(kind for kind, probe in pairs if probe is not None)  # type: ignore[misc]  # both are ProbeKind
        if kinds and record.role is not Role.INIT:
            self.out.append(e.StartProbes(record.name, record.container_id, kinds))

    def stop(self, record: ContainerRecord, grace_s: float) -> None:
        """End one running container: its preStop hook first, inside the grace."""
        lifecycle = record.spec.lifecycle
        if lifecycle is not None and lifecycle.pre_stop is not None and grace_s > 0 and not record.stop_sent:
            self.out.append(e.RunHook(record.name, record.container_id, "preStop", grace_s))
            self.out.append(e.SetTimer(f"hook/{record.name}", grace_s))
        else:
            self.out.append(e.StopContainer(record.name, record.container_id, grace_s))
        record.stop_sent = True
