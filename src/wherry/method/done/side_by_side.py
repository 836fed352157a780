"""All experiments on twins side by side, so that a full run takes as long as its longest part, not as their sum.

Beside others only success counts: what speaks against a service, or leaves a question, is tried again with nothing
beside it, and what speaks against it must come again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from wherry.apimachinery.errors import StatusError
from wherry.kit.tasks import TaskScope, first_error
from wherry.method.done.proving import Bench, Trial
from wherry.method.evidence.observation import Observation, Weight
from wherry.method.experiments.experiment import Experiment, Place, is_fine, open_question
from wherry.method.twins.twin import CannotTry, Twin

Open = Callable[[bool], AbstractAsyncContextManager[Twin]]
"""Starts a twin, which is gone when the block ends; whether it is the first, of which people are told how it starts."""


@dataclass(frozen=True, slots=True)
class Order:
    """Which experiments share the first twin, which have one of their own beside it, and which come after all."""

    shared: tuple[Experiment, ...]
    beside: tuple[Experiment, ...] = ()
    alone: tuple[Experiment, ...] = ()


def plan_order(chosen: Sequence[Experiment]) -> Order:
    """Who is tried where. A single experiment needs one twin only. Pure."""
    placed = {place: tuple(one for one in chosen if one.place is place) for place in Place}
    if len(chosen) <= 1 or not placed[Place.SHARED]:
        return Order(tuple(chosen))
    return Order(placed[Place.SHARED], placed[Place.OWN], placed[Place.ALONE])


def settle(beside: Sequence[Observation], alone: Sequence[Observation]) -> list[Observation]:
    """What two trials say together: the one beside others, and the one alone after it. Pure.

    The second one replaces the first. Only a counter-example that does not come again leaves a question open.
    """
    first = next((entry for entry in beside if entry.weight is Weight.AGAINST), None)
    if first is None or any(entry.weight is Weight.AGAINST for entry in alone):
        return list(alone)
    return [
        open_question(f"Once, while others were tried beside it, it was otherwise, and not again alone: {first.says}"),
        *alone,
    ]


def has_to_be_tried_again(seen: Iterable[Observation]) -> bool:
    """Whether a trial beside others is no result yet. Pure."""
    return not is_fine(seen)


async def prove(open_twin: Open, chosen: Sequence[Experiment], bench: Bench) -> None:
    """Make the experiments; one that fails spoils no other. Raises CannotTry when there is no twin at all."""
    order = plan_order(chosen)
    try:
        async with TaskScope("twins") as scope:
            beside = [scope.start(one.criterion, _on_its_own(open_twin, one, bench)) for one in order.beside]
            async with open_twin(True) as twin:
                await _all(twin, order, bench, beside)
    except BaseExceptionGroup as group:
        raise first_error(group) from group


async def _all(twin: Twin, order: Order, bench: Bench, beside: Sequence[Awaitable[Trial | Experiment | None]]) -> None:
    """On the first twin: what shares it, then what has to be tried again, then what wants the machine for itself."""
    again: list[Trial | Experiment] = []
    twin.is_alone = not order.beside
    for experiment in order.shared:
        trial = await bench.make(twin, experiment)
        if order.beside and has_to_be_tried_again(trial.seen):
            again.append(trial)
        else:
            await bench.tell(trial)
    again += [left for one in beside if (left := await one) is not None]
    twin.is_alone = True
    for left in again:
        await bench.tell(await _again(twin, left, bench))
    for experiment in order.alone:
        await bench.tell(await bench.make(twin, experiment))


async def _again(twin: Twin, left: Trial | Experiment, bench: Bench) -> Trial:
    if isinstance(left, Experiment):
        return await bench.make(twin, left)
    second = await bench.make(twin, left.experiment)
    return second.after(left, settle(left.seen, second.seen))


async def _on_its_own(open_twin: Open, experiment: Experiment, bench: Bench) -> Trial | Experiment | None:
    """Try it on a twin of its own; gives what has to be tried again, also where there is no room for another twin."""
    try:
        async with open_twin(False) as twin:
            twin.is_alone = False
            trial = await bench.make(twin, experiment)
    except (CannotTry, StatusError):
        return experiment
    if has_to_be_tried_again(trial.seen):
        return trial
    await bench.tell(trial)
    return None
