from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.journey.script import JourneyError, filled, parse_journey, read_journey
from wherry.method.skeleton.template import Answers, read_template

HEAD = "journey: j\ntitle: J\nsteps:\n"


def test_the_skeletons_journey_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "journeys").mkdir()
    files = read_template().render(Answers("orders", "shop"))
    (tmp_path / "journeys" / "do-x.yaml").write_bytes(files["journeys/do-x.yaml"])
    journey = read_journey(tmp_path, "do-x")
    assert journey.title == "Do x"
    assert [(step.method, step.path) for step in journey.steps] == [("POST", "/x"), ("GET", "/x/${row}"), ("GET", "/x")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is no journey"),
        ("journey: j\ntitle: J\nsteps: []\n", "has no steps"),
        (HEAD + "- {say: a, call: FETCH /x}\n", 'step 1: "FETCH /x" is no call'),
        (HEAD + "- {say: a, call: GET x}\n", "is no call"),
        (HEAD + "- {say: a, call: GET /x, expects: {}}\n", "unknown field `expects`"),
        (HEAD + "- {say: a, call: 'GET /x/${row}'}\n", "step 1 uses row, which no step before has captured"),
        (HEAD + "- {say: a, call: POST /x, body: {a: ['${b}']}}\n", "step 1 uses b"),
        (HEAD + "- {say: a, call: GET /x, expect: {body: {id: '${b}'}}}\n", "step 1 uses b"),
    ],
)
def test_what_is_no_journey_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(JourneyError, match=r"j\.yaml") as refused:
        parse_journey(text, "j.yaml")
    assert words in str(refused.value)


@pytest.mark.parametrize("name", ["nothing", "../journeys/do-x"])
def test_a_journey_that_is_not_there_says_which_there_are(tmp_path: Path, name: str) -> None:
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "do-x.yaml").write_text("")
    with pytest.raises(JourneyError, match=r"there are: do-x"):
        read_journey(tmp_path, name)


def test_variables_are_filled_in_everywhere_and_keep_their_type_when_alone() -> None:
    known: dict[str, object] = {"row": 7, "token": "ab"}
    wanted = {"id": "${row}", "item": "tea ${token} ${row}", "list": ["${row}", 1], "none": None}
    assert filled(wanted, known) == {"id": 7, "item": "tea ab 7", "list": [7, 1], "none": None}
