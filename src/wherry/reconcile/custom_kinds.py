"""The kinds that users have declared, as far as controllers care: which there are, and a cache of their metadata.

Kinds come and go while controllers run. A controller that works on every kind alike (the garbage collector, the
namespace controller) says in `Controller.custom` how objects of such a kind concern it; its View then lists the
kinds in `custom_kinds`. Only metadata is kept, and each kind is watched once for all controllers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from wherry.api.apiextensions.customresourcedefinition import (
    CUSTOM_RESOURCE_DEFINITIONS,
    CustomResourceDefinition,
    is_true,
)
from wherry.api.custom_object import kind_declared_by
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.informer import Informer, SharedInformers
from wherry.kit.tasks import TaskScope

AnyInformer = Informer[msgspec.Struct]


@dataclass(frozen=True, slots=True)
class Follower:
    """Who wants to know: `appear` at once, `fill` when the cache is complete, `vanish` when the kind is gone.

    `vanish` also gets whether the definition itself is gone, and with it all objects: then the cache is emptied,
    so that what depended on them is looked at. A kind that is only not served any more may still have objects.
    """

    appear: Callable[[AnyResourceType, AnyInformer], None]
    fill: Callable[[AnyResourceType, AnyInformer], None]
    vanish: Callable[[AnyResourceType, bool], None]


class CustomKinds:
    """Follows the definitions."""

    def __init__(self, informers: SharedInformers) -> None:
        """Nothing is followed before `run`."""
        self.ready = asyncio.Event()
        self._shared = informers
        self._definitions = informers.informer(CUSTOM_RESOURCE_DEFINITIONS)
        self._kinds: dict[str, tuple[AnyResourceType, str]] = {}
        self._followers: list[Follower] = []
        self._scope: TaskScope | None = None

    def follow(self, follower: Follower) -> None:
        """Tell of every kind from now on; before `run`."""
        self._followers.append(follower)

    async def run(self) -> None:
        """Follow until cancelled; `ready` when the kinds that are declared now are cached."""
        await self._definitions.synced.wait()
        async with TaskScope("custom-kinds") as scope:
            self._scope = scope
            self._definitions.add_handler(self._on_change)
            await scope.join()
            self.ready.set()
            await asyncio.Event().wait()

    def _on_change(self, old: CustomResourceDefinition | None, new: CustomResourceDefinition | None) -> None:
        thing = new or old
        assert thing is not None
        name = thing.metadata.name
        is_served = new is not None and is_true(new, "Established") and any(each.served for each in new.spec.versions)
        kind = kind_declared_by(thing)
        known = self._kinds.get(name)
        is_known = known is not None and known[1] == thing.metadata.uid and known[0].api_version == kind.api_version
        if known is not None and not (is_served and is_known):
            del self._kinds[name]
            self._drop(known[0], is_gone=new is None or known[1] != new.metadata.uid)
        if is_served and not is_known:
            self._kinds[name] = (kind, thing.metadata.uid)
            informer = self._shared.informer(kind)
            for follower in self._followers:
                follower.appear(kind, informer)
            assert self._scope is not None
            _ = self._scope.start(name, self._fill(name, kind, informer))

    def _drop(self, kind: AnyResourceType, *, is_gone: bool) -> None:
        informer = self._shared.informer(kind)
        self._shared.forget(kind)
        for follower in self._followers:
            follower.vanish(kind, is_gone)
        if is_gone:
            informer.replace([], "")

    async def _fill(self, name: str, kind: AnyResourceType, informer: AnyInformer) -> None:
        await informer.synced.wait()
        known = self._kinds.get(name)
        if known is not None and known[0] is kind:
            for follower in self._followers:
                follower.fill(kind, informer)
