"""Who belongs to whom: adopt what matches and has no controller, release what no longer matches.

A workload counts only the objects it controls. One that matches its selector and is nobody's becomes
its own; one that has been relabelled away is let go and lives on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import Selector
from wherry.apimachinery.meta import ObjectMeta, OwnerReference
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.indexer import meta_of
from wherry.reconcile.actions import Patch
from wherry.reconcile.controller import Lister
from wherry.reconcile.pods import owner_reference

T = TypeVar("T", bound=msgspec.Struct)


def claim(
    lister: Lister[T], resource: ResourceType[T], owner_resource: AnyResourceType, owner: ObjectMeta, selector: Selector
) -> tuple[list[T], list[Patch]]:
    """The objects of `resource` that are the owner's, and the patches that make it so.

    What is about to be adopted counts already; what is about to be released does not any more.
    """
    mine: list[T] = []
    patches: list[Patch] = []
    for thing in lister.owned_by(owner.uid):
        meta = meta_of(thing)
        controller = meta.controller
        if controller is None or controller.uid != owner.uid or meta.namespace != owner.namespace:
            continue
        if selector.matches(meta.labels):
            mine.append(thing)
        elif not owner.is_being_deleted:
            why = f"its labels no longer match the selector of {owner_resource.kind} {owner.name}"
            kept = [reference for reference in meta.owner_references if reference.uid != owner.uid]
            patches.append(owners_patch(resource, meta, kept, why))
    if owner.is_being_deleted:
        return mine, patches
    for thing in orphans(lister, owner.namespace, selector):
        meta = meta_of(thing)
        why = f"it matches the selector of {owner_resource.kind} {owner.name} and belongs to nobody"
        patches.append(
            owners_patch(resource, meta, [*meta.owner_references, owner_reference(owner_resource, owner)], why)
        )
        mine.append(thing)
    return mine, patches


def orphans(lister: Lister[T], namespace: str, selector: Selector) -> list[T]:
    """Objects that the selector chooses, that nobody controls and that stay."""
    found = []
    for thing in lister.owned_by(""):
        meta = meta_of(thing)
        if meta.namespace == namespace and not meta.is_being_deleted and selector.matches(meta.labels):
            found.append(thing)
    return found


def owners_patch(resource: AnyResourceType, meta: ObjectMeta, owners: Iterable[OwnerReference], why: str) -> Patch:
    """Give an object these owners, provided that it has not changed meanwhile."""
    references = [msgspec.to_builtins(reference) for reference in owners]
    patch: Document = {"metadata": {"ownerReferences": references or None}}
    return Patch(resource, meta.namespace, meta.name, patch, why, resource_version=meta.resource_version)
