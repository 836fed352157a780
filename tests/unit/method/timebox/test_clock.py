from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.timebox.clock import (
    PLACE,
    encode_timebox,
    parse_length,
    read_timebox,
    say_length,
    start_timebox,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("4h", 14400), ("90m", 5400), ("1h30m", 5400), ("2d", 172800), (" 1H ", 3600), ("1d2h", 93600)],
)
def test_a_length_is_read_as_people_write_it(text: str, seconds: int) -> None:
    assert parse_length(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "4", "4x", "-1h", "91d", "h", "1m1h"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        parse_length(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(14400, "4 h"), (13260, "3 h 41 min"), (59, "less than a minute"), (90000, "1 d 1 h"), (-120, "2 min")],
)
def test_a_length_is_said_as_people_say_it(seconds: int, words: str) -> None:
    assert say_length(seconds) == words


def test_a_timebox_is_kept_in_its_file(tmp_path: Path) -> None:
    assert read_timebox(tmp_path) is None
    timebox = start_timebox("orders", 3600, 1_800_000_000.4)
    (tmp_path / PLACE).parent.mkdir()
    (tmp_path / PLACE).write_bytes(encode_timebox(timebox))
    assert read_timebox(tmp_path) == timebox
    assert timebox.left_s(1_800_000_000) == 3600
    assert timebox.left_s(1_800_004_000) == -400
