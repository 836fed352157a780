"""From stored bytes to the wire and back, without parsing where that can be avoided.

An object is stored without kind, apiVersion and resourceVersion and begins with `{"metadata":{`.
The answer to a GET is spliced: the kind's head, the revision, and the stored bytes from there on.
So one copy of the bytes serves every representation, and a version bump rewrites nothing.
"""

from __future__ import annotations

from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.store.interface import KeyValue

HEAD = b'{"metadata":{'
HEAD_SIZE = len(HEAD)


@lru_cache(maxsize=4096)
def collection_prefix(group: str, plural: str) -> str:
    """The start of the keys of all objects of a kind."""
    return f"/{group or 'core'}/{plural}/"


def prefix_of(resource: AnyResourceType, namespace: str = "") -> str:
    """The start of the keys of a kind's objects, in one namespace or ("") in all."""
    prefix = collection_prefix(resource.group, resource.plural)
    return f"{prefix}{namespace}/" if namespace and resource.namespaced else prefix


def key_of(resource: AnyResourceType, namespace: str, name: str) -> str:
    """An object's key in the store."""
    if resource.namespaced:
        return f"{collection_prefix(resource.group, resource.plural)}{namespace}/{name}"
    return collection_prefix(resource.group, resource.plural) + name


def name_in(key: str) -> str:
    """The object's name, from its key."""
    return key[key.rfind("/") + 1 :]


def namespace_in(resource: AnyResourceType, key: str) -> str:
    """The object's namespace, from its key; "" for cluster-wide kinds."""
    return key.split("/", 4)[3] if resource.namespaced else ""


@lru_cache(maxsize=4096)
def _head_for(kind: str, api_version: str) -> bytes:
    return b'{"kind":%b,"apiVersion":%b,"metadata":{' % (orjson.dumps(kind), orjson.dumps(api_version))


def object_bytes(resource: AnyResourceType, item: KeyValue) -> bytes:
    """The object as a GET answers it; revision 0 (a dry run's) shows no resourceVersion."""
    head = _head_for(resource.kind, resource.api_version)
    if not item.revision:
        return b"%b%b\n" % (head, item.value[HEAD_SIZE:])
    return b'%b"resourceVersion":"%d",%b\n' % (head, item.revision, item.value[HEAD_SIZE:])


def item_bytes(item: KeyValue) -> bytes:
    """The object as it stands in a list: without kind and apiVersion."""
    return b'{"metadata":{"resourceVersion":"%d",%b' % (item.revision, item.value[HEAD_SIZE:])


def event_bytes(resource: AnyResourceType, event_type: bytes, value: bytes, revision: int) -> bytes:
    """One line of a watch."""
    head = _head_for(resource.kind, resource.api_version)
    return b'{"type":"%b","object":%b"resourceVersion":"%d",%b}\n' % (event_type, head, revision, value[HEAD_SIZE:])


def list_head(kind: str, api_version: str, revision: int, continue_token: str = "", remaining: int = 0) -> bytes:
    """The start of a list, up to its first item."""
    metadata: Document = {"resourceVersion": str(revision)}
    if continue_token:
        metadata["continue"] = continue_token
        if remaining:
            metadata["remainingItemCount"] = remaining
    return b'%b%b,"items":[' % (_head_for(kind, api_version)[:-1], orjson.dumps(metadata))


def document_from_item(resource: AnyResourceType, item: KeyValue) -> Document:
    """The whole object as plain data; the caller may change it."""
    stored: Document = orjson.loads(item.value)
    metadata = stored["metadata"]
    assert isinstance(metadata, dict)
    metadata["resourceVersion"] = str(item.revision)
    return {"kind": resource.kind, "apiVersion": resource.api_version, **stored}


def value_from_document(document: Document) -> bytes:
    """The bytes to store."""
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    stored: Document = {"metadata": {name: value for name, value in metadata.items() if name != "resourceVersion"}}
    for name, value in document.items():
        if name not in ("kind", "apiVersion", "metadata"):
            stored[name] = value
    encoded = orjson.dumps(stored)
    assert encoded.startswith(HEAD)
    # orjson hands out an oversized buffer; a copy keeps 3 KB per object instead of 8.
    return b"%b" % encoded


def metadata_of(document: Document) -> Document:
    """The object's metadata, made a mapping if it is absent; the caller may change it."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
        document["metadata"] = metadata
    return metadata


def mapping_in(document: Document, name: str) -> Document:
    """A field that is an object; an empty one when it is absent (not stored back)."""
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def list_in(document: Document, name: str) -> list[object]:
    """A field that is a list; an empty one when it is absent (not stored back)."""
    value = document.get(name)
    return value if isinstance(value, list) else []


def text_in(document: Document, name: str) -> str:
    """A field that is text; "" when it is absent."""
    value = document.get(name)
    return value if isinstance(value, str) else ""
