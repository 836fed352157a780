"""Runs controllers: watches what they watch, plans the keys that changed, performs what they decided.

One key's life: a change in a cache puts it into the controller's queue; a worker takes it, calls the
pure `plan`, performs the actions in order, notes each in the journal and as a Kubernetes Event, and
then waits until the caches show its own writes. So no plan ever sees a world without what the last one
did, and planners need to remember nothing. Failures back off; a bug in one planner is logged and
retried and touches nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from random import Random
from typing import TypeVar

import msgspec

from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.errors import Conflict, StatusError
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.client import Client
from wherry.client.indexer import Indexer, meta_of
from wherry.client.informer import Informer, SharedInformers
from wherry.client.recorder import EventRecorder, object_reference
from wherry.kit.clock import Clock
from wherry.kit.log import bind, get_logger
from wherry.kit.metrics import Registry
from wherry.kit.tasks import TaskScope
from wherry.reconcile.actions import (
    Action,
    Create,
    Delete,
    DeleteCollection,
    Emit,
    EventNote,
    Patch,
    PatchStatus,
    Perform,
    Requeue,
    Update,
)
from wherry.reconcile.apply import Applied, StillThere, Write, apply, is_namespace_terminating
from wherry.reconcile.controller import Controller, Lister, Source
from wherry.reconcile.custom_kinds import AnyInformer, CustomKinds, Follower
from wherry.reconcile.journal import Decision, Journal
from wherry.reconcile.workqueue import WorkQueue

T = TypeVar("T", bound=msgspec.Struct)

CONCURRENT_CREATES_MAX = 16
"""Creates of one burst on their way at once; they share the store's commits."""

OWN_WRITES_TIMEOUT_S = 10.0
"""A cache that lags longer than this has lost its watch; planning on old facts is then the lesser evil."""

DEPARTED_MAX = 16
"""Kinds whose definitions went that are still known by name: as many as go in one sweep, not all that ever went."""

log = get_logger(__name__)


class CacheView:
    """The facts that a controller's plan may use, from the shared caches."""

    def __init__(self, clock: Clock, informers: dict[tuple[str, str], Informer[msgspec.Struct]]) -> None:
        """`informers` by group and plural."""
        self._clock = clock
        self._informers = informers
        self.custom_kinds: list[AnyResourceType] = []

    @property
    def now_s(self) -> float:
        """Wall-clock seconds since 1970."""
        return self._clock.now_s()

    @property
    def monotonic_s(self) -> float:
        """Seconds that only move forward."""
        return self._clock.monotonic_s()

    def lister(self, resource: ResourceType[T]) -> Lister[T]:
        """The cache of a kind that the controller has declared."""
        informer = self._informers.get((resource.group, resource.plural))
        assert informer is not None, f"{resource.plural} is in neither the sources nor the reads of this controller"
        return informer.lister  # type: ignore[return-value] # the key names the kind, so the cache holds T

    def revision(self, resource: AnyResourceType) -> int:
        """Up to which revision the cache of a kind shows everything."""
        return self._informers[resource.group, resource.plural].revision


class ControllerManager:
    """Runs all controllers of the masters. Somebody else runs the SharedInformers it was given."""

    name = "controllers"

    def __init__(
        self,
        client: Client,
        informers: SharedInformers,
        clock: Clock,
        controllers: Sequence[Controller],
        journal: Journal,
        random: Random,
    ) -> None:
        """`client` acts and speaks for all of them; `random` is kept for spreading retries."""
        self.ready = asyncio.Event()
        self._runners = [Runner(controller, client, informers, clock, journal, random) for controller in controllers]
        self._custom_kinds = CustomKinds(informers)
        for runner in self._runners:
            if runner.controller.custom is not None:
                self._custom_kinds.follow(runner.follower())

    async def run(self) -> None:
        """Run every controller until cancelled; `ready` when all caches are complete and all workers wait."""
        async with TaskScope(self.name) as scope:
            _ = scope.start("custom-kinds", self._custom_kinds.run())
            await self._custom_kinds.ready.wait()
            for runner in self._runners:
                _ = scope.start(runner.controller.name, runner.run())
            for runner in self._runners:
                await runner.started.wait()
            self.ready.set()
            await asyncio.Event().wait()

    def measure(self, registry: Registry) -> None:
        """Show each controller's queue; implements kit.component.Measured."""
        depth = registry.gauge("workqueue_depth", "[BETA] What waits to be looked at, by controller.", ("name",))
        adds = registry.counter("workqueue_adds_total", "[BETA] What was ever to be looked at.", ("name",))
        for runner in self._runners:
            depth.labels(runner.controller.name).read_from(partial(_depth, runner.queue))
            adds.labels(runner.controller.name).read_from(partial(_added, runner.queue))


