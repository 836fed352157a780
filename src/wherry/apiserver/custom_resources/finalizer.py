"""A definition that is deleted takes its objects along: they go first, then it may go.

This happens here and not in a controller outside, since objects are also to go that no version serves any more;
what nobody cleans up would come back with the next definition of that name.

Source: kubernetes apiextensions-apiserver, pkg/controller/finalizer/crd_finalizer.go.
"""

from __future__ import annotations

from wherry.api.apiextensions.customresourcedefinition import (
    CLEANUP_FINALIZER,
    CUSTOM_RESOURCE_DEFINITIONS,
    CustomResourceDefinition,
)
from wherry.api.custom_object import kind_declared_by
from wherry.api.documents import section, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.generic_store import GenericStore
from wherry.apiserver.options import DeleteOptions
from wherry.apiserver.request import ApiRequest, UserInfo
from wherry.apiserver.wire import name_in, namespace_in, prefix_of
from wherry.kit.clock import Clock
from wherry.kit.http.types import Request
from wherry.store.interface import Compacted

SELF = UserInfo("system:apiserver", ("system:masters",))


def own_request(verb: str, resource: AnyResourceType, namespace: str, name: str) -> ApiRequest:
    """A request that the server makes to itself."""
    http = Request(verb.upper(), resource.url(namespace, name), headers={"user-agent": "kube-apiserver"})
    return ApiRequest(http, verb, resource, namespace, name, user=SELF)


async def finalize(objects: GenericStore, clock: Clock, definition: CustomResourceDefinition) -> None:
    """Delete all objects of a definition that is being deleted, wait until they are gone, and let it go."""
    resource = kind_declared_by(definition)
    while not await _empty(objects, resource):
        # A slow reader is told that it has missed something: then it looks again.
        continue
    request = own_request("update", CUSTOM_RESOURCE_DEFINITIONS, "", definition.metadata.name)
    try:
        _ = await objects.update(request, lambda document: _let_go(document, clock.now_s()), skip_checks=True)
    except NotFound:
        return


async def _empty(objects: GenericStore, resource: AnyResourceType) -> bool:
    """Delete what there is and wait for what takes its time; False if that has to begin anew."""
    store, prefix = objects.store, prefix_of(resource)
    page = await store.list(prefix)
    remaining: set[str] = set()
    for item in page.items:
        request = own_request("delete", resource, namespace_in(resource, item.key), name_in(item.key))
        try:
            _, is_gone = await objects.delete(request, DeleteOptions())
        except NotFound:
            continue
        if not is_gone:
            remaining.add(item.key)
    if not remaining:
        return True
    watch = None
    try:
        watch = store.watch(prefix, after_revision=page.revision)
        async for events in watch:
            remaining.difference_update(event.key for event in events if event.value is None)
            if not remaining:
                return True
    except Compacted:
        return False
    finally:
        if watch is not None:
            watch.close()
    return False


def _let_go(document: Document, now_s: float) -> Document:
    metadata = section(document, "metadata")
    finalizers = metadata.get("finalizers")
    kept = [name for name in finalizers if name != CLEANUP_FINALIZER] if isinstance(finalizers, list) else []
    if kept:
        metadata["finalizers"] = kept
    else:
        metadata.pop("finalizers", None)
    for condition in sections(document, "status", "conditions"):
        if condition.get("type") == "Terminating":
            condition |= {
                "status": "False",
                "reason": "InstanceDeletionCompleted",
                "message": "removed all instances",
                "lastTransitionTime": format_time(now_s),
            }
    return document
