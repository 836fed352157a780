"""Journeys, and comparing answers without what differs by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.played_twin import JOURNEY
from wherry.method.experiments.journey import (
    Answer,
    Expect,
    agrees,
    contains,
    fill,
    mask,
    mismatch,
    parse_journey,
    play,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


async def test_a_journey_hands_what_it_captured_to_later_steps() -> None:
    asked = []

    async def ask(method: str, path: str, body: object) -> Answer:
        asked.append((method, path))
        token = body.get("item") if isinstance(body, dict) else asked[0]
        return Answer(201, {"id": 7, "item": token}) if method == "POST" else Answer(200, {"item": "other"})

    played = await play(JOURNEY, ask)
    assert asked == [("POST", "/x"), ("GET", "/x/7")]
    assert played.trouble.startswith('GET /x/7 answered something else than {"item":')


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(0, "refused"), "got no answer (refused)"),
        (Answer(500, {}), "answered 500 instead of 200"),
        (Answer(200, {"a": 2}), 'answered something else than {"a":1}'),
        (Answer(200, {"a": 1, "b": 2}), ""),
    ],
)
def test_an_answer_that_is_not_as_expected_is_said_in_words(answer: Answer, words: str) -> None:
    assert mismatch(Expect(200, {"a": 1}), answer, {}) == words


def test_a_whole_placeholder_keeps_the_type_of_what_it_stands_for() -> None:
    assert fill({"id": "${row}", "text": "row ${row}"}, {"row": 7}) == {"id": 7, "text": "row 7"}


def test_what_is_no_journey_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    for text in ("steps: 3", "a: [", "- 1", ""):
        path.write_text(text)
        assert parse_journey(path) is None


@given(JSON)
def test_an_answer_agrees_with_itself(value: object) -> None:
    assert agrees(mask(value, value), value)
    assert contains(value, value)


@given(JSON, JSON)
def test_what_differs_by_itself_never_counts_as_a_difference(one: object, other: object) -> None:
    masked = mask(one, other)
    assert agrees(masked, one)
    assert agrees(masked, other) or isinstance(one, list | dict)
