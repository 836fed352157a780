"""The answers of two environments, side by side."""

from __future__ import annotations

import pytest

from suites.played_twin import played_twin
from wherry.method.experiments.same_answers import (
    Answers,
    answers_of,
    compare_answers,
    forget_settings,
    typical_answers,
)


async def test_two_twins_of_the_same_service_answer_alike() -> None:
    one, other = played_twin(), played_twin()
    _, _ = await one.scale(1), await other.scale(1)
    (found,) = compare_answers(await typical_answers(one), await answers_of(other), "dev", "staging")
    assert found.says == "Twins of dev and of staging answer all 3 steps of the journey alike."


@pytest.mark.parametrize(
    ("there", "weight", "words"),
    [
        (Answers((), "GET /x: it answered 500"), "against", "on a twin of staging the journey does not pass"),
        (Answers((("GET /x", 404, {}),)), "against", "answers 200 with the settings of dev, and 404"),
        (Answers((("GET /x", 200, {"a": 2}),)), "against", "something else"),
        (Answers((("GET /x", 200, {"a": 1, "b": 2}),)), "note", "alike"),
    ],
)
def test_another_answer_elsewhere_is_a_counter_example(there: Answers, weight: str, words: str) -> None:
    (found,) = compare_answers(Answers((("GET /x", 200, {"a": 1}),)), there, "dev", "staging")
    assert (found.weight.value, words in found.says) == (weight, True)


def test_what_does_not_pass_here_is_no_difference() -> None:
    (found,) = compare_answers(Answers((), "no"), Answers(()), "dev", "staging")
    assert found.weight.value == "doubt"


def test_settings_and_places_may_differ() -> None:
    body = {"greeting": "hello from dev", "by": "made by orders-7f-x", "n": 3, "items": [1]}
    assert forget_settings(body, frozenset({"hello from dev"}), ["orders-7f-x"]) == {
        "greeting": "*", "by": "*", "n": 3, "items": "*",
    }  # fmt: skip
