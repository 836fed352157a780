"""What looks like a log, and what does not."""

from __future__ import annotations

import pytest

from wherry.method.experiments.logs import looks_like_a_log


@pytest.mark.parametrize(
    ("text", "is_log"),
    [
        ("2026-01-31 12:00:00 row written\n", True),
        ('{"at": 1769860000.123, "event": "x"}\n', True),
        ("INFO started\nINFO stopped\n", True),
        ("GET /x 200\n", True),
        ("tea,3\nbread,4\n", False),
        ("", False),
        ("a page of text that somebody has uploaded\n", False),
    ],
)
def test_lines_with_a_time_a_level_or_a_request_look_like_a_log(text: str, is_log: bool) -> None:
    assert looks_like_a_log(text) == is_log