def _depth(queue: WorkQueue[ObjectKey]) -> float:
    return float(len(queue))


def _added(queue: WorkQueue[ObjectKey]) -> float:
    return float(queue.added)


class Runner:
    """One controller at work: its queue, its workers, its Events."""

    def __init__(
        self,
        controller: Controller,
        client: Client,
        informers: SharedInformers,
        clock: Clock,
        journal: Journal,
        random: Random,
    ) -> None:
        """Made by the ControllerManager."""
        self.controller = controller
        self.started = asyncio.Event()
        self.queue: WorkQueue[ObjectKey] = WorkQueue(clock)
        self._client = client.acting_for(controller.name)
        self._clock = clock
        self._journal = journal
        self._random = random
        self._recorder = EventRecorder(client, component=controller.name, clock=clock)
        kinds = (controller.primary, *(source.resource for source in controller.sources), *controller.reads)
        self._informers: dict[tuple[str, str], Informer[msgspec.Struct]] = {
            (kind.group, kind.plural): informers.informer(kind) for kind in kinds
        }
        self._departed: list[AnyResourceType] = []
        self._view = CacheView(clock, self._informers)

    async def run(self) -> None:
        """Wait for the caches, then plan what changes, until cancelled."""
        for informer in self._informers.values():
            await informer.synced.wait()
        # Handlers come after the caches are complete: the first look at each key sees everything.
        for source in self.controller.sources:
            self._listen(source)
        async with TaskScope(self.controller.name) as scope:
            _ = scope.start("events", self._recorder.run())
            _ = scope.start("timers", self.queue.run())
            for number in range(self.controller.workers):
                _ = scope.start(f"worker-{number}", self._work())
            self.started.set()
            await asyncio.Event().wait()

    def _listen(self, source: Source) -> None:
        def on_change(old: msgspec.Struct | None, new: msgspec.Struct | None) -> None:
            if not source.matters(old, new):
                return
            for thing in (old, new):
                if thing is not None:
                    for key in source.keys(thing, self._view):
                        self.queue.add(key)

        self._informer(source.resource).add_handler(on_change)

    def follower(self) -> Follower:
        """What this controller does about kinds that users declare."""
        make, affected = self.controller.custom, self.controller.custom_affects
        assert make is not None

        def appear(kind: AnyResourceType, informer: AnyInformer) -> None:
            self._drop_kind(kind)
            self._informers[kind.group, kind.plural] = informer
            self._view.custom_kinds.append(kind)

        def fill(kind: AnyResourceType, informer: AnyInformer) -> None:
            self._listen(make(kind))
            for key in affected(kind, self._view) if affected is not None else ():
                self.queue.add(key)

        def vanish(kind: AnyResourceType, is_gone: bool) -> None:
            if not is_gone:
                self._drop_kind(kind)
                return
            # It is known a while longer, so that what its objects owned finds them gone.
            self._departed.append(kind)
            if len(self._departed) > DEPARTED_MAX:
                self._drop_kind(self._departed[0])

        return Follower(appear, fill, vanish)

    def _drop_kind(self, kind: AnyResourceType) -> None:
        place = (kind.group, kind.plural)
        self._informers.pop(place, None)
        self._view.custom_kinds[:] = [each for each in self._view.custom_kinds if (each.group, each.plural) != place]
        self._departed = [each for each in self._departed if (each.group, each.plural) != place]

    def _informer(self, resource: AnyResourceType) -> Informer[msgspec.Struct]:
        return self._informers[(resource.group, resource.plural)]

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                with bind(controller=self.controller.name, key=str(key)):
                    await self._reconcile(key)
            finally:
                self.queue.done(key)

    async def _reconcile(self, key: ObjectKey) -> None:
        """One look at one key."""
        primary = self._informer(self.controller.primary).lister.get(*key)
        about = None if primary is None else object_reference(self.controller.primary, meta_of(primary))
        writes: list[Write] = []
        try:
            actions = self.controller.plan(key, self._view)
            await self._perform(actions, about, writes)
        except (Conflict, StillThere) as error:
            log.debug("Planned again", delay=self.queue.add_failed(key), err=str(error))
        except (StatusError, OSError) as error:
            if isinstance(error, StatusError) and is_namespace_terminating(error):
                log.debug("Gave up in a namespace that goes away", err=str(error))
                return
            log.warning("Failed to reconcile", delay=self.queue.add_failed(key), err=str(error))
        except Exception as error:  # noqa: BLE001 - one planner's bug must not stop the others
            self.queue.add_failed(key)
            log.error("Crashed while reconciling", err=error)
        else:
            self.queue.forget(key)
            for action in actions:
                if isinstance(action, Requeue):
                    self.queue.add_after(key, action.after_s)
        await self._await_own_writes(writes)

    async def _perform(self, actions: Sequence[Action], about: ObjectReference | None, writes: list[Write]) -> None:
        """Perform the actions in order, runs of Creates side by side."""
        for is_create, group in groupby(actions, lambda action: isinstance(action, Create)):
            if not is_create:
                for action in group:
                    await self._do(action, about, writes)
                continue
            for batch in slow_start([*group]):
                await self._do_together(batch, about, writes)

    async def _do_together(self, batch: Sequence[Action], about: ObjectReference | None, writes: list[Write]) -> None:
        if len(batch) == 1:
            await self._do(batch[0], about, writes)
            return

        async def attempt(action: Action) -> StatusError | OSError | None:
            try:
                await self._do(action, about, writes)
            except (StatusError, OSError) as error:
                return error
            return None

        async with TaskScope("burst") as scope:
            tasks = [scope.start(str(number), attempt(action)) for number, action in enumerate(batch)]
            await scope.join()
        for task in tasks:
            if (error := task.result()) is not None:
                raise error

    async def _do(self, action: Action, about: ObjectReference | None, writes: list[Write]) -> None:
        try:
            applied = await apply(self._client, action)
        except StatusError as error:
            failed = action.failed_event if isinstance(action, Create | Delete) else None
            if failed is not None and about is not None and not is_namespace_terminating(error):
                self._emit(about, failed, action.why, "", str(error))
            if isinstance(action, Create) and action.on_failure is not None:
                await self._do(action.on_failure(str(error)), about, writes)
            raise
        if applied.write is not None:
            writes.append(applied.write)
        note = None if isinstance(action, DeleteCollection | Requeue | Update | Perform) else action.event
        if applied.changed or isinstance(action, Emit):
            self._record(action, applied, about)
            if note is not None and about is not None:
                self._emit(about, note, action.why, applied.name, "")

    def _emit(self, about: ObjectReference, note: EventNote, why: str, name: str, error: str) -> None:
        message = (note.message or why).replace("{name}", name).replace("{error}", error)
        self._recorder.event(about, note.reason, message, type=note.type, why=why)

    def _record(self, action: Action, applied: Applied, about: ObjectReference | None) -> None:
        if isinstance(action, Requeue):
            return
        if not isinstance(action, Emit):
            kind, key = action.resource.kind, ObjectKey(action.namespace, applied.name)
        elif about is not None:
            kind, key = about.kind, ObjectKey(about.namespace, about.name)
        else:
            return
        verb = VERBS[type(action)]
        self._journal.record(Decision(self._clock.now_s(), self.controller.name, kind, key, verb, action.why))

    async def _await_own_writes(self, writes: Sequence[Write]) -> None:
        """Wait until the caches show what has just been written."""
        for resource, group in _by_resource(writes):
            informer = self._informers.get((resource.group, resource.plural))
            if informer is None:
                continue
            pending = [*group]

            def all_seen(
                lister: Indexer[msgspec.Struct],
                pending: list[Write] = pending,
                informer: Informer[msgspec.Struct] = informer,
            ) -> bool:
                while pending and _is_seen(pending[-1], informer.revision, lister):
                    pending.pop()
                return not pending

            try:
                await informer.wait_until(all_seen, OWN_WRITES_TIMEOUT_S)
            except TimeoutError:
                log.warning("Cache did not show own writes in time", resource=resource.plural, missing=len(pending))


