"""Deletes what belongs to objects that are gone, and finishes foreground and orphaning deletions.

Works on metadata alone, for every kind alike. What is planned is an *owner*, present or not: its key
names kind, name and uid, and everything that refers to that uid depends on it.

    owner gone                      -> its dependents are deleted (unless another owner remains: then
                                       only the reference to the dead one goes)
    owner waits (foregroundDeletion)-> its dependents are deleted first, then its finalizer is taken away
    owner lets go (orphan)          -> the references to it are removed, then its finalizer

Before anything is deleted the API server itself is asked whether the owner is really gone. References
to kinds that are not served here, and from cluster-wide objects to namespaced owners, cannot be
resolved: such dependents are left alone.

Source: kubernetes pkg/controller/garbagecollector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from wherry.api.core.event import EVENTS
from wherry.api.core.pod import PODS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey, ObjectMeta, OwnerReference
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.indexer import meta_of
from wherry.reconcile.actions import Action, Delete, LiveObject, Patch
from wherry.reconcile.claims import owners_patch
from wherry.reconcile.controller import Controller, Source, View

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"

COLLECTED: tuple[AnyResourceType, ...] = tuple(
    resource
    for resource in RESOURCE_TYPES
    if {"list", "watch", "delete", "patch"} <= set(resource.verbs)
    and resource is not EVENTS
    and resource.storage is None  # the same objects by another name
)
"""Every kind that can own or be owned. Events are left out, as upstream: they end by their age."""

KINDS = {(resource.group, resource.kind): resource for resource in COLLECTED}


Kinds = Sequence[AnyResourceType]


@dataclass(frozen=True, slots=True)
class Owner:
    """An object that others refer to as their owner; it may be gone."""

    resource: AnyResourceType
    namespace: str
    name: str
    uid: str

    @property
    def key(self) -> ObjectKey:
        """As the work queue knows it."""
        return ObjectKey(self.namespace, f"{self.resource.group}/{self.resource.kind}/{self.uid}/{self.name}")

    def find(self, view: View) -> ObjectMeta | None:
        """Its metadata, or None when it is gone (a namesake does not count)."""
        thing = view.lister(self.resource).get(self.namespace, self.name)
        meta = None if thing is None else meta_of(thing)
        return meta if meta is not None and meta.uid == self.uid else None

    @staticmethod
    def from_key(key: ObjectKey, custom: Kinds = ()) -> Owner | None:
        """The inverse of `key`; None when its kind is served no longer."""
        group, kind, uid, name = key.name.split("/", 3)
        resource = kind_of(group, kind, custom)
        return Owner(resource, key.namespace, name, uid) if resource is not None else None


def kind_of(group: str, kind: str, custom: Kinds) -> AnyResourceType | None:
    """A kind by its name; `custom` are those that users have declared."""
    found = KINDS.get((group, kind))
    return found or next((each for each in custom if (each.group, each.kind) == (group, kind)), None)


def owner_of(reference: OwnerReference, namespace: str, custom: Kinds = ()) -> Owner | None:
    """Whom a reference of an object in `namespace` means; None when that cannot be resolved."""
    resource = kind_of(reference.api_version.rpartition("/")[0], reference.kind, custom)
    if resource is None or (resource.namespaced and not namespace):
        return None
    # An owner lives in its dependent's own namespace or in none: one in another namespace is as good as gone.
    return Owner(resource, namespace if resource.namespaced else "", reference.name, reference.uid)


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide what becomes of the dependents of one owner."""
    owner = Owner.from_key(key, view.custom_kinds)
    if owner is None:
        return []
    meta = owner.find(view)
    if meta is not None and not meta.is_being_deleted:
        # Nearly always so. Looking at its dependents each time one changes would cost a large owner their square.
        return []
    dependents = list(find_dependents(owner, view))
    if meta is None:
        return [action for resource, dependent in dependents for action in plan_dependent(resource, dependent, view)]
    if ORPHAN in meta.finalizers:
        return plan_orphaning(owner, meta, dependents)
    if FOREGROUND in meta.finalizers:
        return plan_foreground(owner, meta, dependents, view)
    return []


