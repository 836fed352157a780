"""CEL's operators and conversions.

`&&`, `||`, `?:` and the like, which do not evaluate all their arguments, are in evaluate.py.

Source: the CEL language definition, "List of Standard Definitions".
"""

from __future__ import annotations

import math

from wherry.apimachinery.cel.overload import Overload, overload, reading, total, walking
from wherry.apimachinery.cel.values import (
    DURATION_MAX_NS,
    NANOS,
    CelError,
    Duration,
    Optional,
    Timestamp,
    TypeValue,
    Uint,
    equal,
    int64,
    parse_duration,
    parse_timestamp,
    type_name,
    uint64,
)

Number = int | float


def _duration(ns: int) -> Duration:
    if abs(ns) > DURATION_MAX_NS:
        raise CelError("integer overflow")
    return Duration(ns)


def _divide(one: int, other: int) -> int:
    if other == 0:
        raise CelError("division by zero")
    quotient = abs(one) // abs(other)
    return int64(quotient if (one < 0) == (other < 0) else -quotient)


def _modulo(one: int, other: int) -> int:
    if other == 0:
        raise CelError("modulus by zero")
    return one - other * (abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1))


def _divide_double(one: float, other: float) -> float:
    if other == 0:
        return math.nan if one == 0 or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, other)
    return one / other


