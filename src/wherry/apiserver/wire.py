"""From stored bytes to the wire and back, without parsing where that can be avoided.

The form of the stored bytes is described in apimachinery/watch_event.py; here are the keys under which
they are stored, and the answers spliced from them.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import RequestEntityTooLarge
from wherry.apimachinery.resource_type import AnyResourceType, Storage
from wherry.apimachinery.watch_event import LIST_ITEM_HEADER, header, partial_bytes, stored_bytes, with_resource_version
from wherry.store.interface import KeyValue

META_GROUP = "meta.k8s.io"
# What etcd takes by default (--max-request-bytes), and clients count on.
STORED_BYTES_MAX = 3 * 512 * 1024
# So many values in another form than the stored one are remembered, 3 KB each.
CONVERTED_MAX = 1024
_converted: OrderedDict[tuple[Storage, bytes], bytes] = OrderedDict()


@lru_cache(maxsize=4096)
def collection_prefix(group: str, plural: str) -> str:
    """The start of the keys of all objects of a kind."""
    return f"/{group or 'core'}/{plural}/"


def prefix_of(resource: AnyResourceType, namespace: str = "") -> str:
    """The start of the keys of a kind's objects, in one namespace or ("") in all."""
    prefix = collection_of(resource)
    return f"{prefix}{namespace}/" if namespace and resource.namespaced else prefix


def collection_of(resource: AnyResourceType) -> str:
    """The start of the keys of all objects of a kind, whatever version stores them."""
    place = resource.storage or resource
    return collection_prefix(place.group, place.plural)


def key_of(resource: AnyResourceType, namespace: str, name: str) -> str:
    """An object's key in the store."""
    if resource.namespaced:
        return f"{collection_of(resource)}{namespace}/{name}"
    return collection_of(resource) + name


def name_in(key: str) -> str:
    """The object's name, from its key."""
    return key[key.rfind("/") + 1 :]


def namespace_in(resource: AnyResourceType, key: str) -> str:
    """The object's namespace, from its key; "" for cluster-wide kinds."""
    return key.split("/", 4)[3] if resource.namespaced else ""


@lru_cache(maxsize=4096)
def _header(api_version: str, kind: str) -> bytes:
    return header(api_version, kind)


def header_of(resource: AnyResourceType) -> bytes:
    """What an object of this kind begins with on the wire."""
    return _header(resource.api_version, resource.kind)


def served_value(resource: AnyResourceType, value: bytes) -> bytes:
    """A stored value in the form of the version that is asked for; nearly always the same bytes."""
    storage = resource.storage
    if storage is None or storage.from_stored is None:
        return value
    key = (storage, value)
    found = _converted.get(key)
    if found is None:
        found = _converted[key] = stored_bytes(storage.from_stored(orjson.loads(value)))
        if len(_converted) > CONVERTED_MAX:
            _converted.popitem(last=False)
    return found


def object_bytes(resource: AnyResourceType, item: KeyValue) -> bytes:
    """The object as a GET answers it; revision 0 (a dry run's) shows no resourceVersion."""
    value = served_value(resource, item.value)
    if not item.revision:
        return b"%b%b\n" % (header_of(resource), value[len(LIST_ITEM_HEADER) :])
    return with_resource_version(header_of(resource), value, item.revision) + b"\n"


def item_bytes(resource: AnyResourceType, item: KeyValue) -> bytes:
    """The object as it stands in a list: without kind and apiVersion, unless its kind is a user's own (as upstream)."""
    header = header_of(resource) if resource.is_custom else LIST_ITEM_HEADER
    return with_resource_version(header, served_value(resource, item.value), item.revision)


def partial_item_bytes(item: KeyValue, version: str) -> bytes:
    """Only the metadata of an object, as PartialObjectMetadata of meta.k8s.io/`version`; no version changes it."""
    return partial_bytes(_header(f"{META_GROUP}/{version}", "PartialObjectMetadata"), item.value, item.revision)


def list_head(kind: str, api_version: str, metadata: Document) -> bytes:
    """The start of a list, up to its first item."""
    return b'{"kind":%b,"apiVersion":%b,"metadata":%b,"items":[' % (
        orjson.dumps(kind),
        orjson.dumps(api_version),
        orjson.dumps(metadata),
    )


def document_from_item(resource: AnyResourceType, item: KeyValue) -> Document:
    """The whole object as plain data; the caller may change it."""
    stored: Document = orjson.loads(item.value)
    if resource.storage is not None and resource.storage.from_stored is not None:
        stored = resource.storage.from_stored(stored)
    metadata = stored["metadata"]
    assert isinstance(metadata, dict)
    metadata["resourceVersion"] = str(item.revision)
    return {"kind": resource.kind, "apiVersion": resource.api_version, **stored}


def value_from_document(resource: AnyResourceType, document: Document) -> bytes:
    """The bytes to store. Raises RequestEntityTooLarge."""
    if resource.storage is not None and resource.storage.to_stored is not None:
        document = resource.storage.to_stored(document)
    # orjson hands out an oversized buffer; a copy keeps 3 KB per object instead of 8.
    value = b"%b" % stored_bytes(document)
    refuse_large(len(value))
    return value


def refuse_large(size_bytes: int) -> None:
    """Raise RequestEntityTooLarge for an object that is larger than one may be."""
    if size_bytes > STORED_BYTES_MAX:
        # Clients know this answer by the one or the other half of it.
        raise RequestEntityTooLarge(
            f"Request entity too large: limit is {STORED_BYTES_MAX} (etcdserver: request is too large)"
        )


def refuse_hopeless(body: bytes, document: Document) -> None:
    """The same before any work is done for it: what a client has sent is too large, and will only grow."""
    if len(body) > STORED_BYTES_MAX:
        refuse_large(len(orjson.dumps(document)))


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
