"""Reads Kubernetes' protobuf: an envelope that names the kind, and inside it the object.

The result is the document that the same client would have sent as JSON, so that nothing behind this module
knows the difference. Go writes every field that is no pointer, zero or not; whether a zero means something
is therefore decided by the table (layout.py), just as Go's JSON encoder decides it. What the table does not
know is skipped, as Kubernetes does.

Bodies come from anybody: whatever is wrong with them is a ValueError in the words of Kubernetes, and neither
depth nor the number of fields can make the reading long (a body of 3 MiB takes some 0.1 s at worst).
"""

from __future__ import annotations

import struct
from base64 import b64encode
from dataclasses import dataclass

from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.layout import (
    FIXED_32,
    FIXED_64,
    GROUP_END,
    GROUP_START,
    LENGTH,
    RAW,
    VARINT,
    Field,
    Message,
    message,
)
from wherry.apimachinery.protobuf.special import CONVERSIONS

MAGIC = b"k8s\x00"
"""With this begins every body in protobuf."""

DEPTH_MAX = 200
# The largest object that fits into a store of 1.5 MB has some 40,000.
FIELDS_MAX = 100_000

_UNEXPECTED_END = "unexpected EOF"
_TOO_MANY = f"the object has more than {FIELDS_MAX} fields"
_SIGN_64, _MODULUS_64 = 1 << 63, 1 << 64
_SIGN_32, _MODULUS_32 = 1 << 31, 1 << 32


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the outside of a body says: the kind, as the client wrote it ("" if it did not), and the object."""

    api_version: str
    kind: str
    raw: bytes


def open_envelope(body: bytes) -> Envelope:
    """The envelope of a body.

    Raises:
        ValueError: it does not begin as it must, or is cut off.
    """
    if not body:
        raise ValueError("empty data")
    if not body.startswith(MAGIC):
        raise ValueError(
            "provided data does not appear to be a protobuf message, "
            f"expected prefix [{' '.join(str(byte) for byte in MAGIC)}]"
        )
    if len(body) == len(MAGIC):
        raise ValueError("empty body")
    unknown = decode_message("runtime.Unknown", body[len(MAGIC) :])
    raw = unknown.get("raw", b"")
    assert isinstance(raw, bytes)
    return Envelope(str(unknown.get("apiVersion", "")), str(unknown.get("kind", "")), raw)


def decode_message(name: str, data: bytes, *, depth_max: int = DEPTH_MAX) -> Document:
    """The document in the bytes of a message (`apps/v1.Deployment`; see layout.message_for).

    Raises:
        ValueError: the bytes are no such message, hold text that is not UTF-8, nest deeper than `depth_max`
            levels of JSON or have more than FIELDS_MAX fields.
    """
    document: Document = {}
    try:
        _Reader(data).read(message(name), 0, len(data), document, depth_max - 1)
    except IndexError:
        raise ValueError(_UNEXPECTED_END) from None
    except UnicodeDecodeError:
        raise ValueError("a text is not UTF-8") from None
    return document


class _Reader:
    """Reads one message; positions are offsets in `data`, and nothing is read beyond the `end` that is given."""

    __slots__ = ("_data", "_fields_left")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._fields_left = FIELDS_MAX

    def read(self, layout: Message, position: int, end: int, into: Document, levels: int) -> None:
        """Read fields up to `end`, into a document that may hold some of them already (the last one counts)."""
        if levels < 0:
            raise ValueError("exceeded max depth")
        data, fields = self._data, layout.fields
        while position < end:
            self._fields_left -= 1
            if self._fields_left < 0:
                raise ValueError(_TOO_MANY)
            tag = data[position]
            position += 1
            if tag > 127:
                tag, position = _varint(data, position - 1)
            field = fields.get(tag)
            if field is None:
                position = self._skip(layout, tag, position, end)
                continue
            start = position
            if field.wire_type == FIXED_64:
                position += 8
            else:
                number = data[position]
                position += 1
                if number > 127:
                    number, position = _varint(data, position - 1)
                if field.wire_type == VARINT:
                    _place(field, _scalar(field.type, number), into)
                    if position > end:
                        raise ValueError(_UNEXPECTED_END)
                    continue
                start = position
                position += number
            if position > end:
                raise ValueError(_UNEXPECTED_END)
            self._read_bytes(field, start, position, into, levels)

    def _read_bytes(self, field: Field, start: int, end: int, into: Document, levels: int) -> None:
        if field.is_message:
            self._read_message(field, start, end, into, levels)
        elif field.is_packed:
            self._read_packed(field, start, end, into)
        elif field.type == "string":
            _place(field, self._data[start:end].decode(), into)
        elif field.type == "bytes":
            _place(field, b64encode(self._data[start:end]).decode(), into)
        elif field.type == RAW:
            _place(field, self._data[start:end], into)
        else:
            _place(field, _double(self._data[start:end]), into)

    def _read_message(self, field: Field, start: int, end: int, into: Document, levels: int) -> None:
        layout = message(field.type)
        if field.is_inline:
            self.read(layout, start, end, into, levels)
            return
        inside: Document = {}
        if field.is_map:
            entries = _child(into, field.name, {})
            self.read(layout, start, end, inside, levels - 1)
            entries[str(inside.get("key", ""))] = inside["value"] if "value" in inside else _absent(field)
            return
        convert = CONVERSIONS.get(field.type)
        if convert is not None:
            self.read(layout, start, end, inside, levels - 1)
            _place(field, convert(inside, levels - 1 - field.is_list), into)
            return
        if field.is_list:
            _append(into, field.name, inside)
        else:
            inside = _child(into, field.name, inside)
        self.read(layout, start, end, inside, levels - 1 - field.is_list)

    def _read_packed(self, field: Field, start: int, end: int, into: Document) -> None:
        position = start
        self._fields_left -= end - start
        if self._fields_left < 0:
            raise ValueError(_TOO_MANY)
        while position < end:
            if field.type == "double":
                _append(into, field.name, _double(self._data[position : min(position + 8, end)]))
                position += 8
                continue
            number, position = _varint(self._data, position)
            if position > end:
                raise ValueError(_UNEXPECTED_END)
            _append(into, field.name, _scalar(field.type, number))

    def _skip(self, layout: Message, tag: int, position: int, end: int) -> int:
        """Where the next field after one that the layout does not know begins."""
        number, wire_type = tag >> 3, tag & 7
        if wire_type == GROUP_END:
            raise ValueError("proto: wiretype end group for non-group")
        if not 0 < number < 1 << 29:
            raise ValueError(f"proto: illegal tag {number} (wire type {wire_type})")
        if number in layout.numbers:
            raise ValueError(f"proto: wrong wireType = {wire_type} for field {number}")
        groups = 0
        while True:
            if wire_type == VARINT:
                _, position = _varint(self._data, position)
            elif wire_type == LENGTH:
                size, position = _varint(self._data, position)
                position += size
            elif wire_type in (FIXED_32, FIXED_64):
                position += 4 if wire_type == FIXED_32 else 8
            elif wire_type in (GROUP_START, GROUP_END):
                groups += 1 if wire_type == GROUP_START else -1
            else:
                raise ValueError(f"proto: illegal wireType {wire_type}")
            if position > end:
                raise ValueError(_UNEXPECTED_END)
            if not groups:
                return position
            self._fields_left -= 1
            if self._fields_left < 0:
                raise ValueError(_TOO_MANY)
            tag, position = _varint(self._data, position)
            wire_type = tag & 7


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """The number that begins at `position`, and where it ends. Raises ValueError, IndexError at the end of data."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value % _MODULUS_64, position
        shift += 7
        if shift > 63:
            raise ValueError("proto: integer overflow")


