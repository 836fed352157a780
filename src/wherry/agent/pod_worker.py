"""One pod's worker: feeds the state machine and performs what it asks for. The only one who acts for a pod.

Everything that happens to the pod comes through `feed`, on the loop and one event at a time: an event
that arrives while another is handled waits its turn. Instructions that take time run as tasks of the
worker's scope and end in another event. Leaving `run` by cancellation stops the worker and nothing
else: containers go on and are adopted by the next worker.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine

from wherry.agent import pod_events as e
from wherry.agent.container_record import ContainerRecord, Role, Stage
from wherry.agent.hooks import run_hook
from wherry.agent.node_services import NodeServices
from wherry.agent.pod_directory import PodDirectory
from wherry.agent.pod_state import WITHOUT_IMAGE, PodState
from wherry.agent.pod_status import compute_status
from wherry.agent.probes.interface import ProbeTarget, ports_of
from wherry.agent.probes.worker import ProbeWorker
from wherry.agent.pull_secrets import read_pull_secrets
from wherry.agent.start_steps import PodSteps
from wherry.agent.status_writer import StatusWriter
from wherry.agent.volumes.interface import VolumeFailure
from wherry.agent.volumes.pod_volumes import PodVolumes
from wherry.agent.volumes.tokens import TokenSource
from wherry.agent.whys import why_pulled
from wherry.api.core.container import Container
from wherry.api.core.pod import PODS, Pod, PodCondition
from wherry.apimachinery.errors import Conflict, NotFound, StatusError
from wherry.client.recorder import object_reference
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import ContainerExited, RuntimeFailure

# How soon something that has to succeed in the end (a removal, a DELETE) is tried again.
RETRY_S = 1.0

LISTS = {
    Role.INIT: "initContainers",
    Role.SIDECAR: "initContainers",
    Role.APP: "containers",
    Role.EPHEMERAL: "ephemeralContainers",
}
"""Where in a pod's spec its containers are."""

log = get_logger(__name__)


