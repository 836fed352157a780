"""Answers made by joining bytes: an object as stored becomes an object as sent, without being parsed.

An object is stored without kind, apiVersion and resourceVersion (the first two are the same for all of
its kind, the third is the store's own number), and always begins with `{"metadata":{`:

    stored      {"metadata":{"name":"web"},"spec":{}}
    as object   {"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"web"},"spec":{}}
    in a list   {"metadata":{"resourceVersion":"7","name":"web"},"spec":{}}
    in a watch  {"type":"ADDED","object":{...as object...}}

The same bytes serve every watcher, so a change costs one join, however many look on.
"""

from __future__ import annotations

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.resource_type import AnyResourceType

STORED_PREFIX = b'{"metadata":{'
LIST_ITEM_HEADER = STORED_PREFIX


class _Whole(msgspec.Struct):
    metadata: msgspec.Raw


_whole = msgspec.json.Decoder(_Whole)

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark that says: you have seen everything there was when you came."""


def header_for(resource: AnyResourceType) -> bytes:
    """What an object of this kind begins with on the wire."""
    return header(resource.api_version, resource.kind)


def header(api_version: str, kind: str) -> bytes:
    """The same for any kind."""
    return b'{"kind":%b,"apiVersion":%b,"metadata":{' % (orjson.dumps(kind), orjson.dumps(api_version))


def with_resource_version(header: bytes, stored: bytes, revision: int) -> bytes:
    """The object as sent. `header` is that of its kind, or LIST_ITEM_HEADER."""
    start = len(STORED_PREFIX)
    separator = b"" if stored[start : start + 1] == b"}" else b","
    return b'%b"resourceVersion":"%d"%b%b' % (header, revision, separator, stored[start:])


def partial_bytes(header: bytes, stored: bytes, revision: int) -> bytes:
    """Only the metadata of an object, as sent; revision 0 (a dry run's) shows no resourceVersion."""
    metadata = _whole.decode(stored).metadata
    if not revision:
        return b"%b%b}" % (header, bytes(metadata)[1:])
    separator = b"" if len(metadata) == len(b"{}") else b","
    return b'%b"resourceVersion":"%d"%b%b}' % (header, revision, separator, bytes(metadata)[1:])


def stored_bytes(document: Document) -> bytes:
    """The object as stored."""
    metadata = document.get("metadata")
    assert isinstance(metadata, dict)
    kept: Document = {"metadata": {key: value for key, value in metadata.items() if key != "resourceVersion"}}
    for key, value in document.items():
        if key not in {"kind", "apiVersion", "metadata"}:
            kept[key] = value
    return orjson.dumps(kept)


def event_line(event_type: str, header: bytes, stored: bytes, revision: int) -> bytes:
    """One line of a watch. `event_type` is ADDED, MODIFIED or DELETED."""
    return b'{"type":"%b","object":%b}\n' % (
        event_type.encode(),
        with_resource_version(header, stored, revision),
    )


def document_line(event_type: str, document: Document) -> bytes:
    """One line of a watch for an object in another form (a Table, only its metadata)."""
    return bytes_line(event_type, orjson.dumps(document))


def bytes_line(event_type: str, shown: bytes) -> bytes:
    """The same for one that is in bytes already."""
    return b'{"type":"%b","object":%b}\n' % (event_type.encode(), shown)


def bookmark_line(header: bytes, revision: int, *, initial_events_end: bool = False) -> bytes:
    """A line that says: everything up to this revision has been sent."""
    annotations = b',"annotations":{"%b":"true"}' % INITIAL_EVENTS_END.encode() if initial_events_end else b""
    return b'{"type":"BOOKMARK","object":%b"resourceVersion":"%d"%b}}}\n' % (header, revision, annotations)


def error_line(error: StatusError) -> bytes:
    """The last line of a watch that failed."""
    return b'{"type":"ERROR","object":%b}\n' % error.to_bytes().rstrip(b"\n")
