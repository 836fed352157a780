"""CEL's functions for moments and spans of time.

Source: the CEL language definition, "Timestamps and durations".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from wherry.apimachinery.cel.overload import Overload, overload
from wherry.apimachinery.cel.values import NANOS, Duration, Timestamp

MINUTE_S, HOUR_S = 60, 3600


def _part(name: str, read: Callable[[datetime], int]) -> list[Overload]:
    def get(moment: Timestamp, zone: str = "") -> int:
        return read(moment.at(zone))

    return [
        overload(f"timestamp.{name}() -> int", get),
        overload(f"timestamp.{name}(string) -> int", get),
    ]


def _whole(duration: Duration, unit_ns: int) -> int:
    whole = abs(duration.ns) // unit_ns
    return -whole if duration.ns < 0 else whole


TIMES: tuple[Overload, ...] = (
    *_part("getFullYear", lambda at: at.year),
    *_part("getMonth", lambda at: at.month - 1),
    *_part("getDate", lambda at: at.day),
    *_part("getDayOfMonth", lambda at: at.day - 1),
    *_part("getDayOfWeek", lambda at: at.isoweekday() % 7),
    *_part("getDayOfYear", lambda at: at.timetuple().tm_yday - 1),
    *_part("getHours", lambda at: at.hour),
    *_part("getMinutes", lambda at: at.minute),
    *_part("getSeconds", lambda at: at.second),
    *_part("getMilliseconds", lambda at: at.microsecond // 1000),
    overload("duration.getHours() -> int", lambda span: _whole(span, HOUR_S * NANOS)),
    overload("duration.getMinutes() -> int", lambda span: _whole(span, MINUTE_S * NANOS)),
    overload("duration.getSeconds() -> int", lambda span: _whole(span, NANOS)),
    overload("duration.getMilliseconds() -> int", lambda span: _whole(span, NANOS // 1000) % 1000),
)
