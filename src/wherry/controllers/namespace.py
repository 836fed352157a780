"""Empties a namespace that is being deleted, then lets it go.

Pods go first, so that what they still read while stopping stays until they have stopped. While something
remains, the namespace's conditions say what, and whose finalizers it waits for. The `kubernetes` finalizer
is taken away only after the API server itself has shown every kind empty.

Source: kubernetes pkg/controller/namespace/deletion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from wherry.api.condition import Condition
from wherry.api.core.event import EVENTS
from wherry.api.core.namespace import NAMESPACES, Namespace
from wherry.api.core.pod import PODS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey, ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.client.indexer import meta_of
from wherry.reconcile.actions import Action, DeleteCollection, LiveObject, PatchStatus, Update
from wherry.reconcile.controller import Controller, Source, View
from wherry.reconcile.sources import for_kind, mapped

FINALIZER = "kubernetes"

Remaining = Sequence[tuple[AnyResourceType, Sequence[ObjectMeta]]]
"""Kinds of which something is still there, and what."""

CONTENTS: tuple[AnyResourceType, ...] = tuple(
    resource
    for resource in RESOURCE_TYPES
    if resource.namespaced
    and {"list", "watch", "deletecollection"} <= set(resource.verbs)
    and resource.storage is None  # the same objects by another name
)
"""Every kind that lives in namespaces."""

# What each condition says (status, reason, message) while nothing is wrong.
ALL_IS_WELL = {
    "NamespaceDeletionDiscoveryFailure": ("False", "ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("False", "ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": (
        "False",
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
}

CACHED = tuple(resource for resource in CONTENTS if resource is not EVENTS)
"""Events are many and read by nobody here: they are deleted unseen."""


def contents_declared(view: View) -> Sequence[AnyResourceType]:
    """The kinds of users' own that live in namespaces."""
    return [resource for resource in view.custom_kinds if resource.namespaced]


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide what still has to be deleted, or that the namespace may go."""
    namespace = view.lister(NAMESPACES).get(*key)
    if namespace is None or not namespace.metadata.is_being_deleted or FINALIZER not in namespace.spec.finalizers:
        return []
    name = key.name
    if has_pods := any(True for _ in view.lister(PODS).list(name)):
        kinds: tuple[AnyResourceType, ...] = (PODS,)
    else:
        kinds = (*CACHED, *contents_declared(view))
    there = [(resource, [meta_of(thing) for thing in view.lister(resource).list(name)]) for resource in kinds]
    remaining = [(resource, metas) for resource, metas in there if metas]
    if remaining:
        return [
            *(
                DeleteCollection(resource, name, why=f"namespace {name} is being deleted")
                for resource, metas in remaining
                if any(not meta.is_being_deleted for meta in metas)
            ),
            *_tell(namespace, remaining, view.now_s),
        ]
    assert not has_pods
    meta = namespace.metadata
    kept = [finalizer for finalizer in namespace.spec.finalizers if finalizer != FINALIZER]
    document: Document = {
        "metadata": {"name": name, "uid": meta.uid, "resourceVersion": meta.resource_version},
        "spec": {"finalizers": kept},
    }
    empty = tuple(LiveObject(resource, name) for resource in (*CONTENTS, *contents_declared(view)))
    return [
        DeleteCollection(EVENTS, name, why=f"namespace {name} is being deleted"),
        Update(NAMESPACES, "", document, why="everything in it is gone", subresource="finalize", unless=empty),
    ]


def _tell(namespace: Namespace, remaining: Remaining, now_s: float) -> list[Action]:
    """Say what is waited for, once everything has been told to go."""
    if not all(meta.is_being_deleted for _, metas in remaining for meta in metas):
        return []
    conditions = plan_conditions(namespace.status.conditions, remaining, now_s)
    status = msgspec.structs.replace(namespace.status, conditions=conditions)
    why = "something in it is not gone yet"
    return [PatchStatus(NAMESPACES, "", namespace.metadata.name, namespace.status, status, why)]


def plan_conditions(before: Sequence[Condition], remaining: Remaining, now_s: float) -> tuple[Condition, ...]:
    """The five conditions of a namespace that goes, and whatever others it has."""
    told = dict(ALL_IS_WELL)
    kinds = sorted(f"{resource.plural}.{resource.group} has {len(metas)}" for resource, metas in remaining)
    finalizers = Counter(name for _, metas in remaining for meta in metas for name in meta.finalizers)
    if kinds:
        text = ", ".join(f"{kind} resource instances" for kind in kinds)
        told["NamespaceContentRemaining"] = ("True", "SomeResourcesRemain", f"Some resources are remaining: {text}")
    if finalizers:
        text = ", ".join(f"{name} in {finalizers[name]} resource instances" for name in sorted(finalizers))
        message = f"Some content in the namespace has finalizers remaining: {text}"
        told["NamespaceFinalizersRemaining"] = ("True", "SomeFinalizersRemain", message)
    known = {condition.type: condition for condition in before}
    others = [condition for condition in before if condition.type not in told]
    return (*others, *(_condition(known.get(kind), kind, said, now_s) for kind, said in told.items()))


def _condition(before: Condition | None, kind: str, said: tuple[str, str, str], now_s: float) -> Condition:
    status, reason, message = said
    is_same = before is not None and before.status == status
    since = before.last_transition_time if before is not None and is_same else format_time(now_s)
    return Condition(type=kind, status=status, reason=reason, message=message, last_transition_time=since)


def _on_its_way(old: msgspec.Struct | None, new: msgspec.Struct | None) -> bool:
    """Whether something in a namespace is gone, or nearer to going."""
    if new is None:
        return True
    meta = meta_of(new)
    if not meta.is_being_deleted:
        return False
    return old is None or not meta_of(old).is_being_deleted or meta_of(old).finalizers != meta.finalizers


def _content(resource: AnyResourceType) -> Source:
    """The objects of one kind concern the namespaces that they are in."""
    return mapped(resource, lambda thing: [ObjectKey("", meta_of(thing).namespace)], matters=_on_its_way)


NAMESPACE_CONTROLLER = Controller(
    name="namespace-controller",
    primary=NAMESPACES,
    sources=(for_kind(NAMESPACES), *(_content(resource) for resource in CACHED)),
    plan=plan,
    custom=_content,
)
