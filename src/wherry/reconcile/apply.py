"""Performs one action at the API server and says what the caches must show before the next plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Conflict, NotFound, StatusError
from wherry.apimachinery.meta import ObjectKey, ObjectMeta
from wherry.apimachinery.patch.merge_patch import create_merge_patch
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.indexer import meta_of
from wherry.reconcile.actions import (
    Action,
    Create,
    Delete,
    DeleteCollection,
    LiveObject,
    Patch,
    PatchStatus,
    Perform,
    Update,
)


class StillThere(Exception):
    """An object whose absence was the reason for a deletion exists after all."""

    def __init__(self, found: LiveObject) -> None:
        """`found` is that object."""
        super().__init__(f"{found.resource.kind} {ObjectKey(found.namespace, found.name)} exists")


@dataclass(frozen=True, slots=True)
class Write:
    """A change that has been made: the cache of `resource` shows it from `revision` on.

    A deletion may tell no revision (0): it shows when the object with `uid` is gone from `key`, or marked.
    """

    resource: AnyResourceType
    revision: int
    key: ObjectKey
    uid: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of an action: the object's name, and the write to wait for (None: nothing has changed)."""

    name: str
    write: Write | None = None
    changed: bool = True


async def apply(client: Client, action: Action) -> Applied:
    """Perform `action`. Emit and Requeue are the manager's own and change nothing here.

    Raises:
        Conflict: a condition of the action does not hold any more; plan again.
        StillThere: see Delete.unless.
        StatusError: everything else the API server refuses.
    """
    match action:
        case Create():
            return await _create(client, action)
        case Patch():
            return await _patch(client, action)
        case PatchStatus():
            return await _patch_status(client, action)
        case Update():
            await _require_absent(client, action.unless)
            answer = await client.update_document(
                action.resource, action.document, action.namespace, subresource=action.subresource
            )
            meta = _meta_of_document(answer)
            return Applied(meta.name, _write(action.resource, meta))
        case Delete():
            return await _delete(client, action)
        case DeleteCollection():
            # Said aloud: some kinds would keep what belongs to them.
            await client.delete_collection(action.resource, action.namespace, propagation="Background")
            return Applied("")
        case Perform():
            await _require_absent(client, action.unless)
            await action.do()
            return Applied(action.name)
        case _:
            return Applied("", changed=False)


def is_namespace_terminating(error: StatusError) -> bool:
    """Whether the refusal means that the namespace is going away (or gone), so that trying again is pointless."""
    if isinstance(error, NotFound) and error.kind == "namespaces":
        return True
    return any(cause.get("reason") == "NamespaceTerminating" for cause in error.causes)


async def _create(client: Client, action: Create) -> Applied:
    try:
        created = meta_of(await client.create(action.resource, action.document, action.namespace))
    except AlreadyExists:
        if not action.exists_ok:
            raise
        return Applied(_meta_of_document(action.document).name, changed=False)
    return Applied(created.name, _write(action.resource, created))


async def _patch(client: Client, action: Patch) -> Applied:
    patch = _conditional(action.patch, action.resource_version)
    if not action.patch:
        return Applied(action.name, changed=False)
    try:
        patched = await client.patch(
            action.resource, action.name, patch, action.namespace, subresource=action.subresource
        )
    except NotFound:
        # It is gone; its deletion will have the key planned again.
        return Applied(action.name, changed=False)
    return Applied(action.name, _write(action.resource, meta_of(patched)))


@cache
def _required_names(struct: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(struct) if field.required)


async def _patch_status(client: Client, action: PatchStatus) -> Applied:
    new = _fields(action.new)
    changes = create_merge_patch(_fields(action.old), new)
    if not changes:
        return Applied(action.name, changed=False)
    # What a status must have is sent even when it is as it was: the stored object may have no status yet.
    changes |= {name: new[name] for name in _required_names(type(action.new))}
    return await _patch(
        client,
        Patch(
            action.resource,
            action.namespace,
            action.name,
            {"status": changes},
            action.why,
            subresource="status",
            resource_version=action.resource_version,
        ),
    )


async def _delete(client: Client, action: Delete) -> Applied:
    await _require_absent(client, action.unless)
    try:
        answer = await client.delete(
            action.resource,
            action.name,
            action.namespace,
            uid=action.uid,
            grace_period_s=action.grace_period_s,
            propagation=action.propagation,
        )
    except NotFound:
        return Applied(action.name, changed=False)
    except Conflict:
        if not action.uid:
            raise
        # A namesake holds the name: the object that was meant is gone.
        return Applied(action.name, changed=False)
    meta = _meta_of_document(answer)
    revision = _revision(meta) if meta.deletion_timestamp else 0
    key = ObjectKey(action.namespace, action.name)
    return Applied(action.name, Write(action.resource, revision, key, action.uid or meta.uid))


async def _require_absent(client: Client, others: Sequence[LiveObject]) -> None:
    for other in others:
        if await _exists(client, other):
            raise StillThere(other)


async def _exists(client: Client, other: LiveObject) -> bool:
    try:
        if not other.name:
            return bool((await client.list(other.resource, other.namespace, limit=1)).items)
        found = meta_of(await client.get(other.resource, other.name, other.namespace))
    except NotFound:
        return False
    return other.uid in ("", found.uid)


def _conditional(patch: Document, resource_version: str) -> Document:
    if not resource_version:
        return patch
    metadata = patch.get("metadata")
    fields = metadata if isinstance(metadata, dict) else {}
    return {**patch, "metadata": {**fields, "resourceVersion": resource_version}}


class _WithMeta(msgspec.Struct):
    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)


def _meta_of_document(document: Document) -> ObjectMeta:
    return msgspec.convert(document, _WithMeta).metadata


def _revision(meta: ObjectMeta) -> int:
    return int(meta.resource_version) if meta.resource_version.isdigit() else 0


def _write(resource: AnyResourceType, meta: ObjectMeta) -> Write:
    return Write(resource, _revision(meta), meta.key, meta.uid)


def _fields(status: msgspec.Struct) -> Document:
    fields = orjson.loads(msgspec.json.encode(status))
    assert isinstance(fields, dict)
    return fields
