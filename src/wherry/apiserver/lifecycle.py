"""The metadata that only the API server writes: identity, times, generation, deletion marks."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, conflict
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.wire import list_in, mapping_in, metadata_of, text_in
from wherry.kit.ids import new_uid

ORPHAN_FINALIZER = "orphan"
FOREGROUND_FINALIZER = "foregroundDeletion"
PROPAGATION_FINALIZERS = (ORPHAN_FINALIZER, FOREGROUND_FINALIZER)
# Set by the server alone; what clients send is dropped.
SERVER_FIELDS = ("managedFields", "selfLink")
KEPT_FIELDS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


def stamp_created(resource: AnyResourceType, document: Document, namespace: str, now_s: float) -> None:
    """Give a new object its identity, in place; its name is still to be chosen if it has none."""
    metadata = metadata_of(document)
    if metadata.get("resourceVersion"):
        raise BadRequest("resourceVersion should not be set on objects to be created")
    for name in (*SERVER_FIELDS, *KEPT_FIELDS, "resourceVersion"):
        metadata.pop(name, None)
    given_namespace = text_in(metadata, "namespace")
    if resource.namespaced:
        if given_namespace and given_namespace != namespace:
            raise BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request",
            )
        metadata["namespace"] = namespace
    elif given_namespace == "":
        metadata.pop("namespace", None)
    metadata["uid"] = new_uid()
    metadata["creationTimestamp"] = format_time(now_s)
    if resource.tracks_generation:
        metadata["generation"] = 1
    if resource.is_custom:
        if resource.has_status:
            document.pop("status", None)
    elif resource.has_status:
        # There from the start, as clients expect that read a field of it at once.
        document["status"] = {}


def carry_over(resource: AnyResourceType, new: Document, old: Document) -> None:
    """Keep, in place, what an update may not change; the caller's uid must be the object's."""
    metadata, old_metadata = metadata_of(new), mapping_in(old, "metadata")
    given_uid, uid = text_in(metadata, "uid"), text_in(old_metadata, "uid")
    if given_uid and given_uid != uid:
        detail = f"Precondition failed: UID in precondition: {given_uid}, UID in object meta: {uid}"
        raise conflict(resource.plural, resource.group, text_in(old_metadata, "name"), detail)
    given_namespace, namespace = text_in(metadata, "namespace"), text_in(old_metadata, "namespace")
    if given_namespace and given_namespace != namespace:
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    if namespace:
        metadata["namespace"] = namespace
    metadata["name"] = old_metadata["name"]
    for name in SERVER_FIELDS:
        metadata.pop(name, None)
    for name in (*KEPT_FIELDS, "generateName"):
        if name in old_metadata:
            metadata[name] = old_metadata[name]
        elif name != "generateName":
            metadata.pop(name, None)


def keep_status(new: Document, old: Document) -> None:
    """Undo, in place, what an update of the object itself did to its status."""
    if "status" in old:
        new["status"] = old["status"]
    else:
        new.pop("status", None)


def raise_generation(resource: AnyResourceType, new: Document, old: Document) -> None:
    """Count, in place, that the wish (all but metadata and, where it is written apart, status) has changed."""
    names = (new.keys() | old.keys()) - {"metadata", "kind", "apiVersion"}
    if resource.has_status or not resource.is_custom:
        names.discard("status")
    if any(new.get(name) != old.get(name) for name in names):
        bump_generation(metadata_of(new))


def bump_generation(metadata: Document) -> None:
    """One more generation, for kinds that count them."""
    generation = metadata.get("generation")
    if isinstance(generation, int):
        metadata["generation"] = generation + 1


def finalizers_of(document: Document) -> list[object]:
    """Who must finish before the object may go: metadata.finalizers, and a namespace's spec.finalizers."""
    return list_in(mapping_in(document, "metadata"), "finalizers") + list_in(mapping_in(document, "spec"), "finalizers")


def is_finished(document: Document) -> bool:
    """Whether an object that is being deleted has nothing left to wait for."""
    metadata = mapping_in(document, "metadata")
    return (
        "deletionTimestamp" in metadata
        and not metadata.get("deletionGracePeriodSeconds")
        and not finalizers_of(document)
    )


def mark_deleted(metadata: Document, grace_s: int, now_s: float) -> None:
    """Note, in place, that the object shall go within `grace_s` seconds."""
    metadata["deletionTimestamp"] = format_time(now_s + grace_s)
    metadata["deletionGracePeriodSeconds"] = grace_s


def set_propagation(metadata: Document, propagation: str) -> None:
    """Set, in place, the finalizer that tells the garbage collector what to do with dependents."""
    if not propagation:
        return
    finalizers = [name for name in list_in(metadata, "finalizers") if name not in PROPAGATION_FINALIZERS]
    if propagation == "Orphan":
        finalizers.append(ORPHAN_FINALIZER)
    elif propagation == "Foreground":
        finalizers.append(FOREGROUND_FINALIZER)
    if finalizers:
        metadata["finalizers"] = finalizers
    else:
        metadata.pop("finalizers", None)
