"""Values from JSON, as the type that a schema gives them asks for: numbers, times, bytes.

Only what JSON writes otherwise is converted; objects are left as they are, since their fields are converted one
by one when they are selected.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from wherry.apimachinery.cel.types import BYTES, DOUBLE, DURATION, TIMESTAMP, Type
from wherry.apimachinery.cel.values import CelError, parse_duration, parse_timestamp

Converter = Callable[[object], object]


def converter_for(of: Type) -> Converter | None:
    """How values of a type come from JSON; None when they need not change."""
    if of == DOUBLE:
        return lambda value: float(value) if type(value) is int else value
    if of.is_converted:
        return {TIMESTAMP.name: _timestamp, DURATION.name: _duration, BYTES.name: _bytes}.get(of.name)
    if of.name == "list" and (inner := converter_for(of.element)) is not None:
        return _each(inner)
    if of.name == "map" and (inner := converter_for(of.element)) is not None:
        return _every(inner)
    return None


def _each(inner: Converter) -> Converter:
    return lambda value: [inner(item) for item in value] if isinstance(value, list) else value


def _every(inner: Converter) -> Converter:
    return lambda value: {key: inner(item) for key, item in value.items()} if isinstance(value, dict) else value


def _timestamp(value: object) -> object:
    if not isinstance(value, str):
        return value
    return parse_timestamp(value if "T" in value or "t" in value else f"{value}T00:00:00Z")


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _bytes(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        raise CelError("illegal base64 data") from None
