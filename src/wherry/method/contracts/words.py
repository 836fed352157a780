"""Types, limits and fields in words that are not a programmer's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.method.contracts.schema import Shape

TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}
LIMITS = {
    "low": "at least {}",
    "high": "at most {}",
    "above": "more than {}",
    "below": "less than {}",
    "min_length": "at least {} characters",
    "max_length": "at most {} characters",
    "min_items": "at least {} items",
    "max_items": "at most {} items",
}
VALUES_MAX = 6


def field_name(place: Iterable[str]) -> str:
    """A place as people write it: items[].price."""
    return ".".join(place).replace(".[]", "[]")


def type_words(types: frozenset[str]) -> str:
    """Types in words."""
    if len(types) >= len(TYPES) - 1:
        return "anything"
    kept = types - {"integer"} if "number" in types else types
    return " or ".join(words for name, words in TYPES.items() if name in kept)


def values_words(shape: Shape) -> str:
    """The values that a shape lists, in words; "" when it lists none."""
    if shape.enum is None:
        return ""
    shown = ", ".join(shape.enum[:VALUES_MAX])
    return f"one of {shown}{' ...' if len(shape.enum) > VALUES_MAX else ''}" if len(shape.enum) > 1 else shown


def limit_words(name: str, limit: float | None) -> str:
    """A limit in words."""
    return "without a limit" if limit is None else LIMITS[name].format(f"{limit:g}")


def listed(names: Iterable[str]) -> str:
    """a, b and c."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} and {last}" if most else last
