"""A pod's life on a node as a pure state machine: events in, instructions out, no waiting inside.

    play(pod) >> PodUpdated(pod)              << MakeSandbox() << MountVolumes()
              >> SandboxReady("s", "10.0.0.2") >> VolumesReady() << PullImage("c")
              >> ImageReady("c", "...")        << Emit("Pulled", ...) << StartContainer("c", 0)

Each event changes the records (one method per arrow), then `_advance` looks at the whole and decides what
is to be done next; so an event that is lost, doubled or late (a container that ended while the agent was
away) leads to the same place. How a pod ends is in pod_ending.py.

Two guarantees: there is never more than one instruction under way for one container, and nothing is
started once the pod is ending.
"""

from __future__ import annotations

from collections import deque

from wherry.agent import pod_events as e
from wherry.agent.backoff import Backoff
from wherry.agent.container_record import ContainerRecord, Role, Stage, Termination
from wherry.agent.pod_adoption import adopt
from wherry.agent.pod_ending import advance_ending
from wherry.agent.pod_facts import VOLUME_RETRY_FIRST_S, Ending, PodFacts
from wherry.agent.whys import why_started
from wherry.api.core.pod import Pod
from wherry.apimachinery.timestamps import parse_time

# A pod that runs within this time is first reported as Running: one write instead of two.
FIRST_REPORT_AFTER_S = 0.1
# The real kubelet reports ErrImagePull for one round of its loop before it says ImagePullBackOff.
PULL_ERROR_SHOWN_S = 1.0
WITHOUT_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull")
SANDBOX_RETRY_S = 2.0
VOLUME_RETRY_LONGEST_S = 122.0
STORY_EVENTS_MAX = 100


