"""A label selector made ready for looking at thousands of objects.

Selector.matches asks each requirement; a selector of ten thousand terms would be asked ten thousand times for each
object. Here the object's own labels, of which it has few, ask for what is demanded of them:

    a!=1,a!=2,b in (x,y),!c        a: not in {1, 2}    b: in {x, y}, must be there    c: must not be there
    labels {"a": "3", "b": "x"}    a may be 3; b may be x; all that must be there is there

What can be told from the stored bytes at a glance is told first: a value that must be there and does not occur
anywhere in them saves reading the labels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from wherry.apimachinery.labels import Requirement, Selector

_PRESENT = frozenset(("=", "==", "in", "exists", "gt", "lt"))


class LabelMatcher:
    """Chooses objects by their labels, as its selector does."""

    __slots__ = ("_demanded", "_demands", "_is_nothing", "_needles")

    def __init__(self, selector: Selector) -> None:
        """Takes as long as the selector is, once."""
        self._is_nothing = selector.is_nothing
        demands: dict[str, list[Callable[[str], bool]]] = {}
        demanded: set[str] = set()
        allowed: dict[str, frozenset[str]] = {}
        refused: dict[str, set[str]] = {}
        for requirement in selector.requirements:
            key, values = requirement.key, frozenset(requirement.values)
            if requirement.operator in _PRESENT:
                demanded.add(key)
            match requirement.operator:
                case "=" | "==" | "in":
                    allowed[key] = allowed[key] & values if key in allowed else values
                case "!=" | "notin":
                    refused.setdefault(key, set()).update(values)
                case "!":
                    demands.setdefault(key, []).append(_never)
                case "gt" | "lt":
                    demands.setdefault(key, []).append(_comparison(requirement))
        for key, values in allowed.items():
            demands.setdefault(key, []).append(values.__contains__)
        for key, unwanted in refused.items():
            demands.setdefault(key, []).append(_outside(frozenset(unwanted)))
        self._demands = demands
        self._demanded = frozenset(demanded)
        # Labels are plain words, so that a label in JSON has one form only.
        self._needles = tuple(
            orjson.dumps({key: next(iter(values))})[1:-1] for key, values in allowed.items() if len(values) == 1
        )

    def may_match(self, stored: bytes) -> bool:
        """Whether an object in compact JSON can be chosen at all; its labels tell for sure."""
        return all(needle in stored for needle in self._needles)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is chosen."""
        if self._is_nothing or len(labels) < len(self._demanded):
            return False
        demands = self._demands
        for key, value in labels.items():
            for allows in demands.get(key, ()):
                if not allows(value):
                    return False
        return all(key in labels for key in self._demanded)


def _never(_: str) -> bool:
    return False


def _outside(values: frozenset[str]) -> Callable[[str], bool]:
    return lambda value: value not in values


def _comparison(requirement: Requirement) -> Callable[[str], bool]:
    return lambda value: requirement.matches({requirement.key: value})
