"""Whatever the schedule: the next time is the first minute that fits, and the last one due is the one before."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wherry.api.batch.cron_schedule import parse_schedule

START_S = 1_800_000_000


@st.composite
def schedules(draw: st.DrawFn) -> str:
    minute = draw(st.sampled_from(["*", "*/7", "0", "3,33", "10-20/5"]))
    hour = draw(st.sampled_from(["*", "*/6", "0", "23", "9-17"]))
    day = draw(st.sampled_from(["*", "1", "15", "*/9", "28-31"]))
    weekday = draw(st.sampled_from(["*", "mon", "0,6", "1-5"]))
    return f"{minute} {hour} {day} * {weekday}"


@given(text=schedules(), after_s=st.integers(0, 40 * 86_400))
def test_no_fitting_minute_is_left_out(text: str, after_s: int) -> None:
    schedule = parse_schedule(text)
    now_s = START_S + after_s
    due_s = schedule.next_after(now_s)
    assert due_s is not None
    assert due_s > now_s
    assert due_s % 60 == 0
    minute, hour, day, _, weekday = text.split()
    at = datetime.fromtimestamp(due_s, UTC)
    assert minute == "*" or at.minute in schedule.minutes
    assert hour == "*" or at.hour in schedule.hours
    fits_month, fits_week = at.day in schedule.days, (at.weekday() + 1) % 7 in schedule.weekdays
    assert fits_month or fits_week
    if "*" in (day, weekday):
        assert fits_month
        assert fits_week
    # The minute before is not due, unless it is now.
    assert schedule.next_after(due_s - 60) == due_s


@given(text=schedules(), span_s=st.integers(1, 20 * 86_400))
def test_the_latest_due_time_is_the_one_before_the_next(text: str, span_s: int) -> None:
    schedule = parse_schedule(text)
    now_s = START_S + span_s
    latest_s = schedule.latest_due(START_S, now_s)
    first_s = schedule.next_after(START_S)
    assert first_s is not None
    if latest_s is None:
        assert first_s > now_s
        return
    assert START_S < latest_s <= now_s
    following_s = schedule.next_after(latest_s)
    assert following_s is not None
    assert following_s > now_s


@given(every_s=st.integers(1, 10_000), span_s=st.integers(0, 1_000_000))
def test_every_so_often_keeps_its_beat(every_s: int, span_s: int) -> None:
    schedule = parse_schedule(f"@every {every_s}s")
    latest_s = schedule.latest_due(START_S, START_S + span_s)
    if span_s < every_s:
        assert latest_s is None
    else:
        assert latest_s is not None
        assert (latest_s - START_S) % every_s == 0
        assert START_S + span_s - latest_s < every_s
