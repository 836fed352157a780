"""The few objects of a kind that rule a namespace (its limit ranges), read once and kept while nobody changes them."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from wherry.apimachinery.resource_type import ResourceType
from wherry.apiserver.admission.interface import AdmissionEnvironment
from wherry.apiserver.wire import document_from_item, prefix_of

T = TypeVar("T", bound=msgspec.Struct)

NAMESPACES_MAX = 1024
# Another server on the same store may have changed them; its writes are not counted here.
REMEMBER_S = 1.0


class NamespaceObjects(Generic[T]):
    """All objects of a kind in a namespace; a write of this server is seen at once."""

    def __init__(self, environment: AdmissionEnvironment, resource: ResourceType[T]) -> None:
        """Reads the environment's store."""
        self._store = environment.store
        self._clock = environment.clock
        self._writes = environment.writes
        self._resource = resource
        self._known: dict[str, tuple[int, float, tuple[T, ...]]] = {}

    async def all(self, namespace: str) -> tuple[T, ...]:
        """In the order of their names."""
        resource = self._resource
        writes, now_s = self._writes[resource.group, resource.plural], self._clock.monotonic_s()
        known = self._known.get(namespace)
        if known is not None and known[0] == writes and now_s < known[1]:
            return known[2]
        page = await self._store.list(prefix_of(resource, namespace))
        objects = tuple(resource.from_document(document_from_item(resource, item)) for item in page.items)
        if len(self._known) >= NAMESPACES_MAX:
            self._known.clear()
        self._known[namespace] = (writes, now_s + REMEMBER_S, objects)
        return objects
