"""A component's own copy of all objects of a kind, found by name, by namespace, by owner or by anything else.

Only the informer writes it; everybody else reads. Its objects are frozen, so that nobody can change
what others see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from wherry.apimachinery.meta import ObjectKey, ObjectMeta

T = TypeVar("T", bound=msgspec.Struct)

IndexFunction = Callable[[T], Iterable[str]]


def meta_of(thing: msgspec.Struct) -> ObjectMeta:
    """The metadata of an API object of any kind."""
    meta = getattr(thing, "metadata", None)
    assert isinstance(meta, ObjectMeta), f"{type(thing).__name__} is no API object"
    return meta


class Indexer(Generic[T]):
    """All objects of one kind in memory.

    Lookups cost the same however many objects there are. What `list` and its like return is the
    caller's own sequence of shared, frozen objects.
    """

    def __init__(self) -> None:
        """Empty."""
        self._objects: dict[tuple[str, str], T] = {}
        self._by_namespace: dict[str, dict[str, T]] = {}
        self._indices: dict[str, tuple[IndexFunction[T], dict[str, dict[ObjectKey, T]]]] = {}
        self.add_index("owner", _owner_uids)

    def __len__(self) -> int:
        """How many objects there are."""
        return len(self._objects)

    def __iter__(self) -> Iterator[T]:
        """All objects; do not await in between."""
        return iter(self._objects.values())

    def get(self, namespace: str, name: str) -> T | None:
        """The object, or None."""
        return self._objects.get((namespace, name))

    def list(self, namespace: str = "") -> Sequence[T]:
        """All objects, or those of one namespace."""
        if namespace:
            return [*self._by_namespace.get(namespace, {}).values()]
        return [*self._objects.values()]

    def owned_by(self, uid: str) -> Sequence[T]:
        """Those that have an ownerReference with this uid; for "" those that have no controller."""
        return self.by_index("owner", uid)

    def by_index(self, name: str, key: str) -> Sequence[T]:
        """Those for which the function of index `name` named `key`."""
        return [*self._indices[name][1].get(key, {}).values()]

    def add_index(self, name: str, function: IndexFunction[T]) -> None:
        """Keep another index from now on. Asking for the same name again changes nothing."""
        if name in self._indices:
            return
        entries: dict[str, dict[ObjectKey, T]] = {}
        for thing in self._objects.values():
            _enter(entries, function, meta_of(thing).key, thing)
        self._indices[name] = (function, entries)

    def put(self, thing: T) -> T | None:
        """Add or replace an object; returns what was there. For the informer only."""
        key = meta_of(thing).key
        old = self._objects.get(key)
        self._objects[key] = thing
        if key.namespace:
            self._by_namespace.setdefault(key.namespace, {})[key.name] = thing
        for function, entries in self._indices.values():
            if old is not None:
                _leave(entries, function, key, old)
            _enter(entries, function, key, thing)
        return old

    def remove(self, namespace: str, name: str) -> T | None:
        """Take an object out; returns what was there. For the informer only."""
        key = ObjectKey(namespace, name)
        old = self._objects.pop(key, None)
        if old is None:
            return None
        if (siblings := self._by_namespace.get(namespace)) is not None:
            siblings.pop(name, None)
            if not siblings:
                del self._by_namespace[namespace]
        for function, entries in self._indices.values():
            _leave(entries, function, key, old)
        return old


def _owner_uids(thing: msgspec.Struct) -> Iterable[str]:
    meta = meta_of(thing)
    uids = [owner.uid for owner in meta.owner_references]
    return uids if meta.controller is not None else [*uids, ""]


def _enter(entries: dict[str, dict[ObjectKey, T]], function: IndexFunction[T], key: ObjectKey, thing: T) -> None:
    for value in function(thing):
        entries.setdefault(value, {})[key] = thing


def _leave(entries: dict[str, dict[ObjectKey, T]], function: IndexFunction[T], key: ObjectKey, thing: T) -> None:
    for value in function(thing):
        if (group := entries.get(value)) is not None:
            group.pop(key, None)
            if not group:
                del entries[value]
