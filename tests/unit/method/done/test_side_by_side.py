"""A full run tries side by side what can be, and believes nothing bad that was seen only there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest

from suites.played_twin import PlayedTwin, played_twin
from wherry.api.method.proof import ProofSpec
from wherry.apimachinery.errors import Forbidden
from wherry.client.client import Client
from wherry.kit.clock import SystemClock
from wherry.method.done.proving import Bench
from wherry.method.done.side_by_side import plan_order, prove, settle
from wherry.method.evidence.observation import Observation, Weight
from wherry.method.evidence.verdict import Verdict
from wherry.method.experiments.experiment import Experiment, Place, failed, open_question, refuted, shown
from wherry.method.experiments.registry import EXPERIMENTS
from wherry.method.twins.twin import CannotTry, Twin

Answers = Callable[[Twin], Observation]
FINE = shown("It is so.")
BAD = refuted("It is not so.", "x", fix="change it")


class Secretive:
    """A cluster that shows nobody its pods: how many copies are ready is not what is tried here."""

    async def list(self, *_: object, **__: object) -> object:
        raise Forbidden("pods are not for you")


@dataclass
class Stage:
    """Twins that come and go, at most so many, and what was told of the experiments on them."""

    room: int = 9
    twins: list[PlayedTwin] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    ran: list[tuple[str, int, tuple[str, ...]]] = field(default_factory=list)
    alone: dict[str, bool] = field(default_factory=dict)
    told: list[Verdict] = field(default_factory=list)
    steps: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @asynccontextmanager
    async def open_twin(self, _: bool) -> AsyncIterator[Twin]:
        if len(self.twins) >= self.room:
            raise CannotTry("there is no room")
        self.twins.append(played_twin())
        self.twins[-1].client = cast("Client", Secretive())
        yield self.twins[-1]

    async def keep(self, verdict: Verdict, proof: ProofSpec) -> None:
        self.told.append(verdict)
        self.steps[proof.criterion] = proof.steps

    def experiment(self, name: str, place: Place, *answers: Observation) -> Experiment:
        """One that answers so the first time, so the second time, and then the last again."""
        left = list(answers or (FINE,))

        async def run(twin: Twin) -> list[Observation]:
            assert isinstance(twin, PlayedTwin)
            self.running.append(name)
            self.alone[name] = twin.is_alone
            twin.note(f"{name} was tried.")
            await twin.clock.sleep(0.01)
            beside = tuple(one for one in self.running if one != name)
            self.ran.append((name, self.twins.index(twin), beside))
            self.running.remove(name)
            return [left.pop(0) if len(left) > 1 else left[0]]

        return Experiment(name, run, place=place)

    async def prove(self, *experiments: Experiment) -> dict[str, str]:
        await prove(self.open_twin, experiments, Bench(SystemClock(), "1", self.keep))
        return {verdict.criterion: verdict.word.value for verdict in self.told}


def test_a_database_that_goes_away_and_stops_under_load_have_twins_of_their_own_and_measuring_comes_last() -> None:
    order = plan_order(EXPERIMENTS)
    assert [one.criterion for one in order.beside] == ["disposability", "backing-services"]
    assert [one.criterion for one in order.alone] == ["concurrency"]
    assert len(order.shared) == len(EXPERIMENTS) - 3


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_single_experiment_needs_one_twin_only(experiment: Experiment) -> None:
    assert plan_order([experiment]).shared == (experiment,)


async def test_what_has_a_twin_of_its_own_is_tried_beside_the_others_and_what_measures_beside_nothing() -> None:
    stage = Stage()
    words = await stage.prove(
        stage.experiment("a", Place.SHARED), stage.experiment("b", Place.OWN), stage.experiment("c", Place.ALONE)
    )
    assert words == {"a": "Proved", "b": "Proved", "c": "Proved"}
    ran = {name: (twin, beside) for name, twin, beside in stage.ran}
    assert ran["a"][0] != ran["b"][0]
    assert ran["b"][1] == ("a",) or ran["a"][1] == ("b",)
    assert ran["c"] == (ran["a"][0], ())
    assert stage.alone == {"a": False, "b": False, "c": True}


@pytest.mark.parametrize("place", [Place.SHARED, Place.OWN])
@pytest.mark.parametrize(("second", "word"), [(BAD, "Refuted"), (FINE, "Not shown")])
async def test_what_speaks_against_a_service_beside_others_must_do_so_again_alone(
    place: Place, second: Observation, word: str
) -> None:
    stage = Stage()
    other = Place.OWN if place is Place.SHARED else Place.SHARED
    words = await stage.prove(stage.experiment("a", place, BAD, second), stage.experiment("b", other))
    assert words == {"a": word, "b": "Proved"}
    assert stage.ran[-1] == ("a", stage.ran[-1][1], ())
    assert len(stage.steps["a"]) == 2


@pytest.mark.parametrize("first", [failed("It could not be tried."), open_question("It may be so.")])
async def test_a_trial_that_shows_nothing_beside_others_is_made_again(first: Observation) -> None:
    stage = Stage()
    trial = stage.experiment("a", Place.OWN, first, FINE)
    assert await stage.prove(trial, stage.experiment("b", Place.SHARED)) == {"a": "Proved", "b": "Proved"}


async def test_where_there_is_no_room_for_a_second_twin_everything_is_tried_on_the_first() -> None:
    stage = Stage(room=1)

    @asynccontextmanager
    async def first_only(is_first: bool) -> AsyncIterator[Twin]:
        if not is_first:
            raise CannotTry("there is no room")
        async with stage.open_twin(is_first) as twin:
            yield twin

    chosen = (stage.experiment("a", Place.SHARED), stage.experiment("b", Place.OWN, BAD))
    await prove(first_only, chosen, Bench(SystemClock(), "1", stage.keep))
    assert [(one.criterion, one.word.value) for one in stage.told] == [("a", "Proved"), ("b", "Refuted")]


async def test_without_any_twin_the_reason_is_said() -> None:
    stage = Stage(room=0)
    with pytest.raises(CannotTry, match="there is no room"):
        await stage.prove(stage.experiment("a", Place.SHARED), stage.experiment("b", Place.OWN))


def test_a_counter_example_that_does_not_come_again_leaves_the_question_open() -> None:
    weights = [entry.weight for entry in settle([FINE, BAD], [FINE])]
    assert weights == [Weight.DOUBT, Weight.SUPPORTS]
    assert settle([BAD], [BAD, FINE]) == [BAD, FINE]
    assert settle([failed("No.")], [FINE]) == [FINE]
