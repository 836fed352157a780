"""What an evaluation works with: places for its variables, and a budget that every step is charged to."""

from __future__ import annotations

from collections.abc import Callable

from wherry.apimachinery.cel.values import CelError, CostExceeded, type_name

LIST_COST, MAP_COST = 10, 30


class Frame:
    """The variables of one evaluation, and what it may still cost."""

    __slots__ = ("budget", "places")

    def __init__(self, places: list[object], budget: int) -> None:
        """`budget` is in cel-go's units of cost."""
        self.places = places
        self.budget = budget

    def charge(self, cost: int) -> None:
        """Pay, or raise CostExceeded."""
        self.budget -= cost
        if self.budget < 0:
            raise CostExceeded


Run = Callable[[Frame], object]


def items_of(value: object) -> list[object]:
    """What a macro goes through: a list's items or a map's keys."""
    if type(value) is list:
        return value
    if type(value) is dict:
        return list(value)
    raise CelError(f"no such overload: {type_name(value)} cannot be gone through")


def deep_size(value: object) -> int:
    """How many values there are in a value; text counts by its length."""
    total, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            total += len(each) or 1
            waiting.extend(item for item in each if isinstance(item, list | dict))
        elif isinstance(each, dict):
            total += len(each) or 1
            waiting.extend(item for item in each.values() if isinstance(item, list | dict))
        else:
            total += len(each) if isinstance(each, str | bytes) else 1
    return total
