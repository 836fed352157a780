"""A value that a schema allows: what a stand-in answers while the real service does not exist yet."""

from __future__ import annotations

import json
import math

from wherry.method.contracts.schema import Schema, Shape

FORMATS = {
    "date-time": "2026-01-01T12:00:00Z",
    "date": "2026-01-01",
    "time": "12:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
# A schema that contains itself is followed so deep; optional fields end there, required ones have no finite value.
DEPTH_MAX = 8


def example(schema: Schema, depth: int = 0) -> object:
    """A small value that fits; null where nothing else does."""
    if not schema.shapes:
        return None
    shape = schema.shapes[0]
    stated = shape.enum[0] if shape.enum else shape.example
    if stated is not None:
        return json.loads(stated)
    for name, make in (("object", _object), ("array", _array)):
        if name in shape.types:
            return make(shape, depth)
    if "string" in shape.types:
        return _text(shape)
    return _number(shape) if shape.types & {"integer", "number"} else True


def _object(shape: Shape, depth: int) -> object:
    wanted = shape.properties if depth < DEPTH_MAX else {}
    made: dict[str, object] = {name: example(later(), depth + 1) for name, later in wanted.items()}
    return made | dict.fromkeys(shape.required - shape.properties.keys(), "")


def _array(shape: Shape, depth: int) -> object:
    least = int(shape.min_items or 0)
    count = max(least, 1) if depth < DEPTH_MAX and shape.max_items != 0 else least
    return [example(shape.items(), depth + 1) if shape.items else "text" for _ in range(count)]


def _text(shape: Shape) -> str:
    known = next((FORMATS[name] for name in shape.formats if name in FORMATS), "text")
    short = known if shape.max_length is None else known[: int(shape.max_length)]
    return short.ljust(int(shape.min_length or 0), "x")


def _number(shape: Shape) -> object:
    is_whole = "number" not in shape.types
    low = shape.low if shape.above is None else math.floor(shape.above) + 1
    high = shape.high if shape.below is None else math.ceil(shape.below) - 1
    value = 1.0
    if low is not None and value < low:
        value = math.ceil(low) if is_whole else low
    if high is not None and value > high:
        value = math.floor(high) if is_whole else high
    if shape.multiple_of:
        value = math.ceil(value / shape.multiple_of) * shape.multiple_of
    return int(value) if float(value).is_integer() else value
