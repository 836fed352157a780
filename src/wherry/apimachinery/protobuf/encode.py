"""Writes Kubernetes' protobuf: an object, its envelope, the frames of a watch.

The bytes are those that Go writes: fields by number, maps by key, and what is no pointer in Go always, zero or
not. Objects have passed the schema of their kind before they come here, so nothing is checked again.
"""

from __future__ import annotations

from collections.abc import Iterable

from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.compile import encoder
from wherry.apimachinery.protobuf.decode import MAGIC
from wherry.apimachinery.protobuf.layout import message_for
from wherry.apimachinery.protobuf.special_bytes import chunk

# Content encoding and content type, which nobody fills in.
_ENVELOPE_END = b"\x1a\x00\x22\x00"
_ITEM_TAG = b"\x12"


def is_encodable(api_version: str, kind: str) -> bool:
    """Whether Kubernetes has a protobuf form of this kind: all built-in ones but Table."""
    return bool(message_for(api_version, kind))


def encode_object(document: Document) -> bytes:
    """A whole body: the object in its envelope.

    Raises:
        KeyError: its kind has no protobuf form.
    """
    api_version, kind = str(document.get("apiVersion", "")), str(document.get("kind", ""))
    return seal(api_version, kind, [encode_message(message_for(api_version, kind), document)])


def encode_message(name: str, document: Document) -> bytes:
    """The bytes of a message (`apps/v1.Deployment`) without an envelope. Raises KeyError for an unknown one."""
    return encoder(name)(document)


def seal(api_version: str, kind: str, pieces: list[bytes]) -> bytes:
    """The envelope around an object that has been written in `pieces`."""
    size_bytes = sum(map(len, pieces))
    return b"".join([*envelope_start(api_version, kind, size_bytes), *pieces, _ENVELOPE_END])


def list_pieces(api_version: str, kind: str, metadata: Document, items: Iterable[bytes]) -> list[bytes]:
    """A whole body that holds a list, in pieces; `items` are the bytes of its objects without envelopes."""
    pieces = [chunk(b"\x0a", encode_message("meta/v1.ListMeta", metadata))]
    pieces.extend([chunk(_ITEM_TAG, item) for item in items])
    return [*envelope_start(api_version, kind, sum(map(len, pieces))), *pieces, _ENVELOPE_END]


def envelope_start(api_version: str, kind: str, size_bytes: int) -> list[bytes]:
    """What stands in front of an object of `size_bytes` bytes."""
    from wherry.apimachinery.protobuf.special_bytes import varint

    meta = chunk(b"\x0a", api_version.encode()) + chunk(b"\x12", kind.encode())
    return [MAGIC, chunk(b"\x0a", meta), b"\x12", varint(size_bytes)]


def watch_frame(event_type: str, sealed: bytes) -> bytes:
    """One event of a watch: four bytes of length, and a WatchEvent around an object in its envelope."""
    event = chunk(b"\x0a", event_type.encode()) + chunk(b"\x12", chunk(b"\x0a", sealed))
    return len(event).to_bytes(4, "big") + event
