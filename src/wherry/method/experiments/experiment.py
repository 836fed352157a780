"""The shape of an experiment, and the words in which it reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from wherry.method.evidence.observation import Method, Observation, Weight
from wherry.method.twins.twin import Twin


class Place(Enum):
    """Where an experiment is made when all are: on the twin that most share, on one of its own, or with nothing beside.

    One that takes long, or takes away what others need, has a twin of its own, side by side with the others. One that
    measures what the machine can do has the machine for itself.
    """

    SHARED = "shared"
    OWN = "own"
    ALONE = "alone"


@dataclass(frozen=True, slots=True)
class Experiment:
    """One live trial of one criterion.

    `run` leaves the twin as it was: one copy, ready. `budget_s` is what it may take at most.
    """

    criterion: str
    run: Callable[[Twin], Awaitable[list[Observation]]]
    budget_s: float = 60.0
    place: Place = Place.SHARED


def is_fine(found: Iterable[Observation]) -> bool:
    """Whether nothing so far speaks against it, leaves it open, or has failed."""
    return not any(entry.weight in (Weight.AGAINST, Weight.DOUBT, Weight.FAILED) for entry in found)


def shown(says: str) -> Observation:
    """It was tried, and it is so."""
    return Observation(Weight.SUPPORTS, says, method=Method.LIVE)


def refuted(says: str, criterion: str, *, fix: str) -> Observation:
    """It was tried, and it is not so."""
    return Observation(Weight.AGAINST, says, fix=fix, repeat=f"wherry prove {criterion}", method=Method.LIVE)


def open_question(says: str, fix: str = "") -> Observation:
    """It was tried, and the result says neither."""
    return Observation(Weight.DOUBT, says, fix=fix, method=Method.LIVE)


def remark(says: str) -> Observation:
    """Worth knowing."""
    return Observation(Weight.NOTE, says, method=Method.LIVE)


def failed(says: str) -> Observation:
    """The experiment did not come about."""
    return Observation(Weight.FAILED, says, method=Method.LIVE)
