"""Where each piece of the map stands, once and for all: whoever has a place keeps it, and a new one finds room. Pure.

A place is a slot: a column, and a row in steps of half a piece. The very first map is laid out as a whole (layout.py).
After that a new piece stands left of whom it needs, right of who needs it, as near as there is room; nobody moves.

    web (0, 0)   orders (1, 0)      + mobile, which needs orders  ->  mobile (0, 2)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping

from wherry.dashboard.places import Slot
from wherry.dashboard.puzzle.layers import Line
from wherry.dashboard.puzzle.layout import Layout, Sizes, Spot, lay_out

ROW = 64.0
SPAN_MIN = 2
"""So many rows a piece has at least."""
COLUMNS_ALONE = 3
GAP_MIN = 20.0
LANE = 18.0
"""How far from a piece a line passes by."""
ARC_WIDTH = 80.0
"""What a line between two of one column needs to the right of them."""


def find_slots(
    known: Mapping[str, Slot], heights: Mapping[str, float], lines: Iterable[Line], sizes: Sizes
) -> dict[str, Slot]:
    """A slot for every piece; those of `known` that are there keep theirs, those that are not keep them free.

    Args:
        known: everybody's slots so far, also of who is not there now.
        heights: how high each piece is that is there.
        lines: who needs whom.
        sizes: the room between.
    """
    joined = sorted({line for line in lines if {*line} <= heights.keys() and line[0] != line[1]})
    found = {name: slot for name, slot in known.items() if name in heights}
    taken = set(_cells(found, heights, sizes))
    taken |= {(column, row + step) for name, (column, row) in known.items() if name not in heights
              for step in range(SPAN_MIN)}  # fmt: skip
    if not found:
        below = max((row + 1 for _, row in taken), default=0)
        return {name: (column, row + below) for name, (column, row) in _first(heights, joined, sizes).items()}
    for name in _in_order(heights, joined, found):
        span = _span(heights[name], sizes)
        column, wished = _wish(name, joined, found, taken)
        slot = _nearest(column, wished, span, taken)
        found[name] = slot
        taken |= {(slot[0], slot[1] + step) for step in range(span)}
    return found


def move_slot(known: Mapping[str, Slot], name: str, step: Slot) -> Slot | None:
    """Where a piece comes to stand that somebody pushes by a step: over others, to the next room; None without it."""
    if name not in known:
        return None
    others = {
        (column, row + each)
        for other, (column, row) in known.items()
        if other != name
        for each in range(1 - SPAN_MIN, SPAN_MIN)
    }
    column, row = known[name]
    for _ in range(len(known) * SPAN_MIN + 1):
        column, row = column + step[0], row + step[1]
        if (column, row) not in others:
            break
    return column, row


def place_all(slots: Mapping[str, Slot], heights: Mapping[str, float], lines: Iterable[Line], sizes: Sizes) -> Layout:
    """The layout that these slots are: the same corner for the same slot, whoever else is there."""
    pitch = sizes.width + sizes.gap_x
    places = {name: (column * pitch, row * ROW) for name, (column, row) in slots.items()}
    known = sorted({line for line in lines if {*line} <= places.keys() and line[0] != line[1]})
    boxes: dict[int, list[tuple[float, float]]] = {}
    for name, (column, _) in slots.items():
        top = places[name][1]
        boxes.setdefault(column, []).append((top, top + heights[name]))
    middle = {name: y + heights[name] / 2 for name, (_, y) in places.items()}
    bends = {line: tuple(_bends(line, slots, middle, boxes, sizes)) for line in known}
    xs = [x for x, _ in places.values()]
    ys = [*(y for _, y in places.values()), *(y for spots in bends.values() for _, y in spots)]
    lows = [*(places[name][1] + heights[name] for name in places), *ys]
    left, top = min(xs, default=0.0), min(ys, default=0.0)
    arcs = ARC_WIDTH if any(slots[one][0] == slots[other][0] for one, other in known) else 0.0
    width = max((x + sizes.width for x in xs), default=0.0) + arcs - left
    return Layout(places, bends, width, max(lows, default=0.0) - top, left, top)


def fitting_heights(slots: Mapping[str, Slot], heights: Mapping[str, float]) -> dict[str, float]:
    """How high each piece can be where it stands: what has grown stops above whoever stands below."""
    below: dict[int, list[int]] = {}
    for column, row in slots.values():
        below.setdefault(column, []).append(row)
    fitted = {}
    for name, (column, row) in slots.items():
        room = min((other - row for other in below[column] if other > row), default=10**6) * ROW - GAP_MIN
        fitted[name] = min(heights[name], room)
    return fitted


def closed_up(slots: Mapping[str, Slot], heights: Mapping[str, float], sizes: Sizes) -> dict[str, Slot]:
    """The same order without the empty rows and columns between: for a part of the map."""
    columns = {column: at for at, column in enumerate(sorted({column for column, _ in slots.values()}))}
    used = sorted({row for _, row in _cells(slots, heights, sizes)})
    rows = {row: at for at, row in enumerate(used)}
    return {name: (columns[column], rows[row]) for name, (column, row) in slots.items()}


def _first(heights: Mapping[str, float], lines: Collection[Line], sizes: Sizes) -> dict[str, Slot]:
    layout = lay_out(heights, lines, sizes)
    pitch = sizes.width + sizes.gap_x
    found: dict[str, Slot] = {}
    free: dict[int, int] = {}
    for name, (x, y) in sorted(layout.places.items(), key=lambda one: (one[1][1], one[0])):
        column = round(x / pitch)
        row = max(free.get(column, 0), round(y / ROW))
        found[name] = (column, row)
        free[column] = row + _span(heights[name], sizes)
    return found


def _span(height: float, sizes: Sizes) -> int:
    return max(SPAN_MIN, math.ceil((height + sizes.gap_y) / ROW))


def _cells(slots: Mapping[str, Slot], heights: Mapping[str, float], sizes: Sizes) -> Iterator[Slot]:
    for name, (column, row) in slots.items():
        yield from ((column, row + step) for step in range(_span(heights[name], sizes)))


def _in_order(heights: Mapping[str, float], lines: Collection[Line], found: Mapping[str, Slot]) -> Iterator[str]:
    """The new pieces: first those that know somebody who has a place, then whom these know, and so on."""
    placed, left = {*found}, sorted(heights.keys() - found.keys())
    while left:
        name = next((one for one in left if any(one in line and {*line} - {one} <= placed for line in lines)), left[0])
        left.remove(name)
        placed.add(name)
        yield name


def _wish(name: str, lines: Collection[Line], found: Mapping[str, Slot], taken: Collection[Slot]) -> tuple[int, int]:
    """The column where a new piece belongs, and the row that it would like."""
    needs = [found[provides] for consumer, provides in lines if consumer == name and provides in found]
    needed = [found[consumer] for consumer, provides in lines if provides == name and consumer in found]
    rows = [row for _, row in (*needs, *needed)]
    if not rows:
        # Whom nobody knows stands below all, where the row is shortest.
        bottom = max((row for _, row in taken), default=-1)
        depth = [max((row for at, row in taken if at == column), default=-1) for column in range(COLUMNS_ALONE)]
        column = depth.index(min(depth))
        return column, bottom if depth[column] < bottom - SPAN_MIN else depth[column] + 1
    column = max(at for at, _ in needed) + 1 if needed else min(at for at, _ in needs) - 1
    return column, round(sum(rows) / len(rows))


def _nearest(column: int, wished: int, span: int, taken: Collection[Slot]) -> Slot:
    """The free slot of a column that is nearest to a row; below before above."""
    for distance in range(len(taken) + 2):
        for row in (wished + distance, wished - distance):
            if row >= 0 and all((column, row + step) not in taken for step in range(span)):
                return column, row
    return column, max((row for at, row in taken if at == column), default=-1) + 1


def _bends(
    line: Line,
    slots: Mapping[str, Slot],
    middle: Mapping[str, float],
    boxes: Mapping[int, Collection[tuple[float, float]]],
    sizes: Sizes,
) -> Iterator[Spot]:
    """Where a line passes each column between its ends: between the pieces, as straight as it can."""
    (first, _), (last, _) = slots[line[0]], slots[line[1]]
    step = 1 if last > first else -1
    for column in range(first + step, last, step):
        straight = middle[line[0]] + (middle[line[1]] - middle[line[0]]) * (column - first) / (last - first)
        x = column * (sizes.width + sizes.gap_x) + sizes.width / 2
        yield x, _passage(straight, sorted(boxes.get(column, ())))


def _passage(wished: float, boxes: Collection[tuple[float, float]]) -> float:
    """The height nearest to what is wished at which a line meets no box."""
    edges = [-math.inf, *(edge for box in boxes for edge in box), math.inf]
    passages: list[float] = []
    for low, high in zip(edges[::2], edges[1::2], strict=True):
        margin = min(LANE, (high - low) / 2)
        passages.append(min(max(wished, low + margin), high - margin))
    nearest = min(passages, key=lambda at: abs(at - wished))
    return float(round(nearest))
