"""Comparing answers: what one and the same copy answers differently by itself (A/A) counts for nothing (A/B)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wherry.method.journey.play import Answer, Call, CannotCall

# Which copy answers may be said in an answer; it is no difference in what the copies know.
PLACES = frozenset(("answered_by", "served_by", "where", "pod", "node", "hostname"))
ANYTHING = "*"
TRIES = 5


@dataclass(frozen=True, slots=True)
class Stable:
    """What a path answers, without what differs by itself."""

    path: str
    status: int
    masked: object


async def stable_answers(call: Call, paths: Iterable[str]) -> list[Stable]:
    """Ask each path twice and keep what stays. Raises CannotCall."""
    found = []
    for path in paths:
        one, other = await call("GET", path, None), await call("GET", path, None)
        found.append(Stable(path, one.status, forget_places(mask(one.said, other.said))))
    return found


async def first_difference(call: Call, stable: Iterable[Stable], *, tries: int = 1) -> str:
    """The first path that answers otherwise, as a sentence's end; "" when all are as they were.

    `tries`: how often a call that reaches nobody is made again: a Service may still lead to a copy that is gone.
    """
    for known in stable:
        try:
            answer = await _ask(call, known.path, tries)
        except CannotCall as error:
            return f"GET {known.path}: {error}"
        if answer.status != known.status:
            return f"GET {known.path} answered {answer.status} instead of {known.status}"
        if not agrees(known.masked, answer.said):
            return f"GET {known.path} answered something else"
    return ""


async def _ask(call: Call, path: str, tries: int) -> Answer:
    for _ in range(tries - 1):
        try:
            return await call("GET", path, None)
        except CannotCall:
            continue
    return await call("GET", path, None)


def forget_places(masked: object) -> object:
    """An answer without where it comes from."""
    if isinstance(masked, dict):
        return {key: ANYTHING if key in PLACES else forget_places(value) for key, value in masked.items()}
    return [forget_places(entry) for entry in masked] if isinstance(masked, list) else masked


def mask(one: object, other: object) -> object:
    """The part of `one` that is the same in `other`: what differs by itself (A/A) is taken out of both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: mask(value, other[key]) for key, value in one.items() if key in other}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [mask(first, second) for first, second in zip(one, other, strict=True)]
    return one if one == other else ANYTHING


def agrees(masked: object, found: object) -> bool:
    """Whether an answer is as the masked one, where that is not masked."""
    if masked == ANYTHING:
        return True
    if isinstance(masked, dict):
        return isinstance(found, dict) and all(
            key in found and agrees(value, found[key]) for key, value in masked.items()
        )
    if isinstance(masked, list):
        return isinstance(found, list) and len(found) == len(masked) and all(map(agrees, masked, found))
    return masked == found
