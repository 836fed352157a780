"""One rule about a change of a contract: what it looks at, when it speaks, how much it hurts, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from wherry.method.contracts.api import Answer, Body, Header, Operation, Parameter
from wherry.method.contracts.schema import Schema, Shape

Side = Literal["request", "response"]
Level = Literal["breaking", "warning", "info"]
"""breaking: the promise is broken. warning: somebody may be hurt who relied on more than the promise. info: kept."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object: whether it is always there, and what it holds."""

    required: bool
    schema: Schema


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the API something is. `field` is for people: "items[].price", "the body"."""

    operation: str
    side: Side
    field: str = ""


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """Speaks when what was there `before` and what is there `after` stand in a certain relation; None: not there.

    `says` is a sentence with {operation} and {field} in it, `side` the direction that it is about ("": both).
    """

    name: str
    level: Level
    about: type[T]
    when: Callable[[T | None, T | None], bool]
    says: str
    side: Side | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has said about one place."""

    rule: str
    level: Level
    place: Place
    sentence: str


Subject = Operation | Parameter | Body | Answer | Header | Schema | Shape | Field
"""What rules are about."""


def added(before: object, after: object) -> bool:
    """There now, and not before."""
    return before is None and after is not None


def removed(before: object, after: object) -> bool:
    """There before, and not now."""
    return before is not None and after is None


def both(test: Callable[[T, T], bool]) -> Callable[[T | None, T | None], bool]:
    """Speaks of what is there before and after, when `test` says so."""
    return lambda before, after: before is not None and after is not None and test(before, after)


def new(test: Callable[[T], bool]) -> Callable[[T | None, T | None], bool]:
    """Speaks of what is new, when `test` says so."""
    return lambda before, after: before is None and after is not None and test(after)


def gone(test: Callable[[T], bool]) -> Callable[[T | None, T | None], bool]:
    """Speaks of what is gone, when `test` says so."""
    return lambda before, after: before is not None and after is None and test(before)