def _divide_uint(one: int, other: int) -> Uint:
    if other == 0:
        raise CelError("division by zero")
    return Uint(int(one) // int(other))


def _modulo_uint(one: int, other: int) -> Uint:
    if other == 0:
        raise CelError("modulus by zero")
    return Uint(int(one) % int(other))


def _compare_all() -> list[Overload]:
    made = []
    for kind in ("bool", "string", "bytes", "timestamp", "duration", "int", "uint", "double"):
        others = ("int", "uint", "double") if kind in ("int", "uint", "double") else (kind,)
        price = reading(0) if kind in ("string", "bytes") else walking()
        for other in others:
            made += [
                overload(f"_<_({kind}, {other}) -> bool", lambda one, other: one < other, price),
                overload(f"_<=_({kind}, {other}) -> bool", lambda one, other: one <= other, price),
                overload(f"_>_({kind}, {other}) -> bool", lambda one, other: one > other, price),
                overload(f"_>=_({kind}, {other}) -> bool", lambda one, other: one >= other, price),
            ]
    return made


def at_index(items: list[object], position: Number) -> object:
    """An item of a list. Raises CelError."""
    if isinstance(position, float):
        if not position.is_integer():
            raise CelError(f"unsupported index value: {position}")
        position = int(position)
    if not 0 <= position < len(items):
        raise CelError(f"index out of bounds: {position}")
    return items[int(position)]


def at_key(entries: dict[object, object], key: object) -> object:
    """A value of a map. Raises CelError."""
    try:
        return entries[key]
    except (KeyError, TypeError):
        raise CelError(f"no such key: {key}") from None


def _contains(value: object, items: list[object]) -> bool:
    return any(equal(value, item) for item in items)


def _has_key(key: object, entries: dict[object, object]) -> bool:
    return not isinstance(key, list | dict) and key in entries


def int_from_double(value: float) -> int:
    """Cut off what is behind the point. Raises CelError."""
    if math.isnan(value) or not -(2.0**63) < value < 2.0**63:
        raise CelError("integer overflow")
    return int(value)


def _int_from_text(text: str) -> int:
    if not text.lstrip("+-").isascii() or not text.lstrip("+-").isdigit() or len(text) > 20:
        raise CelError(
            f'type conversion error from "string" to "int": strconv.ParseInt: parsing "{text}": invalid syntax'
        )
    return int64(int(text))


def _double_from_text(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CelError(f'strconv.ParseFloat: parsing "{text}": invalid syntax') from None


def _uint_from_text(text: str) -> Uint:
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        raise CelError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    return uint64(int(text))


def _bool_from_text(text: str) -> bool:
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise CelError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def _text_from_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CelError("invalid UTF-8 in bytes, cannot convert to string") from None


def double_text(value: float) -> str:
    """A number as Go writes it in the shortest way."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e21:
        return str(int(value))
    return repr(value).replace("inf", "+Inf").replace("-+", "-")


OPERATORS: tuple[Overload, ...] = (
    overload("_+_(int, int) -> int", lambda one, other: int64(one + other)),
    overload("_+_(uint, uint) -> uint", lambda one, other: uint64(int(one) + int(other))),
    overload("_+_(double, double) -> double", lambda one, other: one + other),
    overload("_+_(string, string) -> string", lambda one, other: one + other, reading(0, 1), total),
    overload("_+_(bytes, bytes) -> bytes", lambda one, other: one + other, reading(0, 1), total),
    overload("_+_(list<A>, list<A>) -> list<A>", lambda one, other: one + other, reading(0, 1), total),
    overload("_+_(duration, duration) -> duration", lambda one, other: _duration(one.ns + other.ns)),
    overload("_+_(timestamp, duration) -> timestamp", lambda one, other: Timestamp(one.ns + other.ns)),
    overload("_+_(duration, timestamp) -> timestamp", lambda one, other: Timestamp(one.ns + other.ns)),
    overload("_-_(int, int) -> int", lambda one, other: int64(one - other)),
    overload("_-_(uint, uint) -> uint", lambda one, other: uint64(int(one) - int(other))),
    overload("_-_(double, double) -> double", lambda one, other: one - other),
    overload("_-_(duration, duration) -> duration", lambda one, other: _duration(one.ns - other.ns)),
    overload("_-_(timestamp, duration) -> timestamp", lambda one, other: Timestamp(one.ns - other.ns)),
    overload("_-_(timestamp, timestamp) -> duration", lambda one, other: _duration(one.ns - other.ns)),
    overload("_*_(int, int) -> int", lambda one, other: int64(one * other)),
    overload("_*_(uint, uint) -> uint", lambda one, other: uint64(int(one) * int(other))),
    overload("_*_(double, double) -> double", lambda one, other: one * other),
    overload("_/_(int, int) -> int", _divide),
    overload("_/_(uint, uint) -> uint", _divide_uint),
    overload("_/_(double, double) -> double", _divide_double),
    overload("_%_(int, int) -> int", _modulo),
    overload("_%_(uint, uint) -> uint", _modulo_uint),
    overload("-_(int) -> int", lambda value: int64(-value)),
    overload("-_(double) -> double", lambda value: -value),
    overload("!_(bool) -> bool", lambda value: not value),
    overload("@in(A, list<A>) -> bool", _contains, walking(1)),
    overload("@in(A, map<A, B>) -> bool", _has_key),
    overload("_[_](list<A>, int) -> A", at_index),
    overload("_[_](map<A, B>, A) -> B", at_key),
    *_compare_all(),
)

CONVERSIONS: tuple[Overload, ...] = (
    overload("size(string) -> int", len),
    overload("size(bytes) -> int", len),
    overload("size(list<A>) -> int", len),
    overload("size(map<A, B>) -> int", len),
    overload("string.size() -> int", len),
    overload("bytes.size() -> int", len),
    overload("list<A>.size() -> int", len),
    overload("map<A, B>.size() -> int", len),
    overload("int(int) -> int", lambda value: value),
    overload("int(uint) -> int", lambda value: int64(int(value))),
    overload("int(double) -> int", int_from_double),
    overload("int(string) -> int", _int_from_text),
    overload("int(timestamp) -> int", lambda value: value.ns // NANOS),
    overload("int(duration) -> int", lambda value: value.ns),
    overload("uint(uint) -> uint", lambda value: value),
    overload("uint(int) -> uint", uint64),
    overload("uint(double) -> uint", lambda value: uint64(int_from_double(value))),
    overload("uint(string) -> uint", _uint_from_text),
    overload("double(double) -> double", lambda value: value),
    overload("double(int) -> double", float),
    overload("double(uint) -> double", float),
    overload("double(string) -> double", _double_from_text),
    overload("bool(bool) -> bool", lambda value: value),
    overload("bool(string) -> bool", _bool_from_text),
    overload("string(string) -> string", lambda value: value),
    overload("string(int) -> string", str),
    overload("string(uint) -> string", lambda value: str(int(value))),
    overload("string(double) -> string", double_text),
    overload("string(bool) -> string", lambda value: "true" if value else "false"),
    overload("string(bytes) -> string", _text_from_bytes, reading(0)),
    overload("string(timestamp) -> string", str),
    overload("string(duration) -> string", str),
    overload("bytes(bytes) -> bytes", lambda value: value),
    overload("bytes(string) -> bytes", lambda value: value.encode(), reading(0)),
    overload("duration(string) -> duration", parse_duration),
    overload("duration(duration) -> duration", lambda value: value),
    overload("timestamp(string) -> timestamp", parse_timestamp),
    overload("timestamp(int) -> timestamp", lambda value: Timestamp(value * NANOS)),
    overload("timestamp(timestamp) -> timestamp", lambda value: value),
    overload("type(A) -> type", lambda value: TypeValue(type_name(value))),
    overload("dyn(A) -> dyn", lambda value: value),
)


def _zero(value: object) -> bool:
    return value in (None, "", b"") or value is False or value == [] or value == {} or (
        isinstance(value, int | float) and value == 0
    )  # fmt: skip


def _value(optional: Optional) -> object:
    if not optional.has_value:
        raise CelError("optional.none() dereference")
    return optional.value


OPTIONALS: tuple[Overload, ...] = (
    overload("optional.of(A) -> optional<A>", Optional),
    overload(
        "optional.ofNonZeroValue(A) -> optional<A>", lambda value: Optional() if _zero(value) else Optional(value)
    ),
    overload("optional.none() -> optional<A>", Optional),
    overload("optional<A>.hasValue() -> bool", lambda optional: optional.has_value),
    overload("optional<A>.value() -> A", _value),
)
