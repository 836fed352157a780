"""Both pictures of a system: a monolith with its parts, and the pieces that it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.bazaar import write_files
from wherry.dashboard.landscape.drawing import draw_side, line_words
from wherry.dashboard.landscape.facts import BoxFacts, LineFacts, SideFacts
from wherry.dashboard.landscape.sides import next_side, now_side
from wherry.method.model.landscape import Landscape, Place, SeenDatabase, SeenService, Standing
from wherry.method.model.meaning import read_model
from wherry.method.model.model import Model

READY = Place("dev", 1, 1)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return read_model(write_files(tmp_path))


def seen(*services: SeenService, **more: object) -> Landscape:
    return Landscape({one.name: one for one in services}, **more)  # type: ignore[arg-type]  # the other fields


def states(side: SideFacts) -> dict[str, str]:
    return {one.name: one.state for one in side.boxes}


def test_without_a_cluster_the_monolith_is_what_the_model_says(model: Model) -> None:
    (box,) = now_side(model, seen()).boxes
    assert (box.name, box.state, box.parts) == ("bazaar", "wanted", ("stall", "till", "window"))
    assert box.databases == ("bazaar-db (postgresql)",)


def test_a_piece_is_dashed_until_it_is_complete(model: Model) -> None:
    assert states(next_side(model, seen(), (), ())) == dict.fromkeys(("window", "stall", "till"), "wanted")
    starting = SeenService("till", (Place("dev", 0, 1),))
    played = SeenService("stall", (), (READY,))
    some = seen(starting, played, SeenService("window", (READY,)))
    assert states(next_side(model, some, (), ())) == {"window": "there", "stall": "stand-in", "till": "starting"}


def test_only_what_has_a_contract_and_does_not_run_can_be_played(model: Model) -> None:
    side = next_side(model, seen(SeenService("stall", (READY,))), {"till.v1", "stall.v1"}, ())
    assert [one.name for one in side.boxes if one.can_stand_in] == ["till"]
    assert [one.name for one in next_side(model, seen(), (), {"stall"}).boxes if one.can_stand_in] == ["stall"]


def test_a_shared_database_is_said_in_both_boxes(model: Model) -> None:
    shared = SeenDatabase("bazaar-db", "dev", "postgresql", "15", users=("bazaar", "stall"))
    both = seen(SeenService("bazaar", (READY,)), SeenService("stall", (READY,)), databases=(shared,))
    side = now_side(model, both)
    assert [(one.name, one.shared) for one in side.boxes] == [("bazaar", ("stall",)), ("stall", ("bazaar",))]
    assert 'class="store shared"' in draw_side(side, "Now.")


def test_a_contract_about_another_version_is_not_this_one(model: Model) -> None:
    def word(promise: str) -> str:
        contracts = {("stall", "till"): Standing("Agreed", "", promise)}
        side = next_side(model, seen(contracts=contracts), (), ())
        return next(line.word for line in side.lines if line.consumer == "stall")

    assert (word("till.v1"), word("till.v2")) == ("Agreed", "")


def test_who_calls_without_a_contract_has_a_zigzag(model: Model) -> None:
    running = (SeenService("bazaar", (READY,)), SeenService("till", (READY,)))
    side = now_side(model, seen(*running, calls=frozenset({("bazaar", "till")})))
    assert [line_words(one) for one in side.lines] == ["? no contract"]
    assert 'class="joint unspoken"' in draw_side(side, "Now.")


def test_a_monolith_is_drawn_with_its_parts_and_one_database(model: Model) -> None:
    drawn = draw_side(now_side(model, seen()), 'Now: "one" <box>.')
    assert drawn.count('class="part"') == 3
    assert drawn.count("<ellipse") == 1
    assert 'class="box monolith is-wanted"' in drawn
    assert 'aria-label="Now: &quot;one&quot; &lt;box&gt;. The lists' in drawn


def test_names_of_any_length_and_kind_stay_harmless(model: Model) -> None:
    box = BoxFacts(name="<b>" * 30, state="there", parts=("<i>",) * 20, databases=("&",) * 5, promises=("<p>.v1",) * 20)
    drawn = draw_side(SideFacts(boxes=(box,), lines=(LineFacts(consumer=box.name, provider="gone"),)), "<>")
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert drawn.count('class="part"') == 8


def test_the_pictures_agree_about_who_needs_whom(model: Model) -> None:
    side = next_side(model, seen(), (), ())
    assert {(one.consumer, one.provider, one.contract) for one in side.lines} == {
        ("window", "stall", "stall.v1"),
        ("stall", "till", "till.v1"),
    }
