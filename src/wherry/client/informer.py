"""Shared, always current copies of the API's objects, and a call whenever one changes.

One informer serves all components of a process that ask for the same objects: one list, one watch, one
copy. Handlers are called on the event loop, one after the other, in the order of the changes; they see
the copy already changed, and must return at once.

    informers = SharedInformers(client, clock)
    pods = informers.informer(PODS, field_selector="spec.nodeName=node-1")
    pods.add_handler(lambda old, new: queue.add(...))    # old None: new there; new None: gone
    ...                                                  # somebody runs informers.run()
    await pods.synced.wait()
    pods.lister.get("default", "web")
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Generic, TypeVar, cast

import msgspec

from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.client import Client
from wherry.client.indexer import Indexer, meta_of
from wherry.client.reflector import Reflector
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope

T = TypeVar("T", bound=msgspec.Struct)

Handler = Callable[[T | None, T | None], None]


class Informer(Generic[T]):
    """One kind's copy and those who want to hear of its changes."""

    def __init__(self, resource: ResourceType[T], clock: Clock) -> None:
        """Made by SharedInformers; a test may feed one by hand through `replace`, `change` and `remove`."""
        self.resource = resource
        self.lister: Indexer[T] = Indexer()
        self.synced = asyncio.Event()
        self.revision = 0
        self._clock = clock
        self._handlers: list[Handler[T]] = []
        self._waiting: list[tuple[Callable[[Indexer[T]], bool], asyncio.Future[None]]] = []

    def add_handler(self, handler: Handler[T]) -> None:
        """Call `handler(old, new)` for every change from now on, and at once for every object there is."""
        self._handlers.append(handler)
        for thing in self.lister.list():
            handler(None, thing)

    async def wait_until(self, predicate: Callable[[Indexer[T]], bool], timeout_s: float | None = None) -> None:
        """Wait until the copy satisfies `predicate`, which is asked again after every change.

        Raises:
            TimeoutError: it did not within `timeout_s`.
        """
        if predicate(self.lister):
            return
        satisfied: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (predicate, satisfied)
        self._waiting.append(entry)
        try:
            if timeout_s is None:
                await satisfied
                return
            async with TaskScope("wait-until") as scope:
                timer = scope.start("timeout", self._clock.sleep(timeout_s))
                await asyncio.wait({satisfied, timer}, return_when=asyncio.FIRST_COMPLETED)
            if not satisfied.done():
                raise TimeoutError(f"{self.resource.plural}: not within {timeout_s} s")
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def replace(self, objects: Sequence[T], resource_version: str) -> None:
        """Become exactly `objects`; handlers hear of the differences, deletions last."""
        present = {meta_of(thing).key for thing in objects}
        gone = [thing for thing in self.lister if meta_of(thing).key not in present]
        self._advance(resource_version)
        for thing in objects:
            self._change(thing)
        for thing in gone:
            self._remove(thing, thing)
        self.synced.set()
        self._wake()

    def change(self, thing: T, resource_version: str) -> None:
        """Take over a new or changed object."""
        self._advance(resource_version)
        self._change(thing)
        self._wake()

    def remove(self, thing: T, resource_version: str) -> None:
        """Forget an object; handlers get its last state."""
        self._advance(resource_version)
        key = meta_of(thing).key
        if self.lister.get(*key) is not None:
            self._remove(thing, thing)
        self._wake()

    def advance(self, resource_version: str) -> None:
        """Note that the copy is as of `resource_version`."""
        self._advance(resource_version)
        self._wake()

    def _change(self, thing: T) -> None:
        meta = meta_of(thing)
        old = self.lister.get(meta.namespace, meta.name)
        if old is not None and meta_of(old).uid != meta.uid:
            # Deleted and created again while nobody watched: two events, or the new one would inherit.
            self._remove(old, old)
            old = None
        elif old is not None and meta_of(old).resource_version == meta.resource_version:
            return
        self.lister.put(thing)
        for handler in self._handlers:
            handler(old, thing)

    def _remove(self, thing: T, last: T) -> None:
        self.lister.remove(*meta_of(thing).key)
        for handler in self._handlers:
            handler(last, None)

    def _advance(self, resource_version: str) -> None:
        # Revisions are one rising counter for the whole store, so the newest one says what has been seen.
        if resource_version.isdigit():
            self.revision = max(self.revision, int(resource_version))

    def _wake(self) -> None:
        if not self._waiting:
            return
        for predicate, satisfied in [*self._waiting]:
            if not satisfied.done() and predicate(self.lister):
                satisfied.set_result(None)


class SharedInformers:
    """The informers of one process: each set of objects is listed and watched once, whoever asks."""

    name = "informers"

    def __init__(self, client: Client, clock: Clock, random: Random | None = None) -> None:
        """`random` is for the retries' jitter."""
        self.ready = asyncio.Event()
        self._client = client
        self._clock = clock
        self._random = random or Random()  # noqa: S311 - jitter is no secret
        self._informers: dict[tuple[str, str, str, str, str], Informer[msgspec.Struct]] = {}
        self._reflectors: list[Reflector[msgspec.Struct]] = []
        self._scope: TaskScope | None = None
        # Of kinds that came while this ran: only these can go again.
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def informer(
        self, resource: ResourceType[T], *, namespace: str = "", label_selector: str = "", field_selector: str = ""
    ) -> Informer[T]:
        """The informer for these objects; the same one for the same arguments. Starts at once if `run` has begun."""
        key = (resource.group, resource.plural, namespace, label_selector, field_selector)
        known = self._informers.get(key)
        if known is not None:
            # The key names the kind, so the stored informer is of this kind.
            return cast("Informer[T]", known)
        informer = Informer(resource, self._clock)
        reflector = Reflector(
            self._client,
            resource,
            informer,
            clock=self._clock,
            random=self._random,
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
        )
        self._informers[key] = cast("Informer[msgspec.Struct]", informer)
        self._start(cast("Reflector[msgspec.Struct]", reflector), resource)
        return informer

    def forget(self, resource: AnyResourceType) -> None:
        """Stop watching a kind that is served no longer; its informer's copy stands still from now on."""
        self._informers.pop((resource.group, resource.plural, "", "", ""), None)
        task = self._tasks.pop((resource.group, resource.plural), None)
        if task is not None:
            task.cancel()

    async def wait_synced(self) -> None:
        """Wait until every informer asked for so far has its first complete copy."""
        for informer in [*self._informers.values()]:
            await informer.synced.wait()

    async def run(self) -> None:
        """Keep all copies current until cancelled."""
        async with TaskScope(self.name) as scope:
            self._scope = scope
            for reflector in self._reflectors:
                _ = scope.start("reflector", reflector.run())
            await self.wait_synced()
            self.ready.set()
            await asyncio.Event().wait()

    def _start(self, reflector: Reflector[msgspec.Struct], resource: AnyResourceType) -> None:
        if self._scope is not None:
            self._tasks[resource.group, resource.plural] = self._scope.start(resource.plural, reflector.run())
        else:
            self._reflectors.append(reflector)
