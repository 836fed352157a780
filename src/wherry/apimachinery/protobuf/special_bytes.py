"""Values that look different in protobuf: the way back from what special.py makes of them.

Each function gets a JSON value and returns the bytes of its message, without tag and length.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_API_EXTENSIONS = "apiextensions.k8s.io/v1"

# Texts of times come back often: all objects of a rollout were created in the same few seconds.
TIMES_MAX = 4096

Writer = Callable[[object], bytes]
"""The bytes of a message that is a value in JSON."""


def varint(number: int) -> bytes:
    """A whole number, seven bits a byte, the lowest first; a negative one as if it had 64 bits."""
    if 0 <= number < 128:
        return number.to_bytes(1, "big")
    number %= 1 << 64
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def chunk(tag: bytes, content: bytes) -> bytes:
    """A field whose length stands before it."""
    return tag + varint(len(content)) + content


@lru_cache(maxsize=TIMES_MAX)
def _time(value: object) -> bytes:
    if not value:
        return b""
    since = datetime.fromisoformat(str(value)) - _EPOCH
    seconds, rest = divmod(since, _SECOND)
    return b"\x08%b\x10%b" % (varint(seconds), varint(rest.microseconds * 1000))


def _int_or_string(value: object) -> bytes:
    if isinstance(value, int):
        return b"\x08\x00\x10%b\x1a\x00" % varint(value)
    return b"\x08\x01\x10\x00" + chunk(b"\x1a", str(value).encode())


def _quantity(value: object) -> bytes:
    return chunk(b"\x0a", str(value).encode())


def _json(value: object) -> bytes:
    return chunk(b"\x0a", orjson.dumps(value))


def _texts(value: object) -> bytes:
    assert isinstance(value, list)
    return b"".join([chunk(b"\x0a", str(each).encode()) for each in value])


WRITERS: dict[str, Writer] = {
    "meta/v1.Time": _time,
    "meta/v1.MicroTime": _time,
    "intstr.IntOrString": _int_or_string,
    "resource.Quantity": _quantity,
    "resource.QuantityValue": _quantity,
    "runtime.RawExtension": _json,
    "meta/v1.FieldsV1": _json,
    "meta/v1.Verbs": _texts,
    "authentication.k8s.io/v1.ExtraValue": _texts,
    "authorization.k8s.io/v1.ExtraValue": _texts,
    "certificates.k8s.io/v1.ExtraValue": _texts,
    f"{_API_EXTENSIONS}.JSON": _json,
}
"""The messages that are written by code of their own."""


def _schema_or_bool(value: object) -> Document:
    return {"allows": True, "schema": value} if isinstance(value, dict) else {"allows": value}


def _schema_or_schemas(value: object) -> Document:
    return {"jSONSchemas" if isinstance(value, list) else "schema": value}


def _schema_or_texts(value: object) -> Document:
    return {"property" if isinstance(value, list) else "schema": value}


CHOICES: dict[str, Callable[[object], Document]] = {
    f"{_API_EXTENSIONS}.JSONSchemaPropsOrBool": _schema_or_bool,
    f"{_API_EXTENSIONS}.JSONSchemaPropsOrArray": _schema_or_schemas,
    f"{_API_EXTENSIONS}.JSONSchemaPropsOrStringArray": _schema_or_texts,
}
"""The messages that JSON shows as one of several types, and the fields that they really have."""

EMPTY: dict[str, bytes] = {
    "intstr.IntOrString": b"\x08\x00\x10\x00\x1a\x00",
    "resource.Quantity": b"\x0a\x010",
    "resource.QuantityValue": b"\x0a\x010",
}
"""What Go writes for such a value that nobody has given, where that is not nothing."""
