"""Where the lines of a picture meet its boxes, and where their words stand. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wherry.dashboard.puzzle.layout import Layout, Spot

PORT_PITCH = 32.0
LABEL_HEIGHT = 27.0
"""The room that a word takes, with some space around it."""


@dataclass(frozen=True, slots=True)
class Port:
    """Where a line meets a piece: the point on its edge, and to which side it leaves (1: to the right)."""

    x: float
    y: float
    side: int


@dataclass(frozen=True, slots=True)
class Wire:
    """A line of a picture: its name, who needs, who provides."""

    id: str
    needs: str
    provides: str


def place_ports(
    layout: Layout, heights: Mapping[str, float], wires: Iterable[Wire], width: float
) -> dict[str, tuple[Port, Port]]:
    """Where each line begins (at who needs) and ends: on the sides that face each other, without crossings."""
    meeting: dict[tuple[str, int], list[tuple[float, str, int]]] = {}
    for one in wires:
        (x1, y1), (x2, y2) = layout.places[one.needs], layout.places[one.provides]
        bends = layout.bends[one.needs, one.provides]
        first, last = y2 + heights[one.provides] / 2, y1 + heights[one.needs] / 2
        if bends:
            first, last = bends[0][1], bends[-1][1]
        # Two in one column are joined round the right of both.
        sides = (1, 1) if x1 == x2 else (1, -1) if x2 > x1 else (-1, 1)
        meeting.setdefault((one.needs, sides[0]), []).append((first, one.id, 0))
        meeting.setdefault((one.provides, sides[1]), []).append((last, one.id, 1))
    found: dict[tuple[str, int], Port] = {}
    for (piece, side), lines in meeting.items():
        x, y = layout.places[piece]
        pitch = min(PORT_PITCH, heights[piece] / len(lines))
        top = y + heights[piece] / 2 - (len(lines) - 1) * pitch / 2
        for number, (_, line, end) in enumerate(sorted(lines)):
            found[line, end] = Port(x + (width if side > 0 else 0), top + number * pitch, side)
    return {line: (found[line, 0], found[line, 1]) for line, end in found if end == 0}


def free_spot(points: Sequence[Spot], taken: Iterable[tuple[Spot, float]], width: float) -> Spot:
    """The point nearest to the middle of a line where a word hides no other; the middle, when there is none.

    Args:
        points: of the line, close to each other.
        taken: where other words stand, and how wide they are.
        width: of this one.
    """
    last, others = len(points) - 1, [*taken]
    for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78):
        x, y = points[round(last * part)]
        if not any(abs(x - x2) < (width + wide) / 2 and abs(y - y2) < LABEL_HEIGHT for (x2, y2), wide in others):
            return x, y
    return points[last // 2]