def find_dependents(owner: Owner, view: View) -> Iterator[tuple[AnyResourceType, ObjectMeta]]:
    """Everything that refers to the owner's uid and may do so."""
    for resource in (*COLLECTED, *view.custom_kinds):
        for thing in view.lister(resource).owned_by(owner.uid):
            meta = meta_of(thing)
            if any(
                owner_of(reference, meta.namespace, view.custom_kinds) == owner for reference in meta.owner_references
            ):
                yield resource, meta


def plan_dependent(resource: AnyResourceType, meta: ObjectMeta, view: View) -> Iterator[Action]:
    """Decide about an object of which at least one owner is gone or waits for it to go."""
    if meta.is_being_deleted:
        return
    states = {reference.uid: state_of(reference, meta.namespace, view) for reference in meta.owner_references}
    gone = [reference for reference in meta.owner_references if states[reference.uid] == "gone"]
    if "solid" in states.values():
        kept = [reference for reference in meta.owner_references if states[reference.uid] == "solid"]
        if len(kept) < len(meta.owner_references):
            yield owners_patch(resource, meta, kept, why="some of its owners are gone")
        return
    names = ", ".join(f"{reference.kind} {reference.name}" for reference in meta.owner_references)
    waits = "waiting" in states.values()
    propagation: Literal["Orphan", "Foreground", "Background"] = "Background"
    if ORPHAN in meta.finalizers:
        propagation = "Orphan"
    elif FOREGROUND in meta.finalizers or (waits and _has_dependents(resource, meta, view)):
        propagation = "Foreground"
    if propagation == "Foreground" and _is_in_a_circle(resource, meta, view):
        # Those that own each other would wait for each other: whoever closes the circle holds nobody up.
        freed = _freed(meta)
        if tuple(freed) != meta.owner_references:
            yield owners_patch(resource, meta, freed, why="what depends on it waits for it already")
    owners = (owner_of(reference, meta.namespace, view.custom_kinds) for reference in gone)
    yield Delete(
        resource,
        meta.namespace,
        meta.name,
        why=f"its owner {names} {'is being deleted' if waits else 'is gone'}",
        uid=meta.uid,
        propagation=propagation,
        unless=tuple(LiveObject(each.resource, each.namespace, each.name, each.uid) for each in owners if each),
    )


def state_of(reference: OwnerReference, namespace: str, view: View) -> Literal["solid", "waiting", "gone"]:
    """Whether an owner holds its dependent: solid, or waiting for the dependent to go first, or gone."""
    owner = owner_of(reference, namespace, view.custom_kinds)
    if owner is None:
        return "solid"
    meta = owner.find(view)
    if meta is None:
        return "gone"
    return "waiting" if _waits(meta) else "solid"


def plan_foreground(
    owner: Owner, meta: ObjectMeta, dependents: Sequence[tuple[AnyResourceType, ObjectMeta]], view: View
) -> Sequence[Action]:
    """Delete the dependents first; when none is left that blocks, let the owner go."""
    actions = [action for resource, dependent in dependents for action in plan_dependent(resource, dependent, view)]
    blocking = [
        (resource, dependent)
        for resource, dependent in dependents
        if dependent.uid != owner.uid  # what owns itself would wait for itself
        and any(each.uid == owner.uid and each.block_owner_deletion for each in dependent.owner_references)
    ]
    # Those that own each other, all of them told to go after the others, would wait for ever.
    actions += [
        owners_patch(resource, dependent, _freed(dependent), why=f"{owner.resource.kind} {owner.name} waits for it too")
        for resource, dependent in blocking
        if _waits(dependent) and _belongs_to(meta, dependent.uid, view)
    ]
    if not blocking:
        actions.append(_without_finalizer(owner, meta, FOREGROUND, why="nothing depends on it any more"))
    return actions


