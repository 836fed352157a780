"""The rule: Refuted needs a counter-example, Proved needs a live run on this very release."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.method.evidence.observation import (
    Method,
    Observation,
    Weight,
    against,
    doubt,
    not_applicable,
    note,
    supports,
)
from wherry.method.evidence.verdict import Word, for_release, judge

DIGEST = "sha256:" + "a" * 64


def live(entry: Observation) -> Observation:
    return replace(entry, method=Method.LIVE)


FAILED = Observation(Weight.FAILED, "The database did not start.", method=Method.LIVE)
SIN = against("It writes a file.", "src/app.py:3", fix="print")


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        ([], Word.NOT_SHOWN),
        ([supports("Fine.")], Word.SUPPORTED),
        ([note("Odd.")], Word.NOT_SHOWN),
        ([supports("Fine."), doubt("Hm.")], Word.NOT_SHOWN),
        ([supports("Fine."), SIN], Word.REFUTED),
        ([not_applicable("No tasks.")], Word.NOT_APPLICABLE),
        ([doubt("Hm."), live(supports("Seen."))], Word.PROVED),
        ([supports("Fine."), live(supports("Seen.")), live(doubt("Only half."))], Word.NOT_SHOWN),
        ([SIN, live(supports("Seen."))], Word.REFUTED),
        ([supports("Fine."), FAILED], Word.ERROR),
        ([FAILED, live(SIN)], Word.REFUTED),
    ],
)
def test_a_verdict_says_no_more_than_was_seen(seen: list[Observation], word: Word) -> None:
    assert judge("logs", seen, digest=DIGEST).word is word


def test_nothing_is_proved_about_files_that_were_never_released() -> None:
    assert judge("logs", [live(supports("Seen."))]).word is Word.SUPPORTED


def test_a_verdict_about_another_release_is_stale_and_says_how_to_get_a_new_one() -> None:
    verdict = for_release(judge("logs", [live(supports("Seen."))], digest=DIGEST), "sha256:" + "b" * 64)
    assert verdict.word is Word.STALE
    assert verdict.says == "It was Proved for another release (aaaaaaaaaaaa)."
    assert verdict.repeat == "wherry prove logs"


def test_a_counter_example_that_nobody_can_repeat_is_no_observation() -> None:
    with pytest.raises(AssertionError):
        against("It is wrong somehow.", fix="try harder")


@given(st.lists(st.sampled_from([supports("a"), doubt("b"), note("c"), SIN, FAILED, live(supports("d"))])))
def test_the_word_does_not_depend_on_the_order_in_which_things_were_seen(seen: list[Observation]) -> None:
    assert judge("x", seen, digest=DIGEST).word is judge("x", seen[::-1], digest=DIGEST).word


@given(st.lists(st.sampled_from([supports("a"), doubt("b"), note("c"), live(supports("d"))])))
def test_without_a_counter_example_nothing_is_refuted(seen: list[Observation]) -> None:
    assert judge("x", seen, digest=DIGEST).word is not Word.REFUTED
