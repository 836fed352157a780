"""Messages that look different in JSON: times, quantities, numbers that may be names, JSON inside protobuf.

Each function gets the fields of such a message and returns its JSON value; None stands for nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson

from wherry.apimachinery.document import Document

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_API_EXTENSIONS = "apiextensions.k8s.io/v1"

Conversion = Callable[[Document, int], object]
"""The JSON value of a message's fields; the number says how many levels of JSON may still be inside."""


def _time(fields: Document, levels: int) -> object:
    return _moment(fields, "seconds")


def _micro_time(fields: Document, levels: int) -> object:
    return _moment(fields, "microseconds")


def _moment(fields: Document, precision: str) -> object:
    seconds, nanoseconds = fields.get("seconds", 0), fields.get("nanos", 0)
    assert isinstance(seconds, int)
    assert isinstance(nanoseconds, int)
    if not seconds and not nanoseconds:
        return None
    try:
        moment = _EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    except OverflowError:
        raise ValueError("Time.MarshalJSON: year outside of range [0,9999]") from None
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _int_or_string(fields: Document, levels: int) -> object:
    return fields.get("strVal", "") if fields.get("type") else fields.get("intVal", 0)


def _quantity(fields: Document, levels: int) -> object:
    return fields.get("string") or "0"


def _json(fields: Document, levels: int) -> object:
    # FieldsV1 writes its only field with a capital letter.
    raw = fields.get("raw") or fields.get("Raw")
    if not isinstance(raw, bytes):
        return None
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ValueError("an embedded value is not JSON") from None
    # Counting brackets is cheap, and nearly always tells enough.
    if raw.count(b"[") + raw.count(b"{") > levels and _is_deeper(value, levels):
        raise ValueError("exceeded max depth")
    return value


def _is_deeper(value: object, levels: int) -> bool:
    level = [value]
    for _ in range(levels + 1):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
        ]
    return bool(level)


def _items(fields: Document, levels: int) -> object:
    return fields.get("items", [])


def _schema_or_bool(fields: Document, levels: int) -> object:
    return fields.get("schema", fields.get("allows", False))


def _schema_or_schemas(fields: Document, levels: int) -> object:
    return fields.get("jSONSchemas") or fields.get("schema")


def _schema_or_texts(fields: Document, levels: int) -> object:
    return fields.get("property") or fields.get("schema")


CONVERSIONS: dict[str, Conversion] = {
    "meta/v1.Time": _time,
    "meta/v1.MicroTime": _micro_time,
    "intstr.IntOrString": _int_or_string,
    "resource.Quantity": _quantity,
    "resource.QuantityValue": _quantity,
    "runtime.RawExtension": _json,
    "meta/v1.FieldsV1": _json,
    "meta/v1.Verbs": _items,
    "authentication.k8s.io/v1.ExtraValue": _items,
    "authorization.k8s.io/v1.ExtraValue": _items,
    "certificates.k8s.io/v1.ExtraValue": _items,
    f"{_API_EXTENSIONS}.JSON": _json,
    f"{_API_EXTENSIONS}.JSONSchemaPropsOrBool": _schema_or_bool,
    f"{_API_EXTENSIONS}.JSONSchemaPropsOrArray": _schema_or_schemas,
    f"{_API_EXTENSIONS}.JSONSchemaPropsOrStringArray": _schema_or_texts,
}
"""The messages that are no JSON objects, and how each becomes what it is."""
