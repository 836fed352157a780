"""What an expression may cost at most, before there are values: sizes come from the schema's limits.

An expression goes through lists as often as they are long; where nothing limits a list, a request does.

Source: cel-go, checker/cost.go; kubernetes apiserver, pkg/cel/library/cost.go.
"""

from __future__ import annotations

from wherry.apimachinery.cel.calls import COMPARISON_PER_PART
from wherry.apimachinery.cel.check import Checked
from wherry.apimachinery.cel.folds import Collecting, recognise
from wherry.apimachinery.cel.frame import LIST_COST, MAP_COST
from wherry.apimachinery.cel.syntax import (
    Call,
    Comprehension,
    Fold,
    Ident,
    MakeList,
    MakeMap,
    Node,
    Select,
)
from wherry.apimachinery.cel.types import Type

REQUEST_BYTES_MAX = 3 * 1024 * 1024
COST_MAX = 2**64 - 1
_SIZED = frozenset(("string", "bytes", "list", "map", "dyn"))


def largest_size(of: Type) -> int:
    """How large a value of a type may be."""
    if of.name not in _SIZED:
        return 1
    return of.max_size if of.max_size is not None else REQUEST_BYTES_MAX


def estimate_cost(checked: Checked) -> int:
    """The most that an evaluation may cost."""
    return min(_Estimate(checked).cost(checked.parsed.root), COST_MAX)


class _Estimate:
    def __init__(self, checked: Checked) -> None:
        self._checked = checked

    def _size(self, node: Node) -> int:
        return largest_size(self._checked.type_of(node))

    def cost(self, node: Node) -> int:
        """The most that a part may cost."""
        match node:
            case Ident():
                return 1
            case Select():
                return self.cost(node.operand) + 1 if id(node) not in self._checked.named else 1
            case Call():
                return self._call(node)
            case MakeList():
                return LIST_COST + sum(map(self.cost, node.items))
            case MakeMap():
                return MAP_COST + sum(self.cost(key) + self.cost(value) for key, value, _ in node.entries)
            case Fold():
                return self._fold(node)
            case Comprehension():
                each = sum(self.cost(part) for part in (node.filter, node.transform) if part is not None)
                return self.cost(node.over) + self._size(node.over) * (each + 1)
            case _:
                return 0

    def _call(self, node: Call) -> int:
        nodes = [*node.args]
        if node.target is not None and id(node) not in self._checked.named:
            nodes.insert(0, node.target)
        costs = [self.cost(each) for each in nodes]
        match node.function:
            case "_?_:_":
                return costs[0] + max(costs[1:])
            case "_==_" | "_!=_":
                return sum(costs) + max(1, int(min(self._size(each) for each in nodes) * COMPARISON_PER_PART))
        overloads = self._checked.calls.get(id(node), ())
        sizes = [self._size(each) for each in nodes]
        return sum(costs) + max((each.price(sizes) for each in overloads), default=1)

    def _fold(self, node: Fold) -> int:
        known = recognise(node)
        over = self.cost(node.over)
        if isinstance(known, Collecting):
            # Adding an item to a list costs the same however long the list is.
            inner = self.cost(known.item) + LIST_COST + 1 + (self.cost(known.condition) if known.condition else 0)
            return over + self._size(node.over) * inner
        inner = self.cost(node.condition) + self.cost(node.step)
        return over + self.cost(node.start) + self._size(node.over) * inner + self.cost(node.result)