def plan_orphaning(
    owner: Owner, meta: ObjectMeta, dependents: Sequence[tuple[AnyResourceType, ObjectMeta]]
) -> Sequence[Action]:
    """Free the dependents, then let the owner go."""
    actions: list[Action] = []
    for resource, dependent in dependents:
        kept = [reference for reference in dependent.owner_references if reference.uid != owner.uid]
        actions.append(owners_patch(resource, dependent, kept, why=f"{owner.resource.kind} {owner.name} lets it go"))
    return [*actions, _without_finalizer(owner, meta, ORPHAN, why="its dependents have been let go")]


def _without_finalizer(owner: Owner, meta: ObjectMeta, finalizer: str, *, why: str) -> Patch:
    kept = [name for name in meta.finalizers if name != finalizer]
    patch: Document = {"metadata": {"finalizers": kept or None}}
    return Patch(owner.resource, owner.namespace, owner.name, patch, why, resource_version=meta.resource_version)


def _has_dependents(resource: AnyResourceType, meta: ObjectMeta, view: View) -> bool:
    owner = Owner(resource, meta.namespace, meta.name, meta.uid)
    return any(True for _ in find_dependents(owner, view))


def _is_in_a_circle(resource: AnyResourceType, meta: ObjectMeta, view: View) -> bool:
    """Whether something that depends on it waits for its own dependents, and so for it."""
    owner = Owner(resource, meta.namespace, meta.name, meta.uid)
    return any(_waits(each) for _, each in find_dependents(owner, view))


def _belongs_to(meta: ObjectMeta, uid: str, view: View) -> bool:
    """Whether the object has an owner of this uid, or one whose owner it is, as far up as they wait for their own."""
    seen: set[str] = set()
    level = [meta]
    while level:
        above: list[ObjectMeta] = []
        for each in level:
            for reference in each.owner_references:
                if reference.uid == uid:
                    return True
                owner = owner_of(reference, each.namespace, view.custom_kinds)
                found = owner.find(view) if owner is not None and reference.uid not in seen else None
                seen.add(reference.uid)
                if found is not None and _waits(found):
                    above.append(found)
        level = above
    return False


def _waits(meta: ObjectMeta) -> bool:
    """Whether it is being deleted and waits for its dependents to go first."""
    return meta.is_being_deleted and FOREGROUND in meta.finalizers


def _freed(meta: ObjectMeta) -> list[OwnerReference]:
    """Its owners, none of whom has to wait for it any more."""
    return [msgspec.structs.replace(each, block_owner_deletion=False) for each in meta.owner_references]


def _source(resource: AnyResourceType) -> Source:
    """An object concerns itself, as an owner, and each of its owners."""

    def keys(thing: msgspec.Struct, view: View) -> Iterator[ObjectKey]:
        meta = meta_of(thing)
        yield Owner(resource, meta.namespace, meta.name, meta.uid).key
        for reference in meta.owner_references:
            owner = owner_of(reference, meta.namespace, view.custom_kinds)
            if owner is not None:
                yield owner.key

    return Source(resource, keys, _matters)


def _matters(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    """Only who owns it and whether it goes matter here; a pod's status changes are nothing to look at."""
    if old is None or new is None:
        return True
    before, after = meta_of(old), meta_of(new)
    return (before.owner_references, before.finalizers, before.deletion_timestamp) != (
        after.owner_references,
        after.finalizers,
        after.deletion_timestamp,
    )


def _owners_of_kind(resource: AnyResourceType, view: View) -> Iterator[ObjectKey]:
    """The owners of a kind that has just come to be known: until now nobody could say whether they are there."""
    for dependents in (*COLLECTED, *view.custom_kinds):
        for thing in view.lister(dependents).list():
            meta = meta_of(thing)
            for reference in meta.owner_references:
                if (reference.api_version.rpartition("/")[0], reference.kind) == (resource.group, resource.kind):
                    owner = owner_of(reference, meta.namespace, view.custom_kinds)
                    if owner is not None:
                        yield owner.key


GARBAGE_COLLECTOR = Controller(
    name="garbage-collector-controller",
    primary=PODS,
    sources=tuple(_source(resource) for resource in COLLECTED),
    plan=plan,
    workers=20,
    custom=_source,
    custom_affects=_owners_of_kind,
)
