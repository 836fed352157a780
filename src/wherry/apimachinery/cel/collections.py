"""CEL's functions for lists, sets and numbers: the extended ones and Kubernetes'.

Source: cel-go, ext/{lists,sets,math}.go; Kubernetes, apiserver/pkg/cel/library/lists.go.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cmp_to_key
from itertools import pairwise
from typing import Protocol, cast

from wherry.apimachinery.cel.overload import Overload, crossing, overload, walking
from wherry.apimachinery.cel.values import CelError, Duration, Uint, equal, int64, type_name

Items = list[object]
# The list is made before anybody can count what it costs.
RANGE_MAX = 10_000


class _Ordered(Protocol):
    def __lt__(self, other: object) -> bool: ...


def less(one: object, other: object) -> bool:
    """Whether one comes before the other. Raises CelError for what has no order."""
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    if not numbers and type(one) is not type(other):
        raise CelError("no such overload: values of different types have no order")
    if isinstance(one, list | dict) or one is None:
        raise CelError(f"no such overload: {type_name(one)} has no order")
    return cast("_Ordered", one) < other


def _is_sorted(items: Items) -> bool:
    return not any(less(later, sooner) for sooner, later in pairwise(items))


def _sum(items: Items) -> object:
    first = items[0] if items else 0
    if isinstance(first, Duration):
        return Duration(sum(cast("Duration", item).ns for item in items))
    if isinstance(first, float):
        return math.fsum(cast("list[float]", items))
    whole = sum(int(cast("int", item)) for item in items)
    return Uint(whole) if isinstance(first, Uint) else int64(whole)


def _extreme(name: str, is_better: Callable[[object, object], bool]) -> Callable[[Items], object]:
    def find(items: Items) -> object:
        if not items:
            raise CelError(f"{name} called on empty list")
        best = items[0]
        for item in items[1:]:
            if is_better(item, best):
                best = item
        return best

    return find


def _index_of(items: Items, value: object) -> int:
    return next((position for position, item in enumerate(items) if equal(item, value)), -1)


def _last_index_of(items: Items, value: object) -> int:
    return next((position for position in range(len(items) - 1, -1, -1) if equal(items[position], value)), -1)


def _slice(items: Items, start: int, end: int) -> Items:
    if not 0 <= start <= end <= len(items):
        raise CelError(f"cannot slice({start}, {end}), list length is {len(items)}")
    return items[start:end]


def _flatten(items: Items, depth: int = 1) -> Items:
    if depth < 0:
        raise CelError("level must be non-negative")
    flat: Items = []
    for item in items:
        if isinstance(item, list) and depth:
            flat.extend(_flatten(item, depth - 1))
        else:
            flat.append(item)
    return flat


def _distinct(items: Items) -> Items:
    found: Items = []
    for item in items:
        if not any(equal(item, each) for each in found):
            found.append(item)
    return found


def _sort(items: Items) -> Items:
    return sorted(items, key=cmp_to_key(lambda one, other: -1 if less(one, other) else 1 if less(other, one) else 0))


def _range(count: int) -> Items:
    if not 0 <= count <= RANGE_MAX:
        raise CelError(f"lists.range: size {count} is out of bounds")
    return list(range(count))


def _contains(items: Items, wanted: Items) -> bool:
    return all(any(equal(each, item) for item in items) for each in wanted)


def _equivalent(one: Items, other: Items) -> bool:
    return _contains(one, other) and _contains(other, one)


def _intersects(items: Items, others: Items) -> bool:
    return any(equal(each, item) for item in items for each in others)


LISTS: tuple[Overload, ...] = (
    overload("list<A>.isSorted() -> bool", _is_sorted, walking(0)),
    overload("list<A>.sum() -> A", _sum, walking(0)),
    overload("list<A>.min() -> A", _extreme("min", less), walking(0)),
    overload("list<A>.max() -> A", _extreme("max", lambda one, other: less(other, one)), walking(0)),
    overload("list<A>.indexOf(A) -> int", _index_of, walking(0)),
    overload("list<A>.lastIndexOf(A) -> int", _last_index_of, walking(0)),
    overload("list<A>.slice(int, int) -> list<A>", _slice, walking(0)),
    overload("list<list<A>>.flatten() -> list<A>", _flatten, walking(0)),
    overload("list<dyn>.flatten(int) -> list<dyn>", _flatten, walking(0)),
    overload("list<A>.distinct() -> list<A>", _distinct, crossing(0, 0)),
    overload("list<A>.sort() -> list<A>", _sort, crossing(0, 0)),
    overload("list<A>.reverse() -> list<A>", lambda items: items[::-1], walking(0)),
    overload("lists.range(int) -> list<int>", _range, lambda sizes: RANGE_MAX // 10, lambda sizes: RANGE_MAX),
    overload("sets.contains(list<A>, list<A>) -> bool", _contains, crossing(0, 1)),
    overload("sets.equivalent(list<A>, list<A>) -> bool", _equivalent, crossing(0, 1)),
    overload("sets.intersects(list<A>, list<A>) -> bool", _intersects, crossing(0, 1)),
)  # fmt: skip


def _extreme_of(name: str, pick: Callable[[object, object], bool]) -> list[Overload]:
    find = _extreme(name, pick)
    several = [
        overload(f"math.@{name}({kinds}) -> A", lambda *values: find(list(values)))
        for kinds in ("A, A", "A, A, A", "A, A, A, A", "A, A, A, A, A")
    ]
    return [overload(f"math.@{name}(list<A>) -> A", find, walking(0)), *several]


def _rounded(value: float) -> float:
    return float(math.copysign(math.floor(abs(value) + 0.5), value)) if math.isfinite(value) else value


def _truncated(value: float) -> float:
    return float(math.trunc(value)) if math.isfinite(value) else value


def _square_root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


MATH: tuple[Overload, ...] = (
    *_extreme_of("min", less),
    *_extreme_of("max", lambda one, other: less(other, one)),
    overload("math.abs(int) -> int", lambda value: int64(abs(value))),
    overload("math.abs(double) -> double", abs),
    overload("math.ceil(double) -> double", lambda value: float(math.ceil(value)) if math.isfinite(value) else value),
    overload("math.floor(double) -> double", lambda value: float(math.floor(value)) if math.isfinite(value) else value),
    overload("math.round(double) -> double", _rounded),
    overload("math.trunc(double) -> double", _truncated),
    overload("math.sign(int) -> int", lambda value: (value > 0) - (value < 0)),
    overload("math.sign(double) -> double", lambda value: float((value > 0) - (value < 0))),
    overload("math.sqrt(double) -> double", _square_root),
    overload("math.sqrt(int) -> double", _square_root),
    overload("math.isNaN(double) -> bool", math.isnan),
    overload("math.isInf(double) -> bool", math.isinf),
    overload("math.isFinite(double) -> bool", math.isfinite),
    overload("math.bitAnd(int, int) -> int", lambda one, other: one & other),
    overload("math.bitOr(int, int) -> int", lambda one, other: one | other),
    overload("math.bitXor(int, int) -> int", lambda one, other: one ^ other),
    overload("math.bitNot(int) -> int", lambda value: ~value),
)  # fmt: skip
