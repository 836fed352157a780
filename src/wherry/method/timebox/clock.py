"""When a timebox began, how long it is, and what is left of it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from wherry.apimachinery.timestamps import format_time, parse_time

PLACE = ".wherry/timebox.json"
MAX_S = 90 * 24 * 3600
_LENGTH = re.compile(r"(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?")


class Timebox(msgspec.Struct, frozen=True):
    """.wherry/timebox.json: the clock of one service."""

    service: str
    started_at: str
    length_s: int

    def left_s(self, now_s: float) -> float:
        """How much is left; less than 0 when it is over."""
        return parse_time(self.started_at) + self.length_s - now_s


def start_timebox(service: str, length_s: int, now_s: float) -> Timebox:
    """A clock that starts now."""
    return Timebox(service, format_time(int(now_s)), length_s)


def parse_length(text: str) -> int:
    """Seconds of 4h, 90m, 1h30m or 2d. Raises ValueError."""
    match = _LENGTH.fullmatch(text.strip().lower())
    days, hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    length_s = ((days * 24 + hours) * 60 + minutes) * 60
    if not 0 < length_s <= MAX_S:
        raise ValueError(f'"{text}" is no length of time: write 4h, 90m, 1h30m or 2d, up to 90 days')
    return length_s


def say_length(seconds: float) -> str:
    """A length of time as people say it: 3 h 41 min."""
    minutes = int(abs(seconds) // 60)
    days, hours, minutes = minutes // (24 * 60), minutes // 60 % 24, minutes % 60
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    return " ".join(parts[:2]) or "less than a minute"


def read_timebox(root: Path) -> Timebox | None:
    """The clock of a repository; None when it has none."""
    try:
        return msgspec.json.decode((root / PLACE).read_bytes(), type=Timebox)
    except (OSError, msgspec.DecodeError):
        return None


def encode_timebox(timebox: Timebox) -> bytes:
    """The content of its file."""
    return msgspec.json.format(msgspec.json.encode(timebox), indent=2) + b"\n"
