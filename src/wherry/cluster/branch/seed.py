"""The state that a branch starts from: everything that somebody may see, read through the public API.

Any Kubernetes cluster can be the stem. What a person may not see is not in their branch, and `hidden` names it. Left
out on purpose: Events and Leases (nobody decides by old ones) and Secrets (nothing in a branch needs their values).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import msgspec
import orjson

from wherry.api.apiextensions.customresourcedefinition import CUSTOM_RESOURCE_DEFINITIONS
from wherry.api.core.pod import PODS
from wherry.api.custom_object import kind_declared_by
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.errors import Forbidden, MethodNotAllowed, NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.watch_event import stored_bytes
from wherry.apiserver.wire import collection_of, key_of
from wherry.client.client import Client
from wherry.client.past import list_whole
from wherry.client.served import is_missing
from wherry.store.memory import MemoryStore

LEFT_OUT = frozenset({"Event", "Lease", "Secret", "ComponentStatus", "Binding", "CertificateSigningRequest"})


class Entry(Struct):
    """One object: its key in a store, and its bytes as a store keeps them."""

    key: str
    value: msgspec.Raw


class Seed(Struct):
    """A state as of a moment (seconds since 1970)."""

    now_s: float
    entries: tuple[Entry, ...]
    hidden: tuple[str, ...]


async def read_seed(client: Client, namespace: str = "") -> Seed:
    """Read the state; of one namespace and what belongs to none where `namespace` is named."""
    kinds = [*_seeded(RESOURCE_TYPES), *await _custom_kinds(client)]
    revision = await _revision(client, namespace)
    read = await asyncio.gather(*(_read_kind(client, kind, namespace, revision) for kind in kinds))
    hidden = tuple(sorted(kind.kind for kind, entries in zip(kinds, read, strict=True) if entries is None))
    return Seed(now_s=time.time(), entries=tuple(one for entries in read for one in entries or ()), hidden=hidden)


async def plant(seed: Seed, store: MemoryStore) -> None:
    """Put the state into an empty store; namespaces that could not be read are there because their objects are."""
    for entry in seed.entries:
        _ = await store.put(entry.key, bytes(entry.value))
    namespaces = {entry.key.split("/")[3] for entry in seed.entries if entry.key.count("/") == 4}
    for name in sorted({"default", *namespaces}):
        if await store.get(f"/core/namespaces/{name}") is None:
            metadata = {"name": name, "uid": f"unseen-{name}", "labels": {"kubernetes.io/metadata.name": name}}
            document = {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
            _ = await store.put(f"/core/namespaces/{name}", orjson.dumps(document))


def _seeded(kinds: Iterable[AnyResourceType]) -> list[AnyResourceType]:
    """One kind for each place in the store."""
    found: dict[str, AnyResourceType] = {}
    for kind in kinds:
        if kind.kind not in LEFT_OUT and {"list", "create"} <= set(kind.verbs) and kind.storage is None:
            found.setdefault(collection_of(kind), kind)
    return [*found.values()]


async def _custom_kinds(client: Client) -> list[AnyResourceType]:
    try:
        definitions = (await client.list(CUSTOM_RESOURCE_DEFINITIONS)).items
    except (Forbidden, NotFound):
        return []
    return [kind_declared_by(one) for one in definitions if any(version.served for version in one.spec.versions)]


async def _revision(client: Client, namespace: str) -> str:
    """The moment of which everything is read, so that no pod is without its owner; "" where nobody can say."""
    try:
        return (await client.list(PODS, namespace, limit=1)).resource_version
    except (Forbidden, NotFound):
        return ""


async def _read_kind(client: Client, kind: AnyResourceType, namespace: str, revision: str) -> list[Entry] | None:
    """A kind's objects, none where the cluster does not have the kind; None where this person may not see them."""
    try:
        documents = await list_whole(client, kind, at_revision=revision)
    except (Forbidden, NotFound, MethodNotAllowed) as error:
        if await is_missing(client, kind, error):
            return []
        if not (namespace and kind.namespaced):
            return None
        try:
            documents = await list_whole(client, kind, namespace, at_revision=revision)
        except (Forbidden, NotFound, MethodNotAllowed):
            return None
    entries = []
    for document in documents:
        metadata = document.get("metadata")
        if isinstance(metadata, dict):
            key = key_of(kind, str(metadata.get("namespace", "")), str(metadata.get("name", "")))
            entries.append(Entry(key=key, value=msgspec.Raw(stored_bytes(document))))
    return entries
