"""Moments as people say them: "10m", "2h", "yesterday", "10:02", or a time as the API writes it. Pure."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

from wherry.apimachinery.timestamps import parse_time

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(r"(\d+)\s*([smhdw])(?:\s*ago)?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def parse_since(text: str, now_s: float) -> float:
    """The moment that `text` means, in seconds since 1970, as seen at `now_s` in this machine's time zone.

    A time of day is the last such one: at 09:00, "10:02" is yesterday's.

    Raises:
        ValueError: the text means no moment; the message says what would.
    """
    said = text.strip().lower()
    now = datetime.fromtimestamp(now_s).astimezone()
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if said in ("today", "yesterday"):
        return (today - timedelta(days=said == "yesterday")).timestamp()
    if match := _AGO.fullmatch(said):
        return now_s - int(match[1]) * UNITS_S[match[2]]
    if match := _CLOCK.fullmatch(said):
        moment = today.replace(hour=int(match[1]), minute=int(match[2]), second=int(match[3] or 0))
        return (moment if moment <= now else moment - timedelta(days=1)).timestamp()
    try:
        return parse_time(text.strip())
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except ValueError:
        raise ValueError(f'"{text}" is no moment; say 10m, 2h, 1d, yesterday, 10:02 or 2026-11-23') from None


def time_of(time_s: float, now_s: float) -> str:
    """A moment as it is shown beside what happened: its time of day, and its day too unless that is today's.

    In this machine's time zone; "" for 0, a moment that nobody knows.
    """
    if not time_s:
        return ""
    then, now = time.localtime(time_s), time.localtime(now_s)
    is_today = then[:3] == now[:3]
    return time.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M:%S", then)


def in_words(seconds: float) -> str:
    """A short duration: "0.4 s", "12 s", "3 min", "2 h"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
