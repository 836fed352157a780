"""Moments as people say them."""

from __future__ import annotations

from datetime import datetime

import pytest

from wherry.narrate.when import in_words, parse_since, time_of

NOON = datetime(2026, 11, 23, 12, 0, 0).astimezone().timestamp()


@pytest.mark.parametrize(
    ("text", "ago_s"),
    [("10m", 600), ("2h", 7200), ("1d", 86400), ("1w", 604800), ("30s", 30), ("10m ago", 600), ("today", 12 * 3600),
     ("yesterday", 36 * 3600), ("10:02", 7080), ("13:00", 23 * 3600)],
)  # fmt: skip
def test_a_moment_is_understood(text: str, ago_s: int) -> None:
    assert NOON - parse_since(text, NOON) == ago_s


def test_a_date_and_the_apis_own_time_are_understood() -> None:
    assert parse_since("2026-11-23", NOON) == NOON - 12 * 3600
    assert parse_since("2026-11-23T07:00:00Z", NOON) == datetime.fromisoformat("2026-11-23T07:00:00+00:00").timestamp()


def test_what_means_no_moment_is_refused_with_what_would() -> None:
    with pytest.raises(ValueError, match="say 10m, 2h"):
        parse_since("soon", NOON)


def test_durations_are_as_exact_as_people_need_them() -> None:
    assert [in_words(s) for s in (0.42, 12.3, 300, 9000)] == ["0.4 s", "12 s", "5 min", "2 h"]


def test_a_moment_of_another_day_is_shown_with_its_day() -> None:
    assert time_of(NOON - 60, NOON) == "11:59:00"
    assert time_of(NOON - 86400, NOON) == "2026-11-22 12:00:00"
    assert time_of(NOON - 12 * 3600 - 1, NOON) == "2026-11-22 23:59:59"
    assert time_of(0.0, NOON) == ""
