"""The figures about the prover: what counts as missed, as a false alarm, as a flip, and what a killed run keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.prover.applications import ALL, Application, applications, read_change
from benchmarks.prover.page import page
from benchmarks.prover.rates import Rates, of
from benchmarks.prover.results import OWN, READING, Trial, open_results


def trial(word: str, round_: int = 1, *, sin: str = "logs", code: str = "c1", trouble: str = "") -> Trial:
    words = {"logs": word} if word else {}
    return Trial(OWN, round_, "quiet", "guilty", sin, "logs", words, code=code, trouble=trouble)


def test_a_sin_that_is_not_refuted_is_missed_and_a_refutation_without_a_sin_is_a_false_alarm() -> None:
    rates = Rates((trial("Refuted"), trial("Proved", 2), trial("Refuted", sin=""), trial("Not shown", sin="")))
    assert [one.round for one in rates.missed] == [2]
    assert (len(rates.sinners), len(rates.alarms), rates.innocent_verdicts) == (2, 1, 2)


def test_what_could_not_be_tried_is_neither_missed_nor_a_flip_and_has_a_line_of_its_own() -> None:
    rates = Rates((trial("Refuted"), trial("Error", 2), trial("", 3, trouble="nothing was tried live")))
    assert (rates.missed, rates.flips) == ([], [])
    assert [one.round for one in rates.untried] == [2, 3]
    assert not rates.trials[1].is_right


def test_a_verdict_that_changes_its_mind_is_a_flip() -> None:
    assert Rates((trial("Refuted"), trial("Proved", 2))).flips == [("quiet", "logs")]
    assert Rates((trial("Proved", sin=""), trial("Not shown", 2, sin=""))).flips == []


def test_a_repetition_counts_when_it_has_all_its_trials() -> None:
    rates = Rates((trial("Refuted"), trial("Refuted", 2)))
    assert (rates.complete(1), rates.complete(2)) == (2, 0)


def test_only_what_the_newest_code_has_tried_counts() -> None:
    found = of([trial("Proved", code="old"), trial("Refuted", code="new")], OWN)
    assert [one.code for one in found.trials] == ["new"]
    assert of([], READING).trials == ()


def test_a_run_that_was_ended_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "build" / "prover.jsonl"
    results = open_results(path, go_on=False)
    results.add(trial("Refuted"))
    results.add(trial("", 2, trouble="it could not be made"))
    with path.open("a") as file:
        file.write('{"what": "own", "rou')
    again = open_results(path, go_on=True)
    assert again.done() == {(OWN, 1, "quiet", "logs")}
    again.code = "another"
    assert again.done() == set()
    assert open_results(path, go_on=False).read() == []


def test_the_page_says_what_was_wrong_and_with_which_code() -> None:
    text = page([trial("Refuted", code="old"), trial("Proved"), trial("Refuted", 2), trial("Refuted", 3, sin="")])
    assert "Sins missed: **1** of 2." in text
    assert "False alarms: **1** of 1 verdicts." in text
    assert "Flips: **1** of 1." in text
    assert "Commit old: 1 trials, 0 sins missed" in text
    assert "- quiet, own, repetition 1, load 0.0: logs not found" in text
    assert "## Read" in text
    assert "- Not tried yet." in text


def test_every_application_is_tried_on_something_and_no_two_have_one_name() -> None:
    every = applications()
    assert len({one.name for one in every}) == len(every)
    assert [one.name for one in every if one.own == (ALL,)] == ["skeleton"]
    assert {one.kind for one in every} == {"skeleton", "guilty", "hidden", "innocent", "mended"}


def test_a_head_that_names_no_criterion_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "odd.patch"
    path.write_text("It looks odd.\nTempts: loggs\n\ndiff --git a/x b/x\n")
    with pytest.raises(AssertionError, match="loggs"):
        read_change(path)


def test_who_signs_has_a_partner_to_sign_with(tmp_path: Path) -> None:
    path = tmp_path / "signed.patch"
    path.write_text("It changes what was signed.\nSigned: before\n\ndiff --git a/x b/x\n")
    assert Application("signed", "guilty", (read_change(path),)).partner == "web"
