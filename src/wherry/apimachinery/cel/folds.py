"""The macros that the CEL library expands to folds, recognised again: they run faster, and in less memory.

all(x, P)       start true,  while it may still hold,  so far && P
exists(x, P)    start false, while it is not found,    so far || P
map, filter     start [],    always,                   so far + [x], perhaps only if P
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.apimachinery.cel.syntax import Call, Const, Fold, Ident, MakeList, Node


@dataclass(frozen=True, slots=True)
class Quantifier:
    """all (`stops_at` False) or exists (`stops_at` True) of a condition."""

    predicate: Node
    stops_at: bool


@dataclass(frozen=True, slots=True)
class Collecting:
    """A list made item by item, of those that fulfil a condition."""

    item: Node
    condition: Node | None


def recognise(fold: Fold) -> Quantifier | Collecting | None:
    """What a fold is; None if it is something else."""
    if not isinstance(fold.result, Ident) or fold.result.name != fold.accumulator:
        return None
    step = fold.step
    if isinstance(fold.start, Const) and isinstance(step, Call):
        start = fold.start.value
        if start is True and step.function == "_&&_" and _is_accumulator(step.args[0], fold):
            return Quantifier(step.args[1], stops_at=False)
        if start is False and step.function == "_||_" and _is_accumulator(step.args[0], fold):
            return Quantifier(step.args[1], stops_at=True)
        return None
    if not isinstance(fold.start, MakeList) or fold.start.items:
        return None
    if isinstance(step, Call) and step.function == "_?_:_" and _is_accumulator(step.args[2], fold):
        item = _added(step.args[1], fold)
        return Collecting(item, step.args[0]) if item is not None else None
    item = _added(step, fold)
    return Collecting(item, None) if item is not None else None


def _is_accumulator(node: Node, fold: Fold) -> bool:
    return isinstance(node, Ident) and node.name == fold.accumulator


def _added(step: Node, fold: Fold) -> Node | None:
    if isinstance(step, Call) and step.function == "_+_" and _is_accumulator(step.args[0], fold):
        added = step.args[1]
        if isinstance(added, MakeList) and len(added.items) == 1 and not added.optional:
            return added.items[0]
    return None
