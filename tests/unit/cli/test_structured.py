"""The answers for programs: the same facts, whole, under names that stay."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from wherry.cli.commands.meaning import command as meaning
from wherry.cli.commands.timebox import command as timebox
from wherry.cli.proving import ProvingRun
from wherry.cli.structured import breaks_document, meaning_document, proving_document, timebox_document
from wherry.cluster.data_dir import DataDir
from wherry.method.contracts.breaks import Breaks, Partner
from wherry.method.contracts.fit import Reason
from wherry.method.contracts.rule import Finding, Place
from wherry.method.done.criteria import BY_ID
from wherry.method.done.meanings import Meaning
from wherry.method.evidence.observation import Method, Observation, Weight
from wherry.method.evidence.verdict import Verdict, Word
from wherry.method.project import Environment, Project, ProjectFile
from wherry.method.timebox.clock import start_timebox
from wherry.method.timebox.ticks import Facts, tick_off

NO_STORE: Any = None
SAYS = "GET /orders no longer answers with price."


def test_a_change_says_which_promises_and_partners_break() -> None:
    finding = Finding("response-field-removed", "breaking", Place("GET /orders", "response", "price"), SAYS)
    web = Partner("web", (Reason("GET /orders", "price", SAYS),))
    found = breaks_document("orders", Breaks((finding,), (web, Partner("mobile", (), was_broken=True))))
    assert (found["service"], found["broken"]) == ("orders", ["web"])
    assert found["findings"] == [
        {"rule": finding.rule, "level": "breaking", "operation": "GET /orders", "side": "response", "field": "price",
         "sentence": SAYS}
    ]  # fmt: skip
    assert found["partners"] == [
        {"name": "web", "breaks": True, "wasBroken": False,
         "reasons": [{"operation": "GET /orders", "field": "price", "sentence": SAYS}]},
        {"name": "mobile", "breaks": False, "wasBroken": True, "reasons": []},
    ]  # fmt: skip


def test_trials_give_every_verdict_with_what_it_rests_on() -> None:
    run = ProvingRun(NO_STORE, Project(Path(), ProjectFile("orders", {"dev": Environment("a")})), None, "dev", None)
    seen = Observation(Weight.DOUBT, "It writes a file.", method=Method.LIVE)
    run.verdicts.append(Verdict("logs", Word.REFUTED, "It writes a file.", (seen,), digest="sha256:ab"))
    found = json.loads(json.dumps(proving_document(run)))
    assert (found["service"], found["refuted"]) == ("orders", ["logs"])
    (verdict,) = found["verdicts"]
    assert (verdict["criterion"], verdict["verdict"], verdict["digest"]) == ("logs", "Refuted", "sha256:ab")
    assert verdict["observations"][0]["says"] == "It writes a file."


def test_for_a_program_no_result_is_told_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    for tells in (True, False):
        project = Project(Path(), ProjectFile("orders", {"dev": Environment("a")}))
        run = ProvingRun(NO_STORE, project, None, "dev", None, tells=tells)
        run._tell(Verdict("logs", Word.PROVED, "It writes to its output."), 1.0)
        assert ("Proved" in capsys.readouterr().out) is tells
        assert len(run.verdicts) == 1


def test_a_meaning_has_all_its_fields_with_a_team_and_without() -> None:
    criterion, day = BY_ID["logs"].criterion, datetime.date(2026, 11, 23)
    mine = Meaning("logs", criterion.title, "To stdout.", (("anna", day),), ("ben",), ("ben", "cleo"))
    found = meaning_document(criterion, mine)
    assert found["agreed"] == [{"who": "anna", "day": "2026-11-23"}]
    assert (found["standing"], found["missing"], found["outdated"]) == ("some", ["ben", "cleo"], ["ben"])
    alone = meaning_document(criterion, None)
    assert alone.keys() == found.keys()
    assert (alone["asked"], alone["agreed"]) == (False, [])


def test_a_meaning_is_asked_for_by_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = CliRunner().invoke(meaning, ["logs", "-o", "json"])
    assert json.loads(answer.output)["criterion"] == "logs"
    assert CliRunner().invoke(meaning, ["logs", "-o", "name"]).output == "logs\n"


def test_a_timebox_says_how_far_it_is_and_how_much_is_left() -> None:
    ticks = tick_off(Facts(service="orders", environments=("dev",), head="0123", commits=3))
    found = timebox_document("orders", start_timebox("orders", 7200, 1000.0), ticks, 4600.0)
    assert (found["lengthSeconds"], found["leftSeconds"], found["done"], found["total"]) == (7200, 3600, 1, len(ticks))
    items = found["items"]
    assert isinstance(items, list)
    assert [one["name"] for one in items if one["isDone"]] == [one.item.name for one in ticks if one.is_done]
    assert found["next"] == next(one.how for one in ticks if not one.is_done)
    without = timebox_document("orders", None, ticks, 4600.0)
    assert without.keys() == found.keys()
    assert without["leftSeconds"] is None


def test_a_backlog_is_an_answer_by_itself(tmp_path: Path) -> None:
    answer = CliRunner().invoke(timebox, ["--backlog", "md", "-o", "json"], obj=DataDir(tmp_path))
    assert answer.exit_code == 2
    assert "leave out -o" in answer.output


def test_help_names_every_field() -> None:
    ticks = tick_off(Facts(service="orders"))
    for command, document in (
        (timebox, timebox_document("orders", None, ticks, 0.0)),
        (meaning, meaning_document(BY_ID["logs"].criterion, None)),
    ):
        assert isinstance(command, click.Command)
        assert [name for name in document if f"`{name}`" not in (command.help or "")] == []
