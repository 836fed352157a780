"""Empties a namespace that is being deleted, then lets it go.

Pods go first, so that what they still read while stopping stays until they have stopped. The
`kubernetes` finalizer is taken away only after the API server itself has shown every kind empty.

Source: kubernetes pkg/controller/namespace/deletion.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.event import EVENTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.indexer import meta_of
from wherry.reconcile.actions import Action, DeleteCollection, LiveObject, Update
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import deletions_only, for_kind, mapped

FINALIZER = "kubernetes"

CONTENTS: tuple[AnyResourceType, ...] = tuple(
    resource
    for resource in RESOURCE_TYPES
    if resource.namespaced
    and {"list", "watch", "deletecollection"} <= set(resource.verbs)
    and resource.storage is None  # the same objects by another name
)
"""Every kind that lives in namespaces."""

CACHED = tuple(resource for resource in CONTENTS if resource is not EVENTS)
"""Events are many and read by nobody here: they are deleted unseen."""


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide what still has to be deleted, or that the namespace may go."""
    namespace = view.lister(NAMESPACES).get(*key)
    if namespace is None or not namespace.metadata.is_being_deleted or FINALIZER not in namespace.spec.finalizers:
        return []
    name = key.name
    if has_pods := any(True for _ in view.lister(PODS).list(name)):
        kinds: tuple[AnyResourceType, ...] = (PODS,)
    else:
        kinds = CACHED
    remaining = [resource for resource in kinds if any(True for _ in view.lister(resource).list(name))]
    if remaining:
        return [
            DeleteCollection(resource, name, why=f"namespace {name} is being deleted")
            for resource in remaining
            if any(not meta_of(thing).is_being_deleted for thing in view.lister(resource).list(name))
        ]
    assert not has_pods
    meta = namespace.metadata
    kept = [finalizer for finalizer in namespace.spec.finalizers if finalizer != FINALIZER]
    document: Document = {
        "metadata": {"name": name, "uid": meta.uid, "resourceVersion": meta.resource_version},
        "spec": {"finalizers": kept},
    }
    empty = tuple(LiveObject(resource, name) for resource in CONTENTS)
    return [
        DeleteCollection(EVENTS, name, why=f"namespace {name} is being deleted"),
        Update(NAMESPACES, "", document, why="everything in it is gone", subresource="finalize", unless=empty),
    ]


NAMESPACE_CONTROLLER = Controller(
    name="namespace-controller",
    primary=NAMESPACES,
    sources=(
        for_kind(NAMESPACES),
        *(
            mapped(resource, lambda thing: [ObjectKey("", meta_of(thing).namespace)], matters=deletions_only)
            for resource in CACHED
        ),
    ),
    plan=plan,
)
