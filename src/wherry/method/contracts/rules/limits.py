"""Limits: how big a number, how long a text, how many items."""

from collections.abc import Callable

from wherry.method.contracts.rule import Rule, both
from wherry.method.contracts.schema import Shape

Ends = tuple[tuple[str, ...], tuple[str, ...]]
RANGE: Ends = (("low", "above"), ("high", "below"))
LENGTH: Ends = (("min_length",), ("max_length",))
COUNT: Ends = (("min_items",), ("max_items",))


def _is_tighter(old: Shape, new: Shape, ends: Ends) -> bool:
    """Whether at least one limit is closer now."""
    lower, upper = ends
    raised = any(_less(getattr(old, name), getattr(new, name), absent=float("-inf")) for name in lower)
    lowered = any(_less(getattr(new, name), getattr(old, name), absent=float("inf")) for name in upper)
    return raised or lowered


def _less(one: float | None, other: float | None, *, absent: float) -> bool:
    return (absent if one is None else one) < (absent if other is None else other)


def _tighter(ends: Ends) -> Callable[[Shape | None, Shape | None], bool]:
    return both(lambda old, new: _is_tighter(old, new, ends))


def _only_tighter(ends: Ends) -> Callable[[Shape | None, Shape | None], bool]:
    return both(lambda old, new: _is_tighter(old, new, ends) and not _is_tighter(new, old, ends))


def _looser(ends: Ends) -> Callable[[Shape | None, Shape | None], bool]:
    return both(lambda old, new: _is_tighter(new, old, ends))


def _only_looser(ends: Ends) -> Callable[[Shape | None, Shape | None], bool]:
    return both(lambda old, new: _is_tighter(new, old, ends) and not _is_tighter(old, new, ends))


def _rules(name: str, ends: Ends, what: str) -> tuple[Rule[Shape], ...]:
    return (
        Rule(
            f"request-{name}-narrowed",
            "breaking",
            Shape,
            _tighter(ends),
            f"{{operation}} takes {what} of {{field}} within closer limits.",
            side="request",
        ),
        Rule(
            f"request-{name}-widened",
            "info",
            Shape,
            _only_looser(ends),
            f"{{operation}} takes {what} of {{field}} within wider limits.",
            side="request",
        ),
        Rule(
            f"response-{name}-widened",
            "breaking",
            Shape,
            _looser(ends),
            f"{{operation}} may answer with {what} of {{field}} beyond the old limits.",
            side="response",
        ),
        Rule(
            f"response-{name}-narrowed",
            "info",
            Shape,
            _only_tighter(ends),
            f"{{operation}} answers with {what} of {{field}} within closer limits.",
            side="response",
        ),
    )


LIMITS = (
    *_rules("range", RANGE, "a value"),
    *_rules("length", LENGTH, "a length"),
    *_rules("count", COUNT, "a number of items"),
)
