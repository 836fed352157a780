"""The values of CEL that JSON lacks, and how values of all kinds are told apart.

A bool is no int and an int no uint: `type(value)` decides, exactly. JSON's objects and lists are used as they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import total_ordering
from zoneinfo import ZoneInfo

from wherry.apimachinery.timestamps import parse_time

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1
NANOS = 1_000_000_000
DURATION_MAX_NS = 315_576_000_000 * NANOS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": NANOS,
    "m": 60 * NANOS,
    "h": 3600 * NANOS,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)


class CelError(Exception):
    """An expression that cannot be evaluated for these values: a missing key, a division by zero."""


class CostExceeded(Exception):
    """The evaluation has cost more than it may; no operator can catch it."""


class Uint(int):
    """A number that is not negative, 64 bits wide."""

    __slots__ = ()


@total_ordering
@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time."""

    ns: int

    def __lt__(self, other: Duration) -> bool:
        """Shorter."""
        return self.ns < other.ns

    def __str__(self) -> str:
        """In seconds: 90s, 0.5s."""
        sign = "-" if self.ns < 0 else ""
        whole, rest = divmod(abs(self.ns), NANOS)
        return f"{sign}{whole}{f'.{rest:09d}'.rstrip('0') if rest else ''}s"


@total_ordering
@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment, in nanoseconds since 1970."""

    ns: int

    def __lt__(self, other: Timestamp) -> bool:
        """Earlier."""
        return self.ns < other.ns

    def at(self, zone: str) -> datetime:
        """As a date in a time zone: a name, an offset (+02:00), or "" for UTC."""
        moment = _EPOCH + timedelta(seconds=self.ns // NANOS, microseconds=self.ns % NANOS // 1000)
        return moment.astimezone(_zone(zone))

    def __str__(self) -> str:
        """As RFC 3339 writes it."""
        rest = f".{self.ns % NANOS:09d}".rstrip("0") if self.ns % NANOS else ""
        return self.at("").strftime("%Y-%m-%dT%H:%M:%S") + rest + "Z"


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value: what `type(x)` gives."""

    name: str


class _Nothing:
    """No value."""


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be absent (then it is NOTHING)."""

    value: object = NOTHING

    @property
    def has_value(self) -> bool:
        """Whether there is one."""
        return self.value is not NOTHING


NONE = Optional()


def parse_duration(text: str) -> Duration:
    """Read 1h30m. Raises CelError."""
    sign, rest = (-1, text[1:]) if text[:1] == "-" else (1, text[1:] if text[:1] == "+" else text)
    if rest == "0":
        return Duration(0)
    total, position = 0.0, 0
    exact = 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None:
            raise CelError(f'invalid duration "{text}"')
        number, unit = match.groups()
        if number.isdigit():
            exact += int(number) * _UNITS_NS[unit]
        else:
            total += float(number) * _UNITS_NS[unit]
        position = match.end()
    ns = sign * (exact + round(total))
    if not rest or abs(ns) > DURATION_MAX_NS:
        raise CelError(f'invalid duration "{text}"')
    return Duration(ns)


def parse_timestamp(text: str) -> Timestamp:
    """Read 2027-01-15T08:00:00Z. Raises CelError."""
    try:
        whole = math.floor(parse_time(re.sub(r"\.\d+", "", text)))
    except ValueError:
        raise CelError(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse') from None
    fraction = re.search(r"\.(\d+)", text)
    return Timestamp(whole * NANOS + (int(fraction.group(1)[:9].ljust(9, "0")) if fraction else 0))


def _zone(name: str) -> tzinfo:
    if not name or name == "UTC":
        return UTC
    match = re.fullmatch(r"([+-]?)(\d\d):(\d\d)", name)
    try:
        if match:
            minutes = int(match.group(2)) * 60 + int(match.group(3))
            shifted = _EPOCH.replace(tzinfo=None) + timedelta(minutes=-minutes if match.group(1) == "-" else minutes)
            return datetime.fromisoformat(f"1970-01-01T00:00:00{_offset(shifted)}").tzinfo or UTC
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,63}", name):
            raise CelError(f"unknown time zone {name}")
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        raise CelError(f"unknown time zone {name}") from None


def _offset(shifted: datetime) -> str:
    minutes = round((shifted - _EPOCH.replace(tzinfo=None)).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


_NAMES: Mapping[type, str] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    list: "list",
    dict: "map",
    type(None): "null_type",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    TypeValue: "type",
    Optional: "optional_type",
}


def type_name(value: object) -> str:
    """The name of a value's type, as CEL says it."""
    return _NAMES.get(type(value)) or str(getattr(value, "type_name", type(value).__name__))


def equal(one: object, other: object) -> bool:
    """CEL's ==: numbers compare across types, anything else only with its like."""
    kind, other_kind = type(one), type(other)
    if kind is bool or other_kind is bool:
        return kind is other_kind and one == other
    if kind is list and other_kind is list:
        assert isinstance(one, list)
        assert isinstance(other, list)
        return len(one) == len(other) and all(map(equal, one, other))
    if kind is dict and other_kind is dict:
        assert isinstance(one, dict)
        assert isinstance(other, dict)
        return one.keys() == other.keys() and all(equal(value, other[name]) for name, value in one.items())
    if kind is Optional and other_kind is Optional:
        assert isinstance(one, Optional)
        assert isinstance(other, Optional)
        return one.has_value == other.has_value and (not one.has_value or equal(one.value, other.value))
    return one == other


def int64(value: int) -> int:
    """A whole number that fits. Raises CelError."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise CelError("integer overflow")


def uint64(value: int) -> Uint:
    """A whole number that fits and is not negative. Raises CelError."""
    if 0 <= value <= UINT_MAX:
        return Uint(value)
    raise CelError("unsigned integer overflow")


def size_of(value: object) -> int:
    """How large a value is, for what looking through it costs."""
    return len(value) if isinstance(value, str | bytes | list | dict) else 1
