"""The scheduler: gives every pod a node, or says why it has none.

    informers ──> snapshot (who runs where) and queue (who waits)
                        │
    pop ── choose_node (pure) ──┬── Chosen:  assume it there ── bind (POST pods/NAME/binding)
                                └── Refused: condition PodScheduled=False, Event, wait

Deciding is synchronous and takes microseconds; all pods that wait are decided in one go, each seeing the
places that the ones before it took. Binding goes on beside it, so that the bindings of thirty pods share
the store's commits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from wherry.api.core.node import NODES, Node
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES, PersistentVolume
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS, PersistentVolumeClaim
from wherry.api.core.pod import PODS, Pod
from wherry.api.storage.storageclass import STORAGE_CLASSES, StorageClass
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict, NotFound, StatusError
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.client.indexer import Indexer
from wherry.client.informer import SharedInformers
from wherry.client.recorder import EventRecorder, object_reference
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.kit.metrics import Registry
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Decision, Journal
from wherry.scheduler.explain import decision_note, explain_choice, explain_refusal
from wherry.scheduler.framework import Chosen, Facts, Happening, Plugin, Refused, choose_node
from wherry.scheduler.plugins.registry import PLUGINS
from wherry.scheduler.plugins.volume_binding import SELECTED_NODE, claims_to_place, is_bound
from wherry.scheduler.pod_info import PodInfo, pod_info
from wherry.scheduler.queue import QueuedPod, SchedulingQueue
from wherry.scheduler.snapshot import Snapshot

SCHEDULER_NAME = "default-scheduler"
ENDED_PHASES = ("Succeeded", "Failed")

# How long a pod keeps its node while its volume is being made there. Source: kubernetes, bindTimeoutSeconds.
VOLUME_TIMEOUT_S = 600.0

log = get_logger(__name__)


class Scheduler:
    """Gives pods their nodes. A Component."""

    name = SCHEDULER_NAME

    def __init__(
        self,
        client: Client,
        informers: SharedInformers,
        clock: Clock,
        recorder: EventRecorder,
        journal: Journal,
        random: Random,
        *,
        plugins: tuple[Plugin, ...] = PLUGINS,
    ) -> None:
        """`recorder` speaks as default-scheduler; somebody else runs it and the informers."""
        self.ready = asyncio.Event()
        self._client = client
        self._clock = clock
        self._recorder = recorder
        self._journal = journal
        self._plugins = plugins
        self._woken_by = {plugin.name: plugin.woken_by for plugin in plugins}
        self._queue = SchedulingQueue(random)
        self._snapshot = Snapshot()
        # Where the next look at the nodes begins, so that in large clusters all of them get their turn.
        self._next_look = 0
        self._work = asyncio.Event()
        self._chosen = self._refused = 0
        self._pods = informers.informer(PODS)
        self._nodes = informers.informer(NODES)
        self._claims = informers.informer(PERSISTENT_VOLUME_CLAIMS)
        self._volumes = informers.informer(PERSISTENT_VOLUMES)
        self._classes = informers.informer(STORAGE_CLASSES)
        self._facts = Facts(self._claims.lister, self._volumes.lister, self._classes.lister)

    async def run(self) -> None:
        """Schedule until cancelled."""
        self._nodes.add_handler(self._on_node)
        self._claims.add_handler(self._on_claim)
        self._volumes.add_handler(self._on_volume)
        self._classes.add_handler(self._on_class)
        self._pods.add_handler(self._on_pod)
        for synced in (self._nodes, self._claims, self._volumes, self._classes, self._pods):
            await synced.synced.wait()
        self.ready.set()
        async with TaskScope(self.name) as scope:
            while True:
                self._work.clear()
                self._queue.advance(self._clock.monotonic_s())
                while (queued := self._queue.pop()) is not None:
                    self._schedule(queued, scope)
                await self._wait_for_work(scope)

    def measure(self, registry: Registry) -> None:
        """Show who waits and what was decided; implements kit.component.Measured."""
        pending = registry.gauge("scheduler_pending_pods", "[STABLE] Pods that wait, by queue.", ("queue",))
        pending.labels("active").read_from(lambda: float(len(self._queue) - self._queue.refused))
        pending.labels("unschedulable").read_from(lambda: float(self._queue.refused))
        attempts = registry.counter(
            "scheduler_schedule_attempts_total", "[STABLE] Decisions about pods, by result.", ("result",)
        )
        attempts.labels("scheduled").read_from(lambda: float(self._chosen))
        attempts.labels("unschedulable").read_from(lambda: float(self._refused))

    async def _wait_for_work(self, scope: TaskScope) -> None:
        """Until an event or the queue's next moment."""
        due_s = self._queue.next_due_s()
        if due_s is None:
            await self._work.wait()
            return
        timer = scope.start("timer", self._wake_after(due_s - self._clock.monotonic_s()))
        try:
            await self._work.wait()
        finally:
            timer.cancel()

    async def _wake_after(self, delay_s: float) -> None:
        await self._clock.sleep(delay_s)
        self._work.set()

    def _schedule(self, queued: QueuedPod, scope: TaskScope) -> None:
        """Decide about one pod and start what follows from it."""
        info = queued.info
        nodes = self._snapshot.nodes
        match choose_node(info, nodes, self._plugins, self._facts, start=self._next_look % max(1, len(nodes))):
            case Chosen() as chosen:
                self._chosen += 1
                self._next_look += chosen.looked_at
                self._snapshot.assume(info, chosen.node.name)
                _ = scope.start(f"bind {info.key}", self._bind(queued, chosen))
            case Refused() as refused:
                self._refused += 1
                woken_by = frozenset[Happening]().union(*(self._woken_by[name] for name in refused.plugins))
                self._queue.refuse(queued, woken_by, self._clock.monotonic_s())
                _ = scope.start(f"report {info.key}", self._report(info, refused))

    async def _bind(self, queued: QueuedPod, chosen: Chosen) -> None:
        """Make the decision true: have the volumes made there, then tell the API server."""
        info, node_name, why = queued.info, chosen.node.name, explain_choice(chosen)
        try:
            await self._place_claims(info, node_name)
            await self._client.create(
                PODS, _binding(info, node_name), info.key.namespace, subresource="binding", name=info.key.name
            )
        except (StatusError, OSError, TimeoutError) as error:
            self._give_back(queued, error)
            return
        self._decided(info, "bind", why)
        self._recorder.event(
            object_reference(PODS, info.pod.metadata),
            "Scheduled",
            f"Successfully assigned {info.key} to {node_name}",
            why=why,
            decision=decision_note(chosen),
        )

    async def _place_claims(self, info: PodInfo, node_name: str) -> None:
        claims = claims_to_place(info, self._facts)
        if not claims:
            return
        namespace = info.key.namespace
        names = [claim.metadata.name for claim in claims]
        for claim in claims:
            if claim.metadata.annotations.get(SELECTED_NODE) != node_name:
                patch: Document = {"metadata": {"annotations": {SELECTED_NODE: node_name}}}
                await self._client.patch(PERSISTENT_VOLUME_CLAIMS, claim.metadata.name, patch, namespace)

        def all_are(
            wanted: Callable[[PersistentVolumeClaim], bool],
        ) -> Callable[[Indexer[PersistentVolumeClaim]], bool]:
            def look(lister: Indexer[PersistentVolumeClaim]) -> bool:
                found = [lister.get(namespace, name) for name in names]
                return all(claim is None or is_bound(claim) or wanted(claim) for claim in found)

            return look

        # First our own patch must be seen: the copy from before it would look like the refusal below.
        await self._claims.wait_until(
            all_are(lambda claim: claim.metadata.annotations.get(SELECTED_NODE) == node_name), VOLUME_TIMEOUT_S
        )
        # A provisioner that cannot do it on this node takes the annotation away: choose again.
        await self._claims.wait_until(
            all_are(lambda claim: SELECTED_NODE not in claim.metadata.annotations), VOLUME_TIMEOUT_S
        )
        if claims_to_place(info, self._facts):
            raise TimeoutError("the volumes could not be made on this node")

    def _give_back(self, queued: QueuedPod, error: Exception) -> None:
        """Binding failed: the place is free again, and the pod is tried again unless it is gone or has a node."""
        info = queued.info
        if self._snapshot.is_assumed(info.key):
            self._snapshot.remove(info.key)
            self._happened("pod-gone")
        current = self._pods.lister.get(*info.key)
        if current is None or current.metadata.uid != info.uid or not is_pending(current) or info.key in self._queue:
            return
        log.warning("Failed to bind pod", pod=str(info.key), err=str(error))
        queued.info = pod_info(current)
        self._queue.fail(queued, self._clock.monotonic_s())
        self._work.set()
        reference = object_reference(PODS, info.pod.metadata)
        self._recorder.event(reference, "FailedScheduling", f"binding rejected: {error}", type="Warning")

    async def _report(self, info: PodInfo, refused: Refused) -> None:
        """Say on the pod, and in an Event, why it waits."""
        message = explain_refusal(refused)
        condition = next((known for known in info.pod.status.conditions if known.type == "PodScheduled"), None)
        self._recorder.event(
            object_reference(PODS, info.pod.metadata),
            "FailedScheduling",
            message,
            type="Warning",
            decision=decision_note(refused),
        )
        if condition is not None and (condition.status, condition.message) == ("False", message):
            return
        self._decided(info, "wait", message)
        since = condition.last_transition_time if condition is not None and condition.status == "False" else ""
        status: Document = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": message,
            "lastTransitionTime": since or format_time(self._clock.now_s()),
        }
        try:
            # Strategic: conditions are merged by type, so that nobody else's are touched.
            await self._client.patch(
                PODS,
                info.key.name,
                {"metadata": {"uid": info.uid}, "status": {"conditions": [status]}},
                info.key.namespace,
                subresource="status",
                patch_type="strategic",
            )
        except (StatusError, OSError) as error:
            if not isinstance(error, NotFound | Conflict):
                log.warning("Failed to report why a pod waits", pod=str(info.key), err=str(error))

    def _decided(self, info: PodInfo, action: str, why: str) -> None:
        self._journal.record(Decision(self._clock.now_s(), self.name, "Pod", info.key, action, why))

    def _on_pod(self, old: Pod | None, new: Pod | None) -> None:
        pod = new or old
        assert pod is not None
        key = pod.metadata.key
        if new is None or new.status.phase in ENDED_PHASES:
            self._queue.remove(key)
            if self._snapshot.remove(key):
                self._happened("pod-gone")
        elif new.spec.node_name:
            self._queue.remove(key)
            # Most updates of a running pod are about its status, which takes no room.
            if old is None or old.spec != new.spec or self._snapshot.is_assumed(key):
                self._snapshot.place(pod_info(new), new.spec.node_name)
        elif not is_pending(new):
            self._queue.remove(key)
        elif not self._snapshot.is_assumed(key):
            self._enqueue(old, new)

    def _enqueue(self, old: Pod | None, new: Pod) -> None:
        key = new.metadata.key
        if (
            key in self._queue
            and old is not None
            and (old.spec, old.metadata.labels) == (new.spec, new.metadata.labels)
        ):
            self._queue.refresh(pod_info(new))
            return
        self._queue.add(pod_info(new))
        self._work.set()

    def _on_node(self, old: Node | None, new: Node | None) -> None:
        if new is None:
            assert old is not None
            self._snapshot.remove_node(old.metadata.name)
            return
        if old is None:
            self._snapshot.set_node(new)
            self._happened("node-added")
        elif _matters(old) != _matters(new):
            self._snapshot.set_node(new)
            self._happened("node-changed")

    def _on_claim(self, old: PersistentVolumeClaim | None, new: PersistentVolumeClaim | None) -> None:
        self._happened("claim-changed")

    def _on_volume(self, old: PersistentVolume | None, new: PersistentVolume | None) -> None:
        self._happened("volume-changed")

    def _on_class(self, old: StorageClass | None, new: StorageClass | None) -> None:
        self._happened("class-changed")

    def _happened(self, what: Happening) -> None:
        if self._queue.happened(what, self._clock.monotonic_s()):
            self._work.set()


def is_pending(pod: Pod) -> bool:
    """Whether a pod waits for this scheduler to give it a node."""
    return (
        not pod.spec.node_name
        and pod.spec.scheduler_name in ("", SCHEDULER_NAME)
        and not pod.spec.scheduling_gates
        and not pod.metadata.deletion_timestamp
        and pod.status.phase not in ENDED_PHASES
    )


def _matters(node: Node) -> tuple[object, ...]:
    """What of a node decides about pods; the rest of it changes with every heartbeat."""
    return node.spec, node.metadata.labels, node.status.allocatable, node.status.images


def _binding(info: PodInfo, node_name: str) -> Document:
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        # The uid makes sure that a namesake, created meanwhile, is not bound by mistake.
        "metadata": {"name": info.key.name, "namespace": info.key.namespace, "uid": info.uid},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node_name},
    }
