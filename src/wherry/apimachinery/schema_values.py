"""How one value of an object is checked: texts, numbers, times, quantities, in the words of Go's decoder.

    TEXT, BOOL, INT32, INT64, FLOAT, BYTES, TIME     what fields of these types take
    SPECIAL                                          types with a decoder of their own, by name
    FREE                                             anything

An `Entry` is a triple (type, check, odd): a value whose Python type is exactly `type` is right and goes through
`check` if there is one; any other value goes to `odd`, which converts it or refuses it.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from wherry.apimachinery.quantity import QuantityError, canonical_quantity
from wherry.apimachinery.timestamps import format_micro_time, format_time, parse_time

Path = tuple[object, ...]
"""Where the walk is: () at the top, else (path of the parent, key or index). Linked, so that a step is cheap."""

Check = Callable[[object, Path, "Found"], object]
Odd = Callable[[object], object]


class Mismatch(Exception):
    """A value that does not fit its field; the struct around it knows the field's name."""

    def __init__(self, value: object, go_type: str, *, shown: bool = False) -> None:
        super().__init__(f"{go_kind(value)}{f' {value}' if shown else ''}", go_type)


class DecodeError(Exception):
    """The document cannot be decoded; the text says why."""


@dataclass(slots=True)
class Found:
    """What a walk has come across: fields that the kind does not have, and required ones that are not there."""

    unknown: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)


class Entry(NamedTuple):
    """How one field's (or list item's) value is checked."""

    type: type | None
    check: Check | None
    odd: Odd
    go_type: str
    zero: object


def refuse(go_type: str) -> Odd:
    """Takes no other type at all."""

    def odd(value: object) -> object:
        raise Mismatch(value, go_type)

    return odd


def _whole(go_type: str) -> Odd:
    """Accepts a whole number that was written with a fraction or an exponent."""

    def odd(value: object) -> object:
        if isinstance(value, float):
            if value.is_integer() and abs(value) < 2**53:
                return int(value)
            raise Mismatch(value, go_type, shown=True)
        raise Mismatch(value, go_type)

    return odd


def check_int(bits: int) -> Check:
    """Takes whole numbers of so many bits."""
    limit = 2 ** (bits - 1)

    def check(value: object, path: Path, found: Found) -> object:
        assert isinstance(value, int)
        if -limit <= value < limit:
            return value
        raise Mismatch(value, f"int{bits}", shown=True)

    return check


def _check_quantity(value: object, path: Path = (), found: Found | None = None) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Mismatch(value, "resource.Quantity")
    try:
        return canonical_quantity(value)
    except QuantityError as err:
        raise DecodeError(str(err)) from None


_IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _check_time(value: object, path: Path, found: Found) -> object:
    assert isinstance(value, str)
    seconds = _seconds_of(value)
    return value if _IN_UTC.fullmatch(value) else format_time(seconds)


def _check_micro_time(value: object, path: Path, found: Found) -> object:
    assert isinstance(value, str)
    seconds = _seconds_of(value)
    return value if len(value) == len("2006-01-02T15:04:05.000000Z") else format_micro_time(seconds)


def _seconds_of(value: str) -> float:
    try:
        return parse_time(value)
    except ValueError:
        raise DecodeError(
            f'parsing time "{value}" as "2006-01-02T15:04:05Z07:00": cannot parse "{value}" as "2006"'
        ) from None


_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def _check_bytes(value: object, path: Path, found: Found) -> object:
    assert isinstance(value, str)
    if "\n" in value or "\r" in value:
        value = value.replace("\n", "").replace("\r", "")
    try:
        binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        wrong = _NOT_BASE64.search(value)
        position = wrong.start() if wrong else len(value)
        raise DecodeError(f"illegal base64 data at input byte {position}") from None
    return value


def _free(value: object) -> object:
    return value


TEXT = Entry(str, None, refuse("string"), "string", "")
BOOL = Entry(bool, None, refuse("bool"), "bool", False)
INT32 = Entry(int, check_int(32), _whole("int32"), "int32", 0)
INT64 = Entry(int, check_int(64), _whole("int64"), "int64", 0)
BYTES = Entry(str, _check_bytes, refuse("[]uint8"), "[]uint8", "")
TIME = Entry(str, _check_time, refuse("string"), "v1.Time", "")
FREE = Entry(None, None, _free, "runtime.RawExtension", None)


def _odd_float(value: object) -> object:
    if type(value) is int:
        return value
    raise Mismatch(value, "float64")


def _odd_int_or_string(value: object) -> object:
    return value if isinstance(value, str) else _whole("int32")(value)


FLOAT = Entry(float, None, _odd_float, "float64", 0.0)

# These are types of their own in Go, with their own decoders.
SPECIAL = {
    "Quantity": Entry(str, _check_quantity, _check_quantity, "resource.Quantity", "0"),
    "IntOrString": Entry(int, check_int(32), _odd_int_or_string, "intstr.IntOrString", 0),
    "Time": TIME,
    "MicroTime": Entry(str, _check_micro_time, refuse("string"), "v1.MicroTime", ""),
}


def go_kind(value: object) -> str:
    """What Go's decoder calls a value of JSON."""
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"


def _steps(path: Path) -> list[object]:
    steps: list[object] = []
    while path:
        parent, step = path
        assert isinstance(parent, tuple)
        steps.append(step)
        path = parent
    return steps[::-1]


def fields_of(path: Path) -> list[str]:
    """The names of the fields on the way, without places in lists."""
    return [step for step in _steps(path) if isinstance(step, str)]


def text_of(path: Path) -> str:
    """The way as people write it: spec.containers[0].image."""
    text = ""
    for step in _steps(path):
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
