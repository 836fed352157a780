"""How the chain of an answer is printed."""

from __future__ import annotations

import time

import pytest

from wherry.cli.commands.why import _tell_chain
from wherry.narrate.chain import Step


def test_what_happened_on_another_day_is_told_with_that_day(capsys: pytest.CaptureFixture[str]) -> None:
    now_s = time.time()
    then = time.strftime("%Y-%m-%d", time.localtime(now_s - 21 * 86400))
    _tell_chain([
        Step(time_s=now_s - 21 * 86400, who="anna", text="anna wrote it."),
        Step(time_s=now_s, who="x", text="It runs."),
        Step(time_s=0.0, who="", text="Nobody knows when."),
    ])  # fmt: skip
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith(f"    {then} ")
    assert first.index("anna") == second.index("It runs.") == third.index("Nobody")
    assert second.split()[0].count(":") == 2


def test_a_thing_without_a_story_prints_none(capsys: pytest.CaptureFixture[str]) -> None:
    _tell_chain([])
    assert capsys.readouterr().out == ""
