"""Comprehensions with two variables: position and item of a list, key and value of a map.

Source: cel-go, ext/comprehensions.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wherry.apimachinery.cel.frame import Frame, Run
from wherry.apimachinery.cel.syntax import Comprehension, Node
from wherry.apimachinery.cel.values import CelError, CostExceeded, type_name

Bound = Callable[[tuple[str, ...], Callable[[], list[Run]]], tuple[list[int], list[Run]]]
ENTRY_COST = 10


def compile_comprehension(node: Comprehension, bound: Bound, compile_node: Callable[[Node], Run]) -> Run:
    """The function of a comprehension; `bound` compiles what sees the two variables."""
    over = compile_node(node.over)
    parts = [each for each in (node.filter, node.transform) if each is not None]
    (first, second), runs = bound((node.first, node.second), lambda: [compile_node(each) for each in parts])

    def walk(frame: Frame) -> Iterator[object]:
        value = over(frame)
        if not isinstance(value, list | dict):
            raise CelError(f"no such overload: {type_name(value)} cannot be gone through")
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            frame.budget -= ENTRY_COST
            if frame.budget < 0:
                raise CostExceeded
            frame.places[first], frame.places[second] = key, item
            yield key

    if node.kind in ("all", "exists"):
        return _quantifier(walk, runs[0], stops_at=node.kind == "exists")
    if node.kind == "existsOne":
        return lambda frame: sum(_holds(runs[0], frame) for _ in walk(frame)) == 1
    condition = runs[0] if node.filter is not None else None
    return _transform(node.kind, walk, condition, runs[-1])


def _holds(predicate: Run, frame: Frame) -> bool:
    held = predicate(frame)
    if not isinstance(held, bool):
        raise CelError(f"no such overload: {type_name(held)} is no bool")
    return held


def _quantifier(walk: Callable[[Frame], Iterator[object]], predicate: Run, *, stops_at: bool) -> Run:
    def run(frame: Frame) -> object:
        failure: CelError | None = None
        for _ in walk(frame):
            try:
                if _holds(predicate, frame) is stops_at:
                    return stops_at
            except CelError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return not stops_at

    return run


def _transform(kind: str, walk: Callable[[Frame], Iterator[object]], condition: Run | None, transform: Run) -> Run:
    def run(frame: Frame) -> object:
        items: list[object] = []
        entries: dict[object, object] = {}
        for key in walk(frame):
            if condition is not None and not _holds(condition, frame):
                continue
            made = transform(frame)
            if kind == "transformList":
                items.append(made)
            elif kind == "transformMap":
                entries[key] = made
            elif not isinstance(made, dict):
                raise CelError(f"no such overload: {type_name(made)} is no map")
            elif not made.keys().isdisjoint(entries):
                raise CelError("insert failed: key already exists")
            else:
                entries.update(made)
        return items if kind == "transformList" else entries

    return run
