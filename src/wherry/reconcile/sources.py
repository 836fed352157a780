"""Which objects' changes make which keys worth a look.

    sources=(for_kind(REPLICA_SETS), owned_by(PODS, REPLICA_SETS))

reads: look at a ReplicaSet when it changes, and when a pod that it controls does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.indexer import meta_of
from wherry.reconcile.controller import Source, View, every_change

T = TypeVar("T", bound=msgspec.Struct)

Change = Callable[[msgspec.Struct | None, msgspec.Struct | None], bool]


def deletions_only(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    """For sources to which an object matters only when it is gone."""
    return new is None


def for_kind(resource: AnyResourceType, *, matters: Change = every_change) -> Source:
    """The changed object itself."""
    return Source(resource, lambda thing, view: (meta_of(thing).key,), matters)


def owned_by(resource: AnyResourceType, owner_resource: AnyResourceType) -> Source:
    """The object of `owner_resource` that controls the changed one."""

    def keys(thing: msgspec.Struct, view: View) -> Iterable[ObjectKey]:
        meta = meta_of(thing)
        owner = meta.controller
        if owner is None or owner.kind != owner_resource.kind or _group(owner.api_version) != owner_resource.group:
            return ()
        return (ObjectKey(meta.namespace if owner_resource.namespaced else "", owner.name),)

    return Source(resource, keys)


def mapped(
    resource: ResourceType[T], function: Callable[[T], Iterable[ObjectKey]], *, matters: Change = every_change
) -> Source:
    """Whatever `function` names for the changed object."""
    # The informer of a kind delivers only objects of that kind.
    return Source(resource, lambda thing, view: function(thing), matters)  # type: ignore[arg-type]


def matched(
    resource: ResourceType[T], function: Callable[[T, View], Iterable[ObjectKey]], *, matters: Change = every_change
) -> Source:
    """Whatever `function` names for the changed object, with a look at the other objects there are."""
    return Source(resource, function, matters)  # type: ignore[arg-type] # as in `mapped`


def _group(api_version: str) -> str:
    return api_version.rpartition("/")[0]
