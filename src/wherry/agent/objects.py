"""The ConfigMaps, Secrets and claims that this node's pods refer to: each watched while somebody needs it.

One list and one watch per object, shared by all pods that name it and ended with the last of them: a
node knows exactly what its pods may know, and a quiet cluster costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

import msgspec

from wherry.apimachinery.resource_type import ResourceType
from wherry.client.client import Client
from wherry.client.informer import Informer
from wherry.client.reflector import Reflector
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope

T = TypeVar("T", bound=msgspec.Struct)
Reference = tuple[str, str, str]
"""plural, namespace, name"""


@dataclass(slots=True)
class _Watched(Generic[T]):
    informer: Informer[T]
    task: asyncio.Task[None]
    users: set[Callable[[], None]] = field(default_factory=set)


class WatchedObjects:
    """Single objects, each kept current for as long as it has users."""

    def __init__(self, client: Client, clock: Clock, random: Random, scope: TaskScope) -> None:
        """`scope` owns the watches."""
        self._client = client
        self._clock = clock
        self._random = random
        self._scope = scope
        self._watched: dict[Reference, _Watched[msgspec.Struct]] = {}

    def user(self, on_change: Callable[[], None]) -> ObjectUser:
        """A user of some of them; `on_change` is called when one that it has asked for changes."""
        return ObjectUser(self, on_change)

    async def get(
        self, resource: ResourceType[T], namespace: str, name: str, on_change: Callable[[], None]
    ) -> T | None:
        """The object as it is now, or None; from now on `on_change` is called for its changes."""
        reference = (resource.plural, namespace, name)
        watched = self._watched.get(reference)
        if watched is None:
            watched = self._watched[reference] = self._watch(resource, namespace, name, reference)
        watched.users.add(on_change)
        await watched.informer.synced.wait()
        thing = watched.informer.lister.get(namespace if resource.namespaced else "", name)
        return thing if isinstance(thing, resource.struct) else None  # type: ignore[return-value]  # struct is type[T]

    def _watch(
        self, resource: ResourceType[T], namespace: str, name: str, reference: Reference
    ) -> _Watched[msgspec.Struct]:
        informer = Informer[msgspec.Struct](resource, self._clock)
        reflector = Reflector[msgspec.Struct](
            self._client,
            resource,
            informer,
            clock=self._clock,
            random=self._random,
            namespace=namespace,
            field_selector=f"metadata.name={name}",
        )
        informer.add_handler(lambda _old, _new: self._changed(reference))
        return _Watched(informer, self._scope.start("/".join(reference), reflector.run()))

    def _changed(self, reference: Reference) -> None:
        watched = self._watched.get(reference)
        # The first complete copy is the answer to `get`, not a change.
        if watched is not None and watched.informer.synced.is_set():
            for user in list(watched.users):
                user()

    def forget(self, reference: Reference, on_change: Callable[[], None]) -> None:
        """One user less; the watch ends with the last."""
        watched = self._watched.get(reference)
        if watched is None:
            return
        watched.users.discard(on_change)
        if not watched.users:
            del self._watched[reference]
            watched.task.cancel()


class ObjectUser:
    """One pod's view of the objects that it refers to."""

    def __init__(self, objects: WatchedObjects, on_change: Callable[[], None]) -> None:
        """Made by WatchedObjects.user."""
        self._objects = objects
        self._on_change = on_change
        self._references: set[Reference] = set()

    async def get(self, resource: ResourceType[T], namespace: str, name: str) -> T | None:
        """The object as it is now, or None; its later changes are announced."""
        self._references.add((resource.plural, namespace, name))
        return await self._objects.get(resource, namespace, name, self._on_change)

    def close(self) -> None:
        """Need none of them any more. Safe to call twice."""
        for reference in self._references:
            self._objects.forget(reference, self._on_change)
        self._references.clear()
