"""Times as the API writes them, and ages as kubectl prints them.

Source: kubernetes apimachinery, pkg/apis/meta/v1/time.go and pkg/util/duration.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def format_time(now_s: float) -> str:
    """A moment to the second, as metav1.Time: `2026-11-23T07:00:00Z`."""
    return _format_second(int(now_s // 1))


@lru_cache(maxsize=64)  # many things happen in one second
def _format_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_micro_time(now_s: float) -> str:
    """A moment to the microsecond, as metav1.MicroTime: `2026-11-23T07:00:00.000000Z`."""
    return (_EPOCH + timedelta(microseconds=round(now_s * 1_000_000))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=1024)  # an object's own times are read again with each change to it
def parse_time(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 time in any zone.

    Raises:
        ValueError: the text is no such time.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a time as in RFC 3339')
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    fraction, sign, zone_hours, zone_minutes = match.groups()[6:]
    offset_s = 0
    if sign:
        offset_s = (int(zone_hours) * 60 + int(zone_minutes)) * 60
        offset_s = -offset_s if sign == "-" else offset_s
    whole_s = (moment - _EPOCH) // timedelta(seconds=1) - offset_s
    return whole_s + float(f"0.{fraction}") if fraction else float(whole_s)


def is_time(text: str) -> bool:
    """Whether the text is an RFC 3339 time."""
    try:
        parse_time(text)
    except ValueError:
        return False
    return True


def format_age(seconds: float) -> str:
    """A duration as kubectl prints it: 5s, 3m12s, 2d3h; the coarser the longer.

    Clocks of two machines differ a little: down to -2 s (excluded) counts as now, below is `<invalid>`.
    """
    whole_s = int(seconds)
    if whole_s < -1:
        return "<invalid>"
    if whole_s < 120:
        return f"{max(whole_s, 0)}s"
    minutes, hours = whole_s // 60, whole_s // 3600
    days = hours // 24
    # Each step: below this many minutes, these units, the second one only if there is room for it.
    for limit_minutes, whole, whole_unit, rest, rest_unit in (
        (10, minutes, "m", whole_s % 60, "s"),
        (3 * 60, minutes, "m", 0, ""),
        (8 * 60, hours, "h", minutes % 60, "m"),
        (48 * 60, hours, "h", 0, ""),
        (8 * 24 * 60, days, "d", hours % 24, "h"),
        (2 * 365 * 24 * 60, days, "d", 0, ""),
        (8 * 365 * 24 * 60, days // 365, "y", days % 365, "d"),
    ):
        if minutes < limit_minutes:
            return f"{whole}{whole_unit}{rest}{rest_unit}" if rest else f"{whole}{whole_unit}"
    return f"{days // 365}y"


def age_since(timestamp: str, now_s: float) -> str:
    """The age of something that happened at `timestamp`: `<unknown>` when that is empty or no time."""
    try:
        return format_age(now_s - parse_time(timestamp)) if timestamp else "<unknown>"
    except ValueError:
        return "<unknown>"
