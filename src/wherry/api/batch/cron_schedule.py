"""Schedules as cron writes them: reading one, and when it is due next.

    ┌ minute (0-59)
    │ ┌ hour (0-23)
    │ │ ┌ day of the month (1-31)
    │ │ │ ┌ month (1-12, jan-dec)
    │ │ │ │ ┌ day of the week (0-6, sun-sat)
    5 4 * * 1-5        every weekday at 4:05

A field is `*`, a number, a range `1-5`, steps `*/15` or `1-30/2`, or several of these joined by commas. `@hourly`,
`@daily`, `@weekly`, `@monthly`, `@yearly` and `@every 1h30m` stand for whole schedules. If both days are given,
either of them will do; if one of them is `*`, both must fit.

Clocks that are put forward skip what was due in the hour that is not there; when they are put back, what is due in
the hour that comes twice is due twice, as it is for the controller of Kubernetes.

Source: the grammar, the words of the errors and the rule for days are those of github.com/robfig/cron/v3,
which Kubernetes uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTE_S = 60
DAY_MINUTES = 24 * 60
# Nothing recurs less often than a leap day that falls on a certain day of the week: eight years at a century's turn
# would be the longest, and upstream gives up after five.
SEARCH_DAYS = 5 * 366

MONTHS = {name: number for number, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug"), 1)}
MONTHS |= {"sep": 9, "oct": 10, "nov": 11, "dec": 12}
WEEKDAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
WHOLE = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_is_duration = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)").match
# A time zone is a name of the database, never a path: no part may climb or be hidden.
_is_zone_part = re.compile(r"[A-Za-z_][A-Za-z0-9_+.-]{0,13}").fullmatch


class ScheduleError(ValueError):
    """The text is not a schedule; the message says why, in the words of Kubernetes."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one field may be: its name, its bounds, and words for its numbers."""

    low: int
    high: int
    words: dict[str, int]


