"""Where the pieces of the map lie: who needs stands left of who provides, and lines bend round what is between. Pure.

    columns (layers.py) ──> order in each column (crossings.py) ──> heights

The same pieces and lines give the same places, in whatever order they come. A line over several columns has a place of
its own in each of those between, so that it never runs through a piece. Sixty pieces take some milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wherry.dashboard.puzzle.crossings import fewest_crossings
from wherry.dashboard.puzzle.layers import Columns, Item, Line, columns_of

SWEEPS = 8

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much room there is for what, in the unit of the places."""

    width: float = 190
    gap_x: float = 190
    gap_y: float = 34
    bend_height: float = 22
    alone_in_row: int = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """The upper left corner of each piece, the middle points of each line that has any, and the size of it all.

    `left` and `top` are where it begins.
    """

    places: Mapping[str, Spot]
    bends: Mapping[Line, tuple[Spot, ...]]
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0


def lay_out(heights: Mapping[str, float], lines: Iterable[Line], sizes: Sizes | None = None) -> Layout:
    """Give every piece its place.

    Args:
        heights: how high each piece is, by its name.
        lines: who needs whom; those with an end that is no piece, or with two ends at one piece, are left out.
        sizes: the room between.
    """
    room = sizes or Sizes()
    known = sorted({line for line in lines if line[0] != line[1] and line[0] in heights and line[1] in heights})
    joined = sorted({name for line in known for name in line})
    columns = columns_of(joined, known)
    order = fewest_crossings(columns)
    tall = {one: heights[one] if isinstance(one, str) else room.bend_height for one in columns.column}
    middle = _middles(columns, order, tall, room)
    left = {one: number * (room.width + room.gap_x) for one, number in columns.column.items()}
    places: dict[str, Spot] = {name: (left[name], round(middle[name] - tall[name] / 2)) for name in joined}
    bends = {
        line: tuple((left[one] + room.width / 2, round(middle[one])) for one in chain[1:-1])
        for line, chain in columns.chains.items()
    }
    top = max((middle[one] + tall[one] / 2 + room.gap_y for one in middle), default=0.0)
    alone = [name for name in sorted(heights) if name not in columns.column]
    places |= _rows(alone, heights, top, max(len(order), room.alone_in_row), room)
    lowest = [y + heights[name] for name, (_, y) in places.items()] + [y for spots in bends.values() for _, y in spots]
    width = max((x + room.width for x, _ in places.values()), default=0.0)
    return Layout(places, bends, width, max(lowest, default=0.0))


def _middles(
    columns: Columns, order: Sequence[Sequence[Item]], tall: Mapping[Item, float], room: Sizes
) -> dict[Item, float]:
    """The height of everybody's middle: near its neighbours, in its column's order, and over nobody."""
    middle: dict[Item, float] = {}
    for column in order:
        middle |= zip(column, _spaced([0.0] * len(column), [tall[one] for one in column], room.gap_y), strict=True)
    for sweep in range(SWEEPS):
        for column in order[:: 1 if sweep % 2 == 0 else -1]:
            near = [[middle[other] for other in columns.neighbours[one]] for one in column]
            wished = [sum(heights) / len(heights) for heights in near]
            middle |= zip(column, _spaced(wished, [tall[one] for one in column], room.gap_y), strict=True)
    top = min((middle[one] - tall[one] / 2 for one in middle), default=0.0)
    return {one: at - top for one, at in middle.items()}


def _spaced(wished: Sequence[float], tall: Sequence[float], gap: float) -> list[float]:
    """The places nearest to what is wished (least squares) that keep the order and the gaps between."""
    offset, offsets = 0.0, []
    for at, height in enumerate(tall):
        offset += (tall[at - 1] + height) / 2 + gap if at else 0.0
        offsets.append(offset)
    groups: list[tuple[float, int]] = []
    for at, wish in enumerate(wished):
        groups.append((wish - offsets[at], 1))
        # Whoever would overlap moves together with the one above.
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (above, many), (below, few) = groups[-2], groups[-1]
            groups[-2:] = [((above * many + below * few) / (many + few), many + few)]
    spread = [value for value, count in groups for _ in range(count)]
    return [value + offsets[at] for at, value in enumerate(spread)]


def _rows(names: Sequence[str], heights: Mapping[str, float], top: float, in_row: int, room: Sizes) -> dict[str, Spot]:
    """Pieces that nothing joins to others lie below, side by side."""
    places: dict[str, Spot] = {}
    for start in range(0, len(names), in_row):
        row = names[start : start + in_row]
        places |= {name: (at * (room.width + room.gap_x), round(top)) for at, name in enumerate(row)}
        top += max(heights[name] for name in row) + room.gap_y
    return places