def _scalar(type_name: str, number: int) -> bool | int:
    if type_name == "bool":
        return number != 0
    if type_name == "int32":
        return (number + _SIGN_32) % _MODULUS_32 - _SIGN_32
    return (number + _SIGN_64) % _MODULUS_64 - _SIGN_64


def _double(data: bytes) -> float:
    if len(data) < 8:
        raise ValueError(_UNEXPECTED_END)
    value: float = struct.unpack("<d", data)[0]
    if value - value:
        raise ValueError(f"json: unsupported value: {value}")
    return value


def _place(field: Field, value: object, into: Document) -> None:
    """Keep a value, unless it is a zero that says nothing."""
    if field.is_list:
        _append(into, field.name, value)
    elif value is not None and (value or field.keeps_zero):
        into[field.name] = value
    else:
        into.pop(field.name, None)


def _absent(field: Field) -> object:
    """What Go has for an entry of a map that came without a value, or with one that is nothing."""
    convert = CONVERSIONS.get(field.type[len("map<") : -len(">")])
    if convert is not None:
        return convert({}, 0)
    return {} if field.zero is None else field.zero


def _append(into: Document, name: str, value: object) -> None:
    values = into.setdefault(name, [])
    assert isinstance(values, list)
    values.append(value)


def _child(into: Document, name: str, new: Document) -> Document:
    child = into.setdefault(name, new)
    assert isinstance(child, dict)
    return child
