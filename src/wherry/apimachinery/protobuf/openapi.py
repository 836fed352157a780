"""Writes the description of an API, which is JSON, in the protobuf form that clients know it by.

The form is that of gnostic (openapi.json has its field numbers; scripts/generate-protobuf-table makes it): whatever
is a JSON object with fixed names is a message with fields of the same names, and these are the exceptions:

- An object with free names (schemas, properties, paths) is a list of pairs of a name and a value.
- Names that begin with `x-` are such pairs beside the other fields; their values are text, which is YAML.
- Where JSON has one of several things, a message says by its only field which of them it is.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.layout import FIXED_64, LENGTH, VARINT
from wherry.apimachinery.protobuf.special_bytes import chunk, varint

Version = Literal["v2", "v3"]

_EXTENSIONS = ("vendorExtension", "specificationExtension")
_REFERENCES = ("reference", "jsonReference")
_OTHERS = "additionalProperties"
_PARAMETERS = {
    "header": "headerParameterSubSchema",
    "formData": "formDataParameterSubSchema",
    "query": "queryParameterSubSchema",
    "path": "pathParameterSubSchema",
}


class _Field(msgspec.Struct, array_like=True, frozen=True):
    number: int
    type: str


class _Tables(msgspec.Struct):
    v2: dict[str, dict[str, _Field]]
    v3: dict[str, dict[str, _Field]]


def encode_openapi(document: Document, version: Version) -> bytes:
    """The description as a gnostic Document; `version` is the one of OpenAPI."""
    tables = _tables()
    return _Writer(tables.v2 if version == "v2" else tables.v3).message("Document", document)


@cache
def _tables() -> _Tables:
    return msgspec.json.decode(Path(__file__).with_name("openapi.json").read_bytes(), type=_Tables)


class _Writer:
    """Writes the messages of one version."""

    def __init__(self, messages: dict[str, dict[str, _Field]]) -> None:
        self._messages = messages

    def message(self, name: str, value: object) -> bytes:
        """The bytes of a message, without tag and length."""
        fields = self._messages[name]
        if name == "Any":
            return chunk(b"\x12", orjson.dumps(value) + b"\n")
        chosen = _choice(name, fields, value)
        if chosen:
            return self._field(fields[chosen], value)
        if chosen is None:
            return b""
        if not isinstance(value, dict) or name == "ItemsItem":
            # A type or an item may be one or several.
            (field,) = fields.values()
            return self._field(field, value if isinstance(value, list) else [value])
        return self._object(fields, value)

    def _object(self, fields: dict[str, _Field], value: Document) -> bytes:
        written: list[bytes] = []
        is_map = _OTHERS in fields and fields[_OTHERS].type.startswith("[]Named")
        for key, item in value.items():
            field = None if is_map else fields.get(key)
            if field is not None:
                written.append(self._field(field, item))
                continue
            others = _field_of_others(fields, key)
            if others is not None:
                written.append(self._pair(others, key, item))
        return b"".join(written)

    def _pair(self, field: _Field, key: str, value: object) -> bytes:
        named = self._messages[field.type[2:]]
        pair = chunk(b"\x0a", key.encode()) + self._field(named["value"], value)
        return chunk(varint(field.number << 3 | LENGTH), pair)

    def _field(self, field: _Field, value: object) -> bytes:
        if field.type.startswith("[]"):
            one = _Field(field.number, field.type[2:])
            assert isinstance(value, list)
            return b"".join([self._field(one, each) for each in value])
        match field.type:
            case "string":
                return chunk(varint(field.number << 3 | LENGTH), str(value).encode())
            case "bool":
                return varint(field.number << 3 | VARINT) + b"\x01" if value else b""
            case "int64":
                assert isinstance(value, int)
                return varint(field.number << 3 | VARINT) + varint(value)
            case "double":
                assert isinstance(value, int | float)
                return varint(field.number << 3 | FIXED_64) + struct.pack("<d", value)
            case message:
                return chunk(varint(field.number << 3 | LENGTH), self.message(message, value))


def _choice(name: str, fields: dict[str, _Field], value: object) -> str | None:
    """Which field of a message says what `value` is; "" for a message that is no choice, None if none can."""
    reference = next((each for each in _REFERENCES if each in fields), "")
    if reference and len(fields) == 2:
        other = next(each for each in fields if each != reference)
        return reference if isinstance(value, dict) and "$ref" in value else other
    match name:
        case "AdditionalPropertiesItem":
            return "boolean" if isinstance(value, bool) else next(iter(fields))
        case "DefaultType":
            return _type_name(value)
        case "Parameter" if "bodyParameter" in fields:
            assert isinstance(value, dict)
            return "bodyParameter" if value.get("in") == "body" else "nonBodyParameter"
        case "NonBodyParameter":
            assert isinstance(value, dict)
            return _PARAMETERS[str(value["in"])]
        case "SchemaItem":
            return "schema"
        case "SecurityDefinitionsItem":
            return "apiKeySecurity"
        case _:
            return ""


def _type_name(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) else None


def _field_of_others(fields: dict[str, _Field], key: str) -> _Field | None:
    """Where names go that are no fields."""
    if key.startswith("x-"):
        extension = next((each for each in _EXTENSIONS if each in fields), "")
        if extension:
            return fields[extension]
    pairs = (field for name, field in fields.items() if field.type.startswith("[]Named") and name not in _EXTENSIONS)
    return next(pairs, None)