VERBS: dict[type[Action], str] = {
    Create: "create",
    Patch: "patch",
    PatchStatus: "patch status",
    Update: "update",
    Delete: "delete",
    DeleteCollection: "delete all",
    Perform: "perform",
    Emit: "say",
}


def slow_start(actions: Sequence[Action]) -> Iterator[Sequence[Action]]:
    """Batches of 1, 2, 4, 8, 16, 16 ...: when the first fails for a reason that hits all, few have been tried."""
    start, size = 0, 1
    while start < len(actions):
        yield actions[start : start + size]
        start += size
        size = min(size * 2, CONCURRENT_CREATES_MAX)


def _is_seen(write: Write, revision: int, lister: Indexer[msgspec.Struct]) -> bool:
    if write.revision:
        return revision >= write.revision
    thing = lister.get(*write.key)
    if thing is None:
        return True
    meta = meta_of(thing)
    return meta.is_being_deleted or (bool(write.uid) and meta.uid != write.uid)


def _by_resource(writes: Sequence[Write]) -> Iterator[tuple[AnyResourceType, list[Write]]]:
    groups: dict[tuple[str, str], list[Write]] = {}
    for write in writes:
        groups.setdefault((write.resource.group, write.resource.plural), []).append(write)
    for group in groups.values():
        yield group[0].resource, group
