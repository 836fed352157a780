"""In which column each piece of the map stands: who needs left of who provides. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Line = tuple[str, str]
"""(who needs, who provides)."""
Bend = tuple[Line, int]
"""The place of a line in a column that it crosses."""
Item = str | Bend


@dataclass(frozen=True, slots=True)
class Columns:
    """What stands in each column, and each line from who needs to who provides, through the columns between."""

    items: Sequence[Sequence[Item]]
    chains: Mapping[Line, tuple[Item, ...]]
    neighbours: Mapping[Item, tuple[Item, ...]]
    column: Mapping[Item, int]


def columns_of(names: Sequence[str], lines: Sequence[Line]) -> Columns:
    """Put the pieces, and the bends of long lines, into columns; in each in the order of their names."""
    layer_of = layers(names, lines)
    items: list[list[Item]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for name in names:
        items[layer_of[name]].append(name)
    chains: dict[Line, tuple[Item, ...]] = {}
    for line in lines:
        left, right = sorted(line, key=lambda name: layer_of[name])
        bends: list[Bend] = [(line, at) for at in range(layer_of[left] + 1, layer_of[right])]
        for bend in bends:
            items[bend[1]].append(bend)
        chain: tuple[Item, ...] = (left, *bends, right)
        chains[line] = chain if left == line[0] else tuple(reversed(chain))
    neighbours: dict[Item, list[Item]] = {one: [] for column in items for one in column}
    for one, other in (pair for chain in chains.values() for pair in pairwise(chain)):
        neighbours[one].append(other)
        neighbours[other].append(one)
    column = {one: number for number, those in enumerate(items) for one in those}
    return Columns(items, chains, {one: tuple(those) for one, those in neighbours.items()}, column)


def layers(names: Sequence[str], lines: Sequence[Line]) -> dict[str, int]:
    """The column of each piece: everybody right of whoever needs it; in a circle somebody has to be the first."""
    providers: dict[str, list[str]] = {name: [] for name in names}
    for needs, provides in lines:
        providers[needs].append(provides)
    needed = {provides for _, provides in lines}
    order: list[str] = []
    seen: set[str] = set()
    for name in [*(name for name in names if name not in needed), *names]:
        _after_what_it_needs(name, providers, seen, order)
    position = {name: at for at, name in enumerate(reversed(order))}
    layer = dict.fromkeys(names, 0)
    for name in reversed(order):
        for one in providers[name]:
            if position[one] > position[name]:
                layer[one] = max(layer[one], layer[name] + 1)
    for name in order:
        # Whoever nobody needs stands beside whom it needs, not far to the left of it.
        right = [layer[one] for one in providers[name] if position[one] > position[name]]
        if name not in needed and right:
            layer[name] = min(right) - 1
    return layer


def _after_what_it_needs(start: str, providers: Mapping[str, list[str]], seen: set[str], order: list[str]) -> None:
    """Append `start` to `order` behind all that it needs; without recursion, for chains of any length."""
    if start in seen:
        return
    seen.add(start)
    stack: list[tuple[str, Iterator[str]]] = [(start, iter(providers[start]))]
    while stack:
        following = next((one for one in stack[-1][1] if one not in seen), None)
        if following is None:
            order.append(stack.pop()[0])
        else:
            seen.add(following)
            stack.append((following, iter(providers[following])))
