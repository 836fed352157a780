"""In which order the pieces of a column stand, so that few lines cross. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.dashboard.puzzle.layers import Columns, Item

SWEEPS = 8


def fewest_crossings(columns: Columns) -> Sequence[Sequence[Item]]:
    """The best order of some sweeps, each of which pulls everybody towards the neighbours in the next column."""
    best, fewest = columns.items, crossings(columns, columns.items)
    now = list(columns.items)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        step = 1 if sweep % 2 == 0 else -1
        for number in range(len(now))[::step]:
            if 0 <= number - step < len(now):
                now[number] = _pulled(columns, now[number], now[number - step])
        count = crossings(columns, now)
        if count < fewest:
            best, fewest = list(now), count
    return best


def _pulled(columns: Columns, own: Sequence[Item], beside: Sequence[Item]) -> list[Item]:
    there = {one: at for at, one in enumerate(beside)}
    here = {one: at for at, one in enumerate(own)}

    def pull(one: Item) -> float:
        at = [there[other] for other in columns.neighbours[one] if other in there]
        return sum(at) / len(at) if at else float(here[one])

    return sorted(own, key=lambda one: (pull(one), here[one]))


def crossings(columns: Columns, order: Sequence[Sequence[Item]]) -> int:
    """How many pairs of lines cross."""
    total = 0
    for number, column in enumerate(order[:-1]):
        there = {one: at for at, one in enumerate(order[number + 1])}
        ends = [[there[other] for other in columns.neighbours[one] if other in there] for one in column]
        for at, mine in enumerate(ends):
            total += sum(other < one for one in mine for others in ends[at + 1 :] for other in others)
    return total
