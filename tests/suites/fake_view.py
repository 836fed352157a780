"""A View made of objects at hand, for testing plans without an API server."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.indexer import Indexer

T = TypeVar("T", bound=msgspec.Struct)


class FakeView:
    """The facts of a plan: typed objects, sorted into kinds by their type, and a time that stands still."""

    def __init__(
        self, objects: Iterable[msgspec.Struct] = (), *, now_s: float = 1_800_000_000.0, monotonic_s: float = 0.0
    ) -> None:
        self.now_s = now_s
        self.monotonic_s = monotonic_s
        self.custom_kinds: list[AnyResourceType] = []
        self.revisions: dict[str, int] = {}
        self._indexers: dict[type[msgspec.Struct], Indexer[msgspec.Struct]] = {}
        for thing in objects:
            self.put(thing)

    def put(self, thing: msgspec.Struct) -> None:
        """Add or replace an object."""
        self._indexers.setdefault(type(thing), Indexer()).put(thing)

    def remove(self, thing: msgspec.Struct, namespace: str, name: str) -> None:
        """Take out an object of the same kind as `thing`."""
        self._indexers[type(thing)].remove(namespace, name)

    def lister(self, resource: ResourceType[T]) -> Indexer[T]:
        """All objects of a kind."""
        # Sorted by type: the indexer of resource.struct holds only T.
        return self._indexers.setdefault(resource.struct, Indexer())  # type: ignore[return-value]

    def revision(self, resource: AnyResourceType) -> int:
        """Everything has been seen up to here."""
        return self.revisions.get(resource.qualified_plural, 0)
