"""All functions that an expression may use, by name."""

from __future__ import annotations

from functools import lru_cache

from wherry.apimachinery.cel.collections import LISTS, MATH
from wherry.apimachinery.cel.kubernetes import KUBERNETES
from wherry.apimachinery.cel.operators import CONVERSIONS, OPERATORS, OPTIONALS
from wherry.apimachinery.cel.overload import Overload
from wherry.apimachinery.cel.strings import STRINGS
from wherry.apimachinery.cel.times import TIMES

EVERYTHING = (*OPERATORS, *CONVERSIONS, *OPTIONALS, *STRINGS, *LISTS, *MATH, *TIMES, *KUBERNETES)


@lru_cache(maxsize=1)
def functions() -> dict[tuple[str, bool], tuple[Overload, ...]]:
    """The overloads of each function (False) and method (True)."""
    found: dict[tuple[str, bool], list[Overload]] = {}
    for each in EVERYTHING:
        found.setdefault((each.name, each.is_member), []).append(each)
    return {name: tuple(overloads) for name, overloads in found.items()}
