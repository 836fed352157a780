"""How the lines of a story are printed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import msgspec
import pytest

from wherry.cli.commands.story import Teller
from wherry.cli.look import Look
from wherry.cluster.data_dir import DataDir
from wherry.narrate.story import Line

TROUBLE = Line(
    time_s=time.time(), end_s=0.0, namespace="shop", actor="Node n1", subject="pod web", kind="Pod", name="web",
    app="web", reason="BackOff", text="web stops again and again.", why="", next="wherry why web", count=1,
    is_warning=True,
)  # fmt: skip


def look(output: str | None = None) -> Look:
    return Look(DataDir(Path("nowhere")), "", None, output, plain=True, teach=False)


def told(capsys: pytest.CaptureFixture[str], *lines: Line, with_steps: bool = True) -> list[str]:
    teller = Teller(look(), with_steps=with_steps)
    for line in lines:
        teller.show(line)
    return [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]


def test_a_trouble_in_a_story_that_goes_on_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    fine = msgspec.structs.replace(TROUBLE, is_warning=False, text="web runs.", next="wherry show web")
    assert told(capsys, TROUBLE, fine) == ["! web stops again and again. Next: wherry why web", "  web runs."]


def test_the_same_step_is_not_told_again_until_another_came(capsys: pytest.CaptureFixture[str]) -> None:
    other = msgspec.structs.replace(TROUBLE, next="wherry why db")
    said = told(capsys, TROUBLE, TROUBLE, other, TROUBLE)
    assert [line.partition(" Next: ")[2] for line in said] == ["wherry why web", "", "wherry why db", "wherry why web"]


def test_a_story_with_an_end_has_its_step_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, TROUBLE, with_steps=False) == ["! web stops again and again."]


def test_a_line_of_another_day_has_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    Teller(look()).show(msgspec.structs.replace(TROUBLE, time_s=time.time() - 86400 * 2))
    day = time.strftime("%Y-%m-%d", time.localtime(time.time() - 86400 * 2))
    assert capsys.readouterr().out.startswith(f"{day} ")


def test_a_program_gets_each_line_that_follows_as_a_document_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    Teller(look("json"), with_steps=True).show(TROUBLE)
    assert json.loads(capsys.readouterr().out)["text"] == TROUBLE.text
    Teller(look("name"), with_steps=True).show(TROUBLE)
    assert capsys.readouterr().out == "pod/web\n"