class PodState(PodFacts):
    """One pod's state. `handle` is the only way in."""

    def __init__(self, pod: Pod) -> None:
        """Nothing of the pod exists yet, as far as is known."""
        super().__init__(pod)
        self._story: deque[tuple[e.Event, tuple[e.Instruction, ...]]] = deque(maxlen=STORY_EVENTS_MAX)

    def handle(self, event: e.Event, now: e.Now) -> list[e.Instruction]:
        """Take in what happened and say what is to be done."""
        self.now = now
        self.out = []
        self._take(event)
        self._advance()
        self._story.append((event, tuple(self.out)))
        return self.out

    def story(self) -> list[str]:
        """How the pod came to be where it is: the last events and what they led to."""
        return [f"{event} -> {', '.join(map(str, out)) or 'nothing to do'}" for event, out in self._story]

    # Arrows: what each event changes ---------------------------------------------------------------

    def _take(self, event: e.Event) -> None:  # noqa: PLR0912 - one line per event
        match event:
            case e.PodUpdated(pod):
                self._pod_updated(pod)
            case e.PodGone():
                self._end("gone", 0.0)
            case e.RuntimeAdopted():
                self._begin()
                adopt(self, event)
            case e.SandboxReady(sandbox_id, pod_ip):
                self.sandbox, self.sandbox_id, self.pod_ip = Stage.RUNNING, sandbox_id, pod_ip
            case e.SandboxFailed(message):
                self._sandbox_failed(message)
            case e.VolumesReady():
                self.volumes, self.volume_retry_s = Stage.RUNNING, VOLUME_RETRY_FIRST_S
            case e.VolumesFailed(message, waits):
                self._volumes_failed(message, waits=waits)
            case e.ImageReady(container, note):
                self._image_ready(self.records[container], note)
            case e.ImageFailed():
                self._image_failed(self.records[event.container], event)
            case e.ContainerStarted():
                self._container_started(self.records[event.container], event)
            case e.StartFailed():
                self._start_failed(self.records[event.container], event)
            case e.ContainerExited():
                self._container_exited(event)
            case e.ProbeResult():
                self._probe_result(self.records[event.container], event)
            case e.HookDone():
                self._hook_done(self.records[event.container], event)
            case e.DependencyChanged():
                self._dependency_changed()
            case e.ImagesAppeared(containers):
                self._images_appeared(containers)
            case e.TimerFired(name):
                self._timer_fired(name)
            case e.SandboxRemoved():
                self.sandbox = Stage.EXITED
            case e.CleanedUp():
                self.volumes = Stage.EXITED

    def _pod_updated(self, pod: Pod) -> None:
        is_changed = pod.metadata.generation != self.pod.metadata.generation
        if self.has_reported and is_changed and not pod.metadata.is_being_deleted:
            # That the node has seen it is told, also where there is nothing to do.
            self.report()
        self.pod = pod
        self.add_ephemeral()
        for spec in (*pod.spec.init_containers, *pod.spec.containers):
            if (record := self.records.get(spec.name)) is not None:
                if record.spec.image != spec.image and record.stage is Stage.BLOCKED:
                    record.stage = Stage.WAITING
                record.spec = spec
        self._begin()
        if pod.metadata.is_being_deleted:
            grace_s = pod.metadata.deletion_grace_period_seconds
            self._end("deleted", float(self.grace_s if grace_s is None else grace_s))
        if pod.spec.active_deadline_seconds is not None and self.ending is None:
            left_s = self.start_time_s + pod.spec.active_deadline_seconds - self.now.wall_s
            self.out.append(e.SetTimer("deadline", max(0.0, left_s)))
        if self.has_reported and pod.spec.readiness_gates:
            self.report()

    def _begin(self) -> None:
        if not self.start_time_s:
            known = self.pod.status.start_time
            self.start_time_s = parse_time(known) if known else self.now.wall_s
            self.out.append(e.SetTimer("first-report", FIRST_REPORT_AFTER_S))

    def _end(self, cause: str, grace_s: float, *, reason: str = "", message: str = "") -> None:
        """Begin to end the pod, or hurry up when it is ending already."""
        deadline_s = self.now.monotonic_s + grace_s
        if self.ending is None:
            self.ending = Ending(cause, deadline_s, reason, message)
            return
        if cause in ("deleted", "gone"):
            self.ending.cause = cause
        if deadline_s < self.ending.deadline_s:
            self.ending.deadline_s = deadline_s
            for record in self.records.values():
                record.stop_sent = False

    def _sandbox_failed(self, message: str) -> None:
        self.sandbox = Stage.BLOCKED
        self.emit("FailedCreatePodSandBox", f"Failed to create pod sandbox: {message}", warning=True)
        self.out.append(e.SetTimer("sandbox", SANDBOX_RETRY_S))
        self.report()

    def _volumes_failed(self, message: str, *, waits: bool) -> None:
        self.volumes = Stage.WAITING if waits and self.changes != self.volumes_changes else Stage.BLOCKED
        self.emit("FailedMount", message, warning=True)
        if not waits:
            self.out.append(e.SetTimer("volumes", self.volume_retry_s))
            self.volume_retry_s = min(VOLUME_RETRY_LONGEST_S, self.volume_retry_s * 2)
        self.report()

    def _image_ready(self, record: ContainerRecord, note: str) -> None:
        if record.stage is not Stage.PULLING:
            return
        if note:
            self.emit("Pulled", note, record.name)
        record.pulls.duration_s = 0.0
        record.stage = Stage.BLOCKED if self.ending else Stage.STARTING
        if self.ending is None:
            record.image = record.spec.image
            record.changes_seen = self.changes
            if record.attempt:
                record.crashes.tried(self.now.monotonic_s)
            self.out.append(e.StartContainer(record.name, record.attempt))

    def _image_failed(self, record: ContainerRecord, event: e.ImageFailed) -> None:
        record.stage = Stage.BLOCKED
        record.waiting_reason, record.waiting_message = event.reason, event.message
        if event.reason == "ErrImagePull":
            text = f'Failed to pull image "{event.image}": {event.message}'
            self.emit("Failed", text, record.name, warning=True)
            self.out.append(e.SetTimer(f"pull-back-off/{record.name}", PULL_ERROR_SHOWN_S))
        else:
            reason = "InspectFailed" if event.reason == "InvalidImageName" else event.reason
            self.emit(reason, event.message, record.name, warning=True)
        self.emit("Failed", f"Error: {event.reason}", record.name, warning=True)
        record.pulls.tried(self.now.monotonic_s)
        wait_s = record.pulls.wait_s(self.now.monotonic_s, self.now.monotonic_s)
        self.out.append(e.SetTimer(f"retry/{record.name}", wait_s))
        self.report()

    def _container_started(self, record: ContainerRecord, event: e.ContainerStarted) -> None:
        record.container_id, record.image_id = event.container_id, event.image_id
        record.started_at_s = event.started_at_s
        record.waiting_reason = record.waiting_message = ""
        self.emit("Created", f"Created container: {record.name}", record.name)
        self.emit("Started", f"Started container {record.name}", record.name, why=why_started(record, self.pod))
        if record.previous_id:
            self.out.append(e.RemoveContainer(record.previous_id))
            record.previous_id = ""
        lifecycle = record.spec.lifecycle
        if lifecycle is not None and lifecycle.post_start is not None and self.ending is None:
            record.stage = Stage.POST_START
            self.out.append(e.RunHook(record.name, record.container_id, "postStart"))
        else:
            self._runs(record)

    def _runs(self, record: ContainerRecord) -> None:
        """Its program runs: probe it, or take it as healthy where there is no probe."""
        record.stage = Stage.RUNNING
        record.passed_startup = record.spec.startup_probe is None
        record.probed_ready = record.spec.readiness_probe is None
        if self.ending is None:
            self.start_probes(record)
        for other in self.with_role(Role.EPHEMERAL):
            if other.stage is Stage.BLOCKED and other.waiting_reason == "CreateContainerConfigError":
                # What it wants to look at may be this one.
                other.stage = Stage.WAITING
        self.report()

    def _start_failed(self, record: ContainerRecord, event: e.StartFailed) -> None:
        record.waiting_reason, record.waiting_message = event.reason, event.message
        self.emit("Failed", f"Error: {event.message}", record.name, warning=True)
        record.stage = Stage.BLOCKED
        if event.reason not in ("CreateContainerConfigError", "CreateContainerError"):
            now_s = self.now.wall_s
            self._ended(record, Termination(event.exit_code, "StartError", event.message, 0.0, now_s, ""))
        elif event.reason == "CreateContainerError":
            record.crashes.tried(self.now.monotonic_s)
            wait_s = record.crashes.wait_s(self.now.monotonic_s, self.now.monotonic_s)
            self.out.append(e.SetTimer(f"retry/{record.name}", wait_s))
        elif record.changes_seen != self.changes:
            record.stage = Stage.WAITING  # what was missing has come while the start was failing
        self.report()

    def _container_exited(self, event: e.ContainerExited) -> None:
        for record in self.records.values():
            if record.container_id == event.container_id and record.stage is not Stage.EXITED:
                self._ended(
                    record,
                    Termination(
                        event.exit_code,
                        event.reason,
                        event.message,
                        # The start of a short run is noticed only after its end.
                        min(record.started_at_s, event.finished_at_s),
                        event.finished_at_s,
                        record.container_id,
                    ),
                )
                self.out.append(e.StopProbes(record.name))
                self.report()

    def _ended(self, record: ContainerRecord, termination: Termination) -> None:
        record.stage, record.termination = Stage.EXITED, termination
        record.failed_at_s = self.now.monotonic_s
        record.passed_startup = record.probed_ready = record.stopping = False

    def _probe_result(self, record: ContainerRecord, event: e.ProbeResult) -> None:
        if record.container_id != event.container_id or record.stage is not Stage.RUNNING:
            return
        if not event.ok:
            self.emit("Unhealthy", f"{event.kind.capitalize()} probe {event.message}", record.name, warning=True)
        if not event.decided:
            return
        before = (record.passed_startup, record.probed_ready)
        if event.kind == "readiness":
            record.probed_ready = event.ok
        elif event.kind == "startup" and event.ok:
            record.passed_startup = True
            self.start_probes(record)
        elif not event.ok and not record.stopping and self.ending is None:
            note = f"Container {record.name} failed {event.kind} probe, will be restarted"
            self._stop_for_restart(record, note, f"its {event.kind} probe has failed too often: {event.message}")
        if before != (record.passed_startup, record.probed_ready):
            self.report()

    def _stop_for_restart(self, record: ContainerRecord, note: str, why: str) -> None:
        self.emit("Killing", note, record.name, why=why)
        probe = record.spec.liveness_probe or record.spec.startup_probe
        own_s = probe.termination_grace_period_seconds if probe is not None else None
        record.stopping = True
        self.out.append(e.StopProbes(record.name))
        self.stop(record, float(self.grace_s if own_s is None else own_s))

    def _hook_done(self, record: ContainerRecord, event: e.HookDone) -> None:
        if record.container_id != event.container_id:
            return
        if not event.ok:
            reason = "FailedPostStartHook" if event.hook == "postStart" else "FailedPreStopHook"
            self.emit(reason, event.message, record.name, warning=True)
        if event.hook == "preStop":
            self.out.append(e.CancelTimer(f"hook/{record.name}"))
            self._stop_after_hook(record)
        elif record.stage is Stage.POST_START:
            self._runs(record)
            if not event.ok and self.ending is None:
                self._stop_for_restart(record, "FailedPostStartHook", f"its first step failed: {event.message}")

    def _stop_after_hook(self, record: ContainerRecord) -> None:
        if record.stage is Stage.RUNNING:
            # The real kubelet, too, leaves two seconds when the hook has used up the grace.
            left_s = self.ending.left_s(self.now) if self.ending else float(self.grace_s)
            self.out.append(e.StopContainer(record.name, record.container_id, max(2.0, left_s)))

    def _images_appeared(self, containers: frozenset[str]) -> None:
        for name in containers:
            record = self.records[name]
            if record.stage is Stage.BLOCKED and record.waiting_reason in WITHOUT_IMAGE:
                # Whoever has brought the image looks at the pod now, not after the back-off.
                record.stage, record.pulls = Stage.WAITING, Backoff()

    def _dependency_changed(self) -> None:
        self.changes += 1
        if self.volumes is Stage.BLOCKED:
            self.volumes = Stage.WAITING
        for record in self.records.values():
            if record.stage is Stage.BLOCKED and record.waiting_reason == "CreateContainerConfigError":
                record.stage = Stage.WAITING

    def _timer_fired(self, name: str) -> None:
        kind, _, container = name.partition("/")
        record = self.records.get(container)
        if kind == "first-report" and not self.has_reported:
            self.report()
        elif kind == "deadline" and self.ending is None:
            text = "Pod was active on the node longer than the specified deadline"
            self.emit("DeadlineExceeded", text)
            self._end("failed", float(self.grace_s), reason="DeadlineExceeded", message=text)
        elif kind == "sandbox" and self.sandbox is Stage.BLOCKED:
            self.sandbox = Stage.WAITING
        elif kind == "volumes" and self.volumes is Stage.BLOCKED:
            self.volumes = Stage.WAITING
        elif record is not None and kind == "hook":
            self._stop_after_hook(record)
        elif record is not None and record.stage is Stage.BLOCKED:
            self._container_timer_fired(kind, record)

    def _container_timer_fired(self, kind: str, record: ContainerRecord) -> None:
        if kind == "retry":
            record.stage = Stage.WAITING
        elif kind == "pull-back-off" and record.waiting_reason == "ErrImagePull":
            image = record.spec.image
            record.waiting_message = f'Back-off pulling image "{image}": ErrImagePull: {record.waiting_message}'
            record.waiting_reason = "ImagePullBackOff"
            self.emit("BackOff", f'Back-off pulling image "{image}"', record.name)
            self.emit("Failed", "Error: ImagePullBackOff", record.name, warning=True)
            self.report()

    # What is to be done next -----------------------------------------------------------------------

    def _advance(self) -> None:
        if self.ending is None:
            self._advance_start()
        if self.ending is None:
            self._end_if_finished()
        if self.ending is not None:
            advance_ending(self, self.ending)

    def _advance_start(self) -> None:
        if not self.start_time_s:
            return
        if self.sandbox is Stage.WAITING:
            self.sandbox = Stage.STARTING
            self.out.append(e.MakeSandbox())
        if self.volumes is Stage.WAITING:
            self.volumes, self.volumes_changes = Stage.STARTING, self.changes
            self.out.append(e.MountVolumes())
        if self.sandbox is not Stage.RUNNING or self.volumes is not Stage.RUNNING:
            return
        for record in self.with_role(Role.EPHEMERAL):
            self._drive(record)
        apps_began = any(r.stage is not Stage.WAITING or r.attempt for r in self.with_role(Role.APP))
        for record in self.with_role(Role.INIT, Role.SIDECAR):
            self._drive(record)
            done = record.has_started if record.role is Role.SIDECAR else record.has_succeeded
            if not done and not apps_began:
                return
        for record in self.with_role(Role.APP):
            self._drive(record)

    def _drive(self, record: ContainerRecord) -> None:
        """Bring one container a step nearer to running."""
        if record.stage is Stage.EXITED and record.will_restart(self.policy):
            self._restart(record)
        if record.stage is Stage.WAITING:
            record.stage = Stage.PULLING
            self.out.append(e.PullImage(record.name))
        if record.is_running and record.image != record.spec.image and not record.stopping and record.image:
            why = f"somebody wants the image {record.spec.image} now, before it was {record.image}"
            self._stop_for_restart(record, f"Container {record.name} definition changed, will be restarted", why)

    def _restart(self, record: ContainerRecord) -> None:
        wait_s = record.crashes.wait_s(record.failed_at_s, self.now.monotonic_s)
        record.begin_attempt()
        if wait_s <= 0:
            return
        meta = self.pod.metadata
        pod = f"{meta.name}_{meta.namespace}({meta.uid})"
        record.stage = Stage.BLOCKED
        record.waiting_reason = "CrashLoopBackOff"
        back_off = duration_text(record.crashes.duration_s)
        record.waiting_message = f"back-off {back_off} restarting failed container={record.name} pod={pod}"
        note = f"Back-off restarting failed container {record.name} in pod {pod}"
        why = f"it has ended again and again: the node waits {wait_s:.0f} s before it starts it anew"
        self.emit("BackOff", note, record.name, warning=True, why=why)
        self.out.append(e.SetTimer(f"retry/{record.name}", wait_s))
        self.report()

    def _end_if_finished(self) -> None:
        failed_init = any(
            record.stage is Stage.EXITED and not record.has_succeeded and not record.will_restart(self.policy)
            for record in self.with_role(Role.INIT)
        )
        apps = list(self.with_role(Role.APP))
        done = all(record.stage is Stage.EXITED and not record.will_restart(self.policy) for record in apps)
        if failed_init or done:
            self._end("finished", float(self.grace_s))


def duration_text(seconds: float) -> str:
    """Go's way to write a duration: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
