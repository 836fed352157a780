"""Kinds that only some pages need: each is followed from the first time that a page asks for it.

What a person may not list, or what the cluster has not learned, is empty; `is_different` says when that has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal, TypeVar, cast

import msgspec

from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.client import Client
from wherry.client.informer import Informer
from wherry.client.reflector import Reflector
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope

T = TypeVar("T", bound=msgspec.Struct)

Reach = Literal["cluster", "namespace", "forbidden", "unknown"]
"""How much of a kind a person may see: all, what one namespace holds, nothing; or the cluster does not have it."""


class Following:
    """Always current copies of the kinds that have been asked for."""

    def __init__(
        self, client: Client, namespace: str, clock: Clock, random: Random, changed: Callable[[], None]
    ) -> None:
        """`changed` is called at every change. Nothing is asked before `begin`."""
        self._client = client
        self._namespace = namespace
        self._clock = clock
        self._random = random
        self._changed = changed
        self._scope: TaskScope | None = None
        self._informers: dict[tuple[str, str], Informer[msgspec.Struct]] = {}
        self._reach: dict[tuple[str, str], Reach] = {}

    def begin(self, scope: TaskScope) -> None:
        """Follow as long as `scope` runs."""
        self._scope = scope

    @property
    def revision(self) -> int:
        """The newest revision that has been heard of; 0 before anything has."""
        return max((informer.revision for informer in self._informers.values()), default=0)

    async def all(self, resource: ResourceType[T]) -> list[T]:
        """All objects of a kind that this person may see, as they are now."""
        key = (resource.group, resource.plural)
        if self._reach.get(key) == "unknown" and await self._reach_of(resource) != "unknown":
            self._forget_unknown(key)
        if key not in self._informers:
            self._informers[key] = cast("Informer[msgspec.Struct]", Informer(resource, self._clock))
            await self._start(resource)
        # The key names the kind, so the stored informer is of this kind.
        informer = cast("Informer[T]", self._informers[key])
        await informer.synced.wait()
        return [*informer.lister.list()]

    def reach(self, resource: AnyResourceType) -> Reach:
        """How much of a kind this person may see, once it has been asked for."""
        return self._reach.get((resource.group, resource.plural), "unknown")

    async def is_different(self) -> bool:
        """Whether this person may see more or less now than when each kind was first asked for."""
        for key, informer in [*self._informers.items()]:
            if key in self._reach and await self._reach_of(informer.resource) != self._reach[key]:
                return True
        return False

    def _forget_unknown(self, key: tuple[str, str]) -> None:
        """The cluster has learned the kind since: whoever opens a page now must not be told that there is nothing."""
        if self._reach.get(key) == "unknown":
            del self._reach[key], self._informers[key]

    async def _start(self, resource: AnyResourceType) -> None:
        key = (resource.group, resource.plural)
        informer = self._informers[key]
        try:
            reach = self._reach[key] = await self._reach_of(resource)
        except BaseException:
            # Whoever asks next begins anew.
            del self._informers[key]
            raise
        if reach in ("forbidden", "unknown") or self._scope is None:
            informer.synced.set()
            return
        reflector = Reflector(
            self._client,
            informer.resource,
            informer,
            clock=self._clock,
            random=self._random,
            namespace=self._namespace if reach == "namespace" else "",
        )
        informer.add_handler(lambda old, new: self._changed())
        _ = self._scope.start(resource.plural, reflector.run())

    async def _reach_of(self, resource: AnyResourceType) -> Reach:
        places: tuple[tuple[str, Reach], ...] = (("", "cluster"), (self._namespace, "namespace"))
        for namespace, reach in places if self._namespace and resource.namespaced else places[:1]:
            try:
                await self._client.list(resource, namespace, limit=1)
            except Forbidden:
                continue
            except NotFound:
                return "unknown"
            return reach
        return "forbidden"