_FIELDS = (Field(0, 59, {}), Field(0, 23, {}), Field(1, 31, {}), Field(1, 12, MONTHS), Field(0, 6, WEEKDAYS))


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """When something is due; `every_s` above 0 means after so many seconds, whatever the clock says.

    `any_day` says that a day of the month or of the week was left open, so that both must fit.
    """

    minutes: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    any_day: bool = True
    every_s: int = 0
    zone: tzinfo | None = None

    def next_after(self, now_s: float, zone: tzinfo = UTC) -> float | None:
        """The first time after `now_s` (seconds since 1970) at which it is due; None if that never comes.

        Args:
            zone: where the clock hangs, unless the schedule itself says so.
        """
        if self.every_s:
            return float(int(now_s) + self.every_s)
        place = self.zone or zone
        first_s = (int(now_s) // MINUTE_S + 1) * MINUTE_S
        day = datetime.fromtimestamp(first_s, place).date()
        for _ in range(SEARCH_DAYS):
            if self._is_due_on(day):
                due_s = self._first_on(day, first_s, place)
                if due_s is not None:
                    return float(due_s)
            day += timedelta(days=1)
        return None

    def latest_due(self, after_s: float, now_s: float, zone: tzinfo = UTC) -> float | None:
        """The last time after `after_s` and not after `now_s` at which it was due; None if there was none."""
        if self.every_s:
            times = (int(now_s) - int(after_s)) // self.every_s
            return float(int(after_s) + times * self.every_s) if times > 0 else None
        due_s = self.next_after(after_s, zone)
        if due_s is None or due_s > now_s:
            return None
        # Whatever moment before the last due time is asked about, the next due time is not after now.
        low_s, high_s = due_s, now_s
        while high_s - low_s > MINUTE_S:
            middle_s = (low_s + high_s) / 2
            found_s = self.next_after(middle_s, zone)
            if found_s is not None and found_s <= now_s:
                low_s = due_s = found_s
            else:
                high_s = middle_s
        found_s = self.next_after(due_s, zone)
        return found_s if found_s is not None and found_s <= now_s else due_s

    def _is_due_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        # Python's week begins on Monday, cron's on Sunday.
        fits_month, fits_week = day.day in self.days, (day.weekday() + 1) % 7 in self.weekdays
        return (fits_month and fits_week) if self.any_day else (fits_month or fits_week)

    def _first_on(self, day: date, first_s: int, zone: tzinfo) -> int | None:
        """The first due minute of a day that is not before `first_s`."""
        start_s = _midnight_s(day, zone)
        end_s = _midnight_s(day + timedelta(days=1), zone)
        if end_s - start_s == DAY_MINUTES * MINUTE_S:
            for hour in self.hours:
                for minute in self.minutes:
                    due_s = start_s + (hour * 60 + minute) * MINUTE_S
                    if due_s >= first_s:
                        return due_s
            return None
        # The clocks are changed on this day: look at each of its minutes.
        for due_s in range(max(start_s, first_s), end_s, MINUTE_S):
            local = datetime.fromtimestamp(due_s, zone)
            if local.hour in self.hours and local.minute in self.minutes:
                return due_s
        return None


def _midnight_s(day: date, zone: tzinfo) -> int:
    """When a day begins, in whole minutes; where midnight is skipped, the first minute that there is."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone)
    return -(-int(at.timestamp()) // MINUTE_S) * MINUTE_S


def load_zone(name: str) -> tzinfo:
    """A time zone of the database by its name (Europe/Berlin).

    Raises:
        ScheduleError: there is none of this name, or it is no name at all.
    """
    if not all(_is_zone_part(part) for part in name.split("/")):
        raise ScheduleError(f"unknown time zone {name}")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(f"unknown time zone {name}") from None


def parse_schedule(text: str) -> CronSchedule:
    """Read a schedule.

    Raises:
        ScheduleError: saying what is wrong with it.
    """
    if not text:
        raise ScheduleError("empty spec string")
    zone: tzinfo | None = None
    if text.startswith(("TZ=", "CRON_TZ=")):
        assignment, _, text = text.partition(" ")
        zone_name = assignment.partition("=")[2]
        try:
            zone = load_zone(zone_name)
        except ScheduleError as err:
            raise ScheduleError(f"provided bad location {zone_name}: {err}") from None
        text = text.strip()
    if text.startswith("@"):
        if text.startswith("@every "):
            return CronSchedule(every_s=_duration_s(text.removeprefix("@every "), text), zone=zone)
        if text not in WHOLE:
            raise ScheduleError(f"unrecognized descriptor: {text}")
        text = WHOLE[text]
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise ScheduleError(f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]")
    minutes, hours, days, months, weekdays = (_field(part, field) for part, field in zip(parts, _FIELDS, strict=True))
    return CronSchedule(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(weekdays),
        any_day=_is_open(parts[2]) or _is_open(parts[4]),
        zone=zone,
    )


def _is_open(part: str) -> bool:
    """Whether one of the field's ranges is everything, in single steps or others."""
    return any(each.partition("/")[0] in ("*", "?") and _step(each) == 1 for each in part.split(",") if each)


def _step(part: str) -> int:
    step = part.partition("/")[2]
    return int(step) if step.isdigit() else 1


def _field(part: str, field: Field) -> set[int]:
    """The numbers that a field allows."""
    allowed: set[int] = set()
    for each in part.split(","):
        if each:
            allowed |= _range(each, field)
    return allowed


def _range(text: str, field: Field) -> set[int]:
    span, *steps = text.split("/")
    ends = span.split("-")
    if ends[0] in ("*", "?"):
        low, high = field.low, field.high
    else:
        low = _number(ends[0], field)
        if len(ends) > 2:
            raise ScheduleError(f"too many hyphens: {text}")
        high = _number(ends[1], field) if len(ends) == 2 else low
    if len(steps) > 1:
        raise ScheduleError(f"too many slashes: {text}")
    step = 1
    if steps:
        step = _whole(steps[0])
        # A single number with steps begins a range that ends where the field ends.
        if len(ends) == 1:
            high = field.high
    if low < field.low:
        raise ScheduleError(f"beginning of range ({low}) below minimum ({field.low}): {text}")
    if high > field.high:
        raise ScheduleError(f"end of range ({high}) above maximum ({field.high}): {text}")
    if low > high:
        raise ScheduleError(f"beginning of range ({low}) beyond end of range ({high}): {text}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {text}")
    return set(range(low, high + 1, step))


def _number(text: str, field: Field) -> int:
    word = field.words.get(text.lower())
    return _whole(text) if word is None else word


def _whole(text: str) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        reason = "value out of range" if digits.isascii() and digits.isdigit() else "invalid syntax"
        raise ScheduleError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": {reason}')
    if text.startswith("-") and int(digits):
        raise ScheduleError(f"negative number ({int(text)}) not allowed: {text}")
    return int(digits)


def _duration_s(text: str, whole: str) -> int:
    """A duration as Go writes it, in whole seconds, at least one."""
    rest, total_s = text.removeprefix("+"), 0.0
    wrong = f'failed to parse duration {whole}: time: invalid duration "{text}"'
    if not rest:
        raise ScheduleError(wrong)
    while rest:
        found = _is_duration(rest)
        if found is None:
            raise ScheduleError(wrong)
        amount = found.group()
        unit = amount.lstrip("0123456789.")
        total_s += float(amount.removesuffix(unit)) * _UNITS_S[unit]
        rest = rest[found.end() :]
    if total_s > 2**63 / 1e9:
        raise ScheduleError(wrong)
    return max(1, int(total_s))
