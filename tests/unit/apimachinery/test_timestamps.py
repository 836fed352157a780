from __future__ import annotations

import pytest

from wherry.apimachinery.timestamps import (
    age_since,
    format_age,
    format_micro_time,
    format_time,
    is_time,
    parse_time,
)


def test_times_are_written_in_utc() -> None:
    assert format_time(1_795_417_200) == "2026-11-23T07:00:00Z"
    assert format_time(1_795_417_200.999) == "2026-11-23T07:00:00Z"
    assert format_micro_time(1_795_417_200.25) == "2026-11-23T07:00:00.250000Z"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2026-11-23T07:00:00Z", 1_795_417_200.0),
        ("2026-11-23T09:00:00+02:00", 1_795_417_200.0),
        ("2026-11-23T05:30:00-01:30", 1_795_417_200.0),
        ("2026-11-23T07:00:00.5Z", 1_795_417_200.5),
        ("2026-11-23T07:00:00.000001Z", 1_795_417_200.000001),
    ],
)
def test_times_are_read_in_any_zone(text: str, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-23", "2026-13-01T00:00:00Z", "2026-11-23T07:00:00",
                                  "2026-11-23T25:00:00Z", "2026-11-23T07:00:00+99:00"])  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    assert not is_time(text)
    with pytest.raises(ValueError, match=r"RFC 3339|must be in"):
        parse_time(text)


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-5, "<invalid>"), (-1.5, "0s"), (-1, "0s"), (0, "0s"), (5.9, "5s"), (119, "119s"), (120, "2m"), (192, "3m12s"),
        (600, "10m"), (659, "10m"), (3 * 3600 - 1, "179m"), (3 * 3600, "3h"), (3 * 3600 + 60, "3h1m"),
        (8 * 3600, "8h"), (47 * 3600, "47h"), (48 * 3600, "2d"), (51 * 3600, "2d3h"), (8 * 86400, "8d"),
        (729 * 86400, "729d"), (730 * 86400, "2y"), (731 * 86400, "2y1d"), (8 * 365 * 86400, "8y"),
        (9 * 365 * 86400 + 86400, "9y"),
    ],
)  # fmt: skip
def test_ages_get_coarser_the_longer_they_are(seconds: float, age: str) -> None:
    assert format_age(seconds) == age


def test_an_age_without_a_beginning_is_unknown() -> None:
    assert age_since("", 10) == "<unknown>"
    assert age_since("nonsense", 10) == "<unknown>"
    assert age_since("1970-01-01T00:00:05Z", 10) == "5s"
