"""Schedules: what can be read, what is refused in whose words, and when the next time is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from wherry.api.batch.cron_schedule import ScheduleError, load_zone, parse_schedule

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"


def next_after(schedule: str, now: str, zone: str = "Etc/UTC") -> str:
    """The next time, as the clock of the place shows it."""
    place = ZoneInfo(zone)
    due_s = parse_schedule(schedule).next_after(datetime.fromisoformat(now).timestamp(), place)
    return "never" if due_s is None else datetime.fromtimestamp(due_s, place).isoformat()


@pytest.mark.parametrize(
    ("schedule", "now", "wanted"),
    [
        ("* * * * *", "2026-11-27T12:00:00+00:00", "2026-11-27T12:01:00+00:00"),
        ("* * * * *", "2026-11-27T12:00:59+00:00", "2026-11-27T12:01:00+00:00"),
        ("*/15 * * * *", "2026-11-27T12:01:00+00:00", "2026-11-27T12:15:00+00:00"),
        ("5/20 * * * *", "2026-11-27T12:26:00+00:00", "2026-11-27T12:45:00+00:00"),
        ("0 0 * * *", "2026-12-31T00:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("30 4 1,15 * 5", "2026-11-27T12:00:00+00:00", "2026-12-01T04:30:00+00:00"),
        ("30 4 */2 * 5", "2026-11-27T12:00:00+00:00", "2026-11-29T04:30:00+00:00"),
        ("0 9 * * mon-fri", "2026-11-27T12:00:00+00:00", "2026-11-30T09:00:00+00:00"),
        ("0 9 * JAN sun", "2026-11-27T12:00:00+00:00", "2027-01-03T09:00:00+00:00"),
        ("0 0 29 2 *", "2026-11-27T12:00:00+00:00", "2028-02-29T00:00:00+00:00"),
        ("0 0 31 2 *", "2026-11-27T12:00:00+00:00", "never"),
        ("0 0 1 1 *", "2037-06-01T00:00:00+00:00", "2038-01-01T00:00:00+00:00"),
        ("0 0 1 2 *", "2038-01-19T04:00:00+00:00", "2038-02-01T00:00:00+00:00"),
        ("@hourly", "2026-11-27T12:30:00+00:00", "2026-11-27T13:00:00+00:00"),
        ("@weekly", "2026-11-27T12:30:00+00:00", "2026-11-29T00:00:00+00:00"),
        ("@every 1h30m", "2026-11-27T12:30:07+00:00", "2026-11-27T14:00:07+00:00"),
        ("@every 10ms", "2026-11-27T12:30:07+00:00", "2026-11-27T12:30:08+00:00"),
        ("TZ=Asia/Tokyo 0 9 * * *", "2026-11-27T12:00:00+00:00", "2026-11-28T00:00:00+00:00"),
        ("CRON_TZ=Asia/Tokyo 0 9 * * ?", "2026-11-27T12:00:00+00:00", "2026-11-28T00:00:00+00:00"),
    ],
)
def test_the_next_time_is_what_cron_would_say(schedule: str, now: str, wanted: str) -> None:
    assert next_after(schedule, now) == wanted


@pytest.mark.parametrize(
    ("schedule", "now", "zone", "wanted"),
    [
        ("0 9 * * *", "2026-07-01T08:00:00+00:00", BERLIN, "2026-07-02T09:00:00+02:00"),
        # Clocks go from 2 to 3: what is due in between is not.
        ("30 2 * * *", "2026-03-28T12:00:00+00:00", BERLIN, "2026-03-30T02:30:00+02:00"),
        ("30 3 * * *", "2026-03-28T12:00:00+00:00", BERLIN, "2026-03-29T03:30:00+02:00"),
        # Clocks go from 2 back to 1: the hour comes twice.
        ("30 1 * * *", "2026-10-31T12:00:00+00:00", NEW_YORK, "2026-11-01T01:30:00-04:00"),
        ("30 1 * * *", "2026-11-01T05:30:00+00:00", NEW_YORK, "2026-11-01T01:30:00-05:00"),
        ("30 1 * * *", "2026-11-01T06:30:00+00:00", NEW_YORK, "2026-11-02T01:30:00-05:00"),
        # Here they go by half an hour.
        ("*/30 * * * *", "2026-10-03T15:20:00+00:00", LORD_HOWE, "2026-10-04T02:30:00+11:00"),
    ],
)
def test_a_place_puts_its_clocks_forward_and_back(schedule: str, now: str, zone: str, wanted: str) -> None:
    assert next_after(schedule, now, zone) == wanted


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        ("", "empty spec string"),
        ("* * *", "expected exactly 5 fields, found 3: [* * *]"),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("*/2/3 * * * *", "too many slashes: */2/3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'),
        ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
        ("9999999999999999999999 * * * *", "failed to parse int from 9999999999999999999999: "
         'strconv.Atoi: parsing "9999999999999999999999": value out of range'),
        ("@fortnightly", "unrecognized descriptor: @fortnightly"),
        ("@every soon", 'failed to parse duration @every soon: time: invalid duration "soon"'),
        ("@every ", 'failed to parse duration @every : time: invalid duration ""'),
        ("TZ=Mars/Olympus * * * * *", "provided bad location Mars/Olympus: unknown time zone Mars/Olympus"),
        ("٣ * * * *", 'failed to parse int from ٣: strconv.Atoi: parsing "٣": invalid syntax'),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused_in_the_words_of_kubernetes(schedule: str, wanted: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(schedule)
    assert str(caught.value) == wanted


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../../etc/passwd", "Europe/../Europe/Berlin", "./UTC", "America", "-UTC", "a\0b", "x" * 99],
)
def test_a_time_zone_is_a_name_and_never_a_path(name: str) -> None:
    with pytest.raises(ScheduleError):
        load_zone(name)


def test_zones_have_names_with_signs_and_numbers() -> None:
    for name in ("UTC", "Etc/GMT+12", "America/Argentina/Buenos_Aires", "EST5EDT"):
        assert load_zone(name) == ZoneInfo(name)


def test_a_schedule_that_is_never_due_says_so_quickly() -> None:
    assert parse_schedule("0 0 30 2 *").next_after(0.0, UTC) is None