class PodWorker:
    """Runs one pod until nothing of it is left."""

    def __init__(self, services: NodeServices, pod: Pod, adopted: e.RuntimeAdopted) -> None:
        """`adopted` is what the runtime had of the pod when the agent started."""
        self._services = services
        self._adopted = adopted
        self.state = PodState(pod)
        self._objects = services.objects.user(self._dependency_changed)
        self._pull_secrets = services.objects.user(self._pull_secret_changed)
        directory = PodDirectory(services.settings.pods_dir / pod.metadata.uid, services.logs)
        volumes = PodVolumes(
            directory.root,
            self._objects,
            TokenSource(services.client, services.clock),
            services.mounts,
            services.node,
            services.clock,
        )
        self._steps = PodSteps(services, pod, directory, volumes, self._objects)
        self._status = StatusWriter(services.client, services.clock)
        self._conditions: dict[str, PodCondition] = {one.type: one for one in pod.status.conditions}
        self._events: deque[e.Event] = deque()
        self._is_handling = False
        self._scope: TaskScope | None = None
        self._over = asyncio.Event()
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._probes: dict[str, list[asyncio.Task[None]]] = {}
        self._refreshing = False
        self._reporting: asyncio.Task[None] | None = None
        self.ended: dict[str, asyncio.Event] = {}

    @property
    def pod(self) -> Pod:
        """The pod as last seen."""
        return self.state.pod

    # In ---------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until the pod is gone."""
        async with TaskScope(f"pod/{self.pod.metadata.key}") as scope:
            self._scope = scope
            self._events.appendleft(self._adopted)
            self.pod_changed(self._steps.pod)
            self._rotate_adopted()
            await self._over.wait()
            self._scope = None
        self._objects.close()
        self._pull_secrets.close()

    def _rotate_adopted(self) -> None:
        """Keep the logs small of what ran before the agent did."""
        for record in self.state.records.values():
            if record.is_running:
                self._rotate(record)

    def _rotate(self, record: ContainerRecord) -> None:
        path = self._services.logs.path(self.pod, record.name, record.attempt)
        self._services.rotation.add(record.container_id, path)

    def pod_changed(self, pod: Pod) -> None:
        """The pod's object is new or has changed."""
        before = self._steps.pod
        self._steps.pod = pod
        self._conditions = {one.type: one for one in pod.status.conditions}
        self.feed(e.PodUpdated(pod))
        if self._status.is_overwritten(pod):
            self._report()
        meta, old = pod.metadata, before.metadata
        if (meta.labels, meta.annotations) != (old.labels, old.annotations):
            self._dependency_changed()

    def container_exited(self, event: ContainerExited) -> None:
        """The runtime says that a container has ended."""
        record = next((r for r in self.state.records.values() if r.container_id == event.container_id), None)
        message = ""
        if record is not None:
            path = self._services.logs.path(self.pod, record.name, record.attempt)
            message = self._steps.directory.last_words(record.spec, record.attempt, event.exit_code, path)
        self._services.rotation.discard(event.container_id)
        self.feed(e.ContainerExited(event.container_id, event.exit_code, event.finished_at_s, event.reason, message))
        # After the state knows, so that a reader of the log who wakes up sees the end.
        self.ended.setdefault(event.container_id, asyncio.Event()).set()

    def feed(self, event: e.Event) -> None:
        """Something has happened."""
        self._events.append(event)
        if self._is_handling or self._scope is None:
            return
        self._is_handling = True
        try:
            while self._events:
                clock = self._services.clock
                following = self._events.popleft()
                for instruction in self.state.handle(following, e.Now(clock.now_s(), clock.monotonic_s())):
                    self._perform(instruction)
        finally:
            self._is_handling = False

    # Out --------------------------------------------------------------------------------------------

    def _perform(self, instruction: e.Instruction) -> None:  # noqa: PLR0912 - one line per instruction
        match instruction:
            case e.MakeSandbox():
                self._start("sandbox", self._feed_from(self._steps.make_sandbox()))
            case e.MountVolumes():
                self._start("volumes", self._mount_volumes())
            case e.PullImage(container):
                self._pull(container)
            case e.StartContainer(container, attempt):
                self._start(f"start/{container}", self._start_container(container, attempt))
            case e.StopContainer(_, container_id, grace_s):
                self._start(f"stop/{container_id}", self._stop_container(container_id, grace_s))
            case e.RemoveContainer(container_id):
                self._start(f"remove/{container_id}", self._remove_container(container_id))
            case e.RunHook():
                self._start(f"hook/{instruction.container}", self._run_hook(instruction))
            case e.StartProbes(container, container_id, kinds):
                self._start_probes(container, container_id, kinds)
            case e.StopProbes(container):
                self._stop_probes(container)
            case e.ReportStatus():
                self._report()
            case e.Emit():
                self._emit(instruction)
            case e.RemoveSandbox(forget):
                self._start("remove-sandbox", self._remove_sandbox(forget=forget))
            case e.CleanUp(forget):
                self._start("clean-up", self._clean_up(forget=forget))
            case e.DeletePodObject():
                self._start("delete", self._delete_object())
            case e.Forget():
                self._over.set()
            case e.SetTimer(name, after_s):
                self._cancel_timer(name)
                self._timers[name] = self._task(f"timer/{name}", self._fire_after(name, after_s))
            case e.CancelTimer(name):
                self._cancel_timer(name)

    def _task(self, name: str, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        assert self._scope is not None, "instructions come only from events, and those wait for run()"
        return self._scope.start(name, work)

    def _start(self, name: str, work: Coroutine[object, object, None]) -> None:
        _ = self._task(name, work)

    async def _feed_from(self, work: Coroutine[object, object, e.Event]) -> None:
        self.feed(await work)

    def _cancel_timer(self, name: str) -> None:
        if (timer := self._timers.pop(name, None)) is not None:
            timer.cancel()

    async def _fire_after(self, name: str, after_s: float) -> None:
        await self._services.clock.sleep(after_s)
        self._timers.pop(name, None)
        self.feed(e.TimerFired(name))

    def _emit(self, emit: e.Emit) -> None:
        field_path = ""
        if emit.container:
            field_path = f"spec.{LISTS[self.state.records[emit.container].role]}{{{emit.container}}}"
        about = object_reference(PODS, self.pod.metadata, field_path)
        kind = "Warning" if emit.warning else "Normal"
        self._services.recorder.event(about, emit.reason, emit.message, type=kind, why=emit.why)

    def _report(self) -> None:
        runtime = self._services.runtime.version().partition("://")[0]
        status = compute_status(
            self.state,
            host_ip=self._services.settings.node_ip,
            previous=self._conditions,
            scheme=runtime,
        )
        if self._status.put(status):
            self._reporting = self._task("status", self._write_status())

    async def _write_status(self) -> None:
        await self._status.write(self.pod)
        # What others have said meanwhile has been seen, but not answered.
        if self._status.is_overwritten(self._steps.pod):
            self._report()

    # Containers -------------------------------------------------------------------------------------

    def _pull(self, container: str) -> None:
        spec = self.state.records[container].spec
        answer = self._services.puller.look(spec)
        if answer is not None:
            self.feed(answer)
            return
        why = why_pulled(is_here=self._services.images.find(spec.image) is not None)
        self._emit(e.Emit("Pulling", f'Pulling image "{spec.image}"', container, why=why))
        self._start(f"pull/{container}", self._pull_as_told(spec))

    async def _pull_as_told(self, spec: Container) -> None:
        secrets = await read_pull_secrets(self.pod, self._pull_secrets)
        if secrets.trouble:
            self._emit(e.Emit("FailedToRetrieveImagePullSecret", secrets.trouble, spec.name, warning=True))
        self.feed(await self._services.puller.pull(spec, secrets.keyring))

    async def _start_container(self, container: str, attempt: int) -> None:
        spec = self.state.records[container].spec
        event = await self._steps.start_container(spec, attempt, self.state.pod_ip, self.state.running_id)
        self.feed(event)
        if isinstance(event, e.ContainerStarted):
            await self._watch_container(container, event.container_id)

    async def _watch_container(self, container: str, container_id: str) -> None:
        """Rotate its log, and notice an end that came before its start was known here."""
        record = self.state.records[container]
        self.ended.setdefault(container_id, asyncio.Event())
        self._rotate(record)
        if record.stage is not Stage.EXITED and self.ended[container_id].is_set():
            await self._process_missed_exit(container_id)

    async def _process_missed_exit(self, container_id: str) -> None:
        try:
            status = await self._services.runtime.container_status(container_id)
        except RuntimeFailure:
            return
        if status.exit_code is not None:
            self.container_exited(
                ContainerExited(container_id, status.sandbox_id, status.exit_code, status.finished_at_s, status.reason)
            )

    async def _stop_container(self, container_id: str, grace_s: float) -> None:
        if grace_s > 0 and self.pod.metadata.is_being_deleted and not self.pod.spec.host_network:
            # Kubernetes stops the program while Services may still choose it; here, nobody's call is lost.
            await self._services.network.withdraw(self.state.pod_ip)
        try:
            await self._services.runtime.stop_container(container_id, grace_s)
        except RuntimeFailure as error:
            self._steps.log_failure("stop container", error)
            await self._services.clock.sleep(RETRY_S)
            self._start(f"stop/{container_id}", self._stop_container(container_id, 0.0))

    async def _remove_container(self, container_id: str) -> None:
        try:
            await self._services.runtime.remove_container(container_id)
        except RuntimeFailure as error:
            self._steps.log_failure("remove container", error)
        self.ended.pop(container_id, None)
        for record in self.state.records.values():
            # The run before this one stays readable: kubectl logs --previous.
            self._services.logs.prune(self.pod, record.name, record.attempt - 1)
            self._steps.directory.forget_attempt(record.name, record.attempt - 2)

    def _target(self, container: str, container_id: str) -> ProbeTarget:
        ports = ports_of(self.state.records[container].spec)
        return ProbeTarget(container_id, self.state.pod_ip, ports, self._services.runtime.exec_sync)

    async def _run_hook(self, hook: e.RunHook) -> None:
        lifecycle = self.state.records[hook.container].spec.lifecycle
        handler = None
        if lifecycle is not None:
            handler = lifecycle.post_start if hook.hook == "postStart" else lifecycle.pre_stop
        if handler is None:
            self.feed(e.HookDone(hook.container, hook.container_id, hook.hook, ok=True))
            return
        target = self._target(hook.container, hook.container_id)
        self.feed(await run_hook(hook, handler, target, self._services.clock))

    def _start_probes(self, container: str, container_id: str, kinds: tuple[e.ProbeKind, ...]) -> None:
        record = self.state.records[container]
        spec = record.spec
        probes = {"startup": spec.startup_probe, "liveness": spec.liveness_probe, "readiness": spec.readiness_probe}
        clock = self._services.clock
        for kind in kinds:
            probe = probes[kind]
            if probe is None:
                continue
            worker = ProbeWorker(
                container,
                kind,
                probe,
                self._target(container, container_id),
                clock,
                self.feed,
                running_for_s=max(0.0, clock.now_s() - record.started_at_s),
                healthy=True if kind == "liveness" or (kind == "readiness" and record.probed_ready) else None,
            )
            self._probes.setdefault(container, []).append(self._task(f"probe/{container}/{kind}", worker.run()))

    def _stop_probes(self, container: str) -> None:
        for task in self._probes.pop(container, []):
            task.cancel()

    # Volumes ----------------------------------------------------------------------------------------

    async def _mount_volumes(self) -> None:
        self.feed(await self._steps.mount_volumes())
        self._plan_refresh()

    def _plan_refresh(self) -> None:
        """Look at the volumes again when a token in them grows old."""
        refresh_at_s = self._steps.volumes.refresh_at_s
        if refresh_at_s and self._scope is not None and self.state.ending is None:
            delay_s = max(RETRY_S, refresh_at_s - self._services.clock.now_s())
            self._cancel_timer("refresh")
            self._timers["refresh"] = self._task("timer/refresh", self._refresh_after(delay_s))

    async def _refresh_after(self, delay_s: float) -> None:
        await self._services.clock.sleep(delay_s)
        self._timers.pop("refresh", None)
        self._dependency_changed()

    def images_changed(self) -> None:
        """The images on this machine have changed: perhaps one that the pod waits for is among them."""
        waiting = [record.spec for record in self.state.records.values() if record.waiting_reason in WITHOUT_IMAGE]
        here = frozenset(spec.name for spec in waiting if self._services.images.find(spec.image) is not None)
        if here:
            self.feed(e.ImagesAppeared(here))

    def _pull_secret_changed(self) -> None:
        """Whoever mends the credentials sees at once whether they are good."""
        waiting = frozenset(r.name for r in self.state.records.values() if r.waiting_reason in WITHOUT_IMAGE)
        if waiting:
            self.feed(e.ImagesAppeared(waiting))

    def _dependency_changed(self) -> None:
        """An object that the pod refers to has changed: try again what waited, and rewrite the files."""
        self.feed(e.DependencyChanged())
        if self._scope is not None and self.state.volumes is Stage.RUNNING and not self._refreshing:
            self._refreshing = True
            self._start("refresh-volumes", self._refresh_volumes())

    async def _refresh_volumes(self) -> None:
        self._refreshing = False  # a change from here on needs another look
        if self.state.ending is not None and self.state.ending.released:
            return
        try:
            await self._steps.volumes.mount(self.pod)
        except (VolumeFailure, StatusError) as error:
            # What is there stays; the files are right again when the object is.
            log.info("Kept volumes as they are", pod=str(self.pod.metadata.key), err=str(error))
        self._plan_refresh()

    # The end ----------------------------------------------------------------------------------------

    async def _remove_sandbox(self, *, forget: bool) -> None:
        event = await self._steps.remove_sandbox(forget=forget)
        while event is None:
            await self._services.clock.sleep(RETRY_S)
            event = await self._steps.remove_sandbox(forget=forget)
        self.feed(event)

    async def _clean_up(self, *, forget: bool) -> None:
        self._cancel_timer("refresh")
        self._objects.close()
        event = self._steps.clean_up(forget=forget)
        while event is None:
            await self._services.clock.sleep(RETRY_S)
            event = self._steps.clean_up(forget=forget)
        self.feed(event)

    async def _delete_object(self) -> None:
        meta = self.pod.metadata
        if self._reporting is not None and not self._reporting.done():
            # Whoever waits for the pod's end (a Job) has to see how it ended.
            await asyncio.wait({self._reporting})
        while True:
            try:
                await self._services.client.delete(PODS, meta.name, meta.namespace, uid=meta.uid, grace_period_s=0)
                break
            except (NotFound, Conflict):
                break
            except (StatusError, OSError, EOFError) as error:
                self._steps.log_failure("delete pod", error)
                await self._services.clock.sleep(RETRY_S)
        # With a finalizer the object stays on; there is nothing left to do for this node.
        self._over.set()
