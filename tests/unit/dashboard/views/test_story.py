"""Moments on the pages."""

from __future__ import annotations

import re
import time

from wherry.dashboard.views.story import shown_time


def test_a_moment_of_another_day_is_shown_with_its_day_and_for_programs_too() -> None:
    now_s = time.time()
    assert re.fullmatch(r'<time datetime="[^"]+">\d\d:\d\d:\d\d</time>', shown_time(now_s))
    day = time.strftime("%Y-%m-%d", time.localtime(now_s - 40 * 86400))
    assert f">{day} " in shown_time(now_s - 40 * 86400)
    assert shown_time(0.0) == ""
