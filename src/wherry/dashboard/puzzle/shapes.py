"""The lines of the map: a piece with its sockets, the arm that reaches from who provides, a zigzag. Pure geometry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from wherry.dashboard.puzzle.layout import Spot

CORNER = 14.0
NECK = 6.0
"""Half the width of a socket's opening."""
HEAD = 9.0
"""The radius of a socket's round inside."""
DEPTH = 5 + math.sqrt(HEAD**2 - NECK**2)
"""How far inside a piece the middle of a socket's head lies."""
BESIDE, BULGE = 60.0, 90.0
"""Ends that are nearer than this to each other are above each other; and how far a line between such reaches out."""
ZIGZAG_LENGTH, ZIGZAG_WIDTH = 9.0, 4.0


def piece_outline(corner: Spot, width: float, height: float, *, left: Sequence[float], right: Sequence[float]) -> str:
    """A box with round corners and a socket at each of these heights, left and right; a path's description."""
    down = "".join(f"V{at - NECK:g}l-5 0a{HEAD:g} {HEAD:g} 0 1 0 0 {2 * NECK:g}l5 0" for at in sorted(right))
    up = "".join(
        f"V{at + NECK:g}l5 0a{HEAD:g} {HEAD:g} 0 1 0 0 {-2 * NECK:g}l-5 0" for at in sorted(left, reverse=True)
    )
    x, y = corner
    c, x2, y2 = CORNER, x + width, y + height
    return (
        f"M{x + c:g} {y:g}H{x2 - c:g}a{c:g} {c:g} 0 0 1 {c:g} {c:g}{down}V{y2 - c:g}a{c:g} {c:g} 0 0 1 {-c:g} {c:g}"
        f"H{x + c:g}a{c:g} {c:g} 0 0 1 {-c:g} {-c:g}{up}V{y + c:g}a{c:g} {c:g} 0 0 1 {c:g} {-c:g}Z"
    )


def curve(spots: Sequence[Spot]) -> str:
    """A line through these points that runs level at each of them; a path's description."""
    (x, y), *_ = spots
    parts = [f"M{x:g} {y:g}"]
    for (x1, y1), (x2, y2) in pairwise(spots):
        middle = _turn(x1, x2)
        parts.append(f"C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}")
    return "".join(parts)


def _turn(x1: float, x2: float) -> float:
    """Where a curve turns from the height of one end to that of the other; between two of one column, right of both."""
    return (x1 + x2) / 2 if abs(x2 - x1) > BESIDE else max(x1, x2) + BULGE


def zigzag(spots: Sequence[Spot]) -> str:
    """The same line as a zigzag; the points of a polyline."""
    points = [*along(spots)]
    shown = []
    for number, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        length = math.hypot(x2 - x1, y2 - y1) or 1
        side = ZIGZAG_WIDTH if number % 2 else -ZIGZAG_WIDTH
        shown.append(f"{x1 - (y2 - y1) / length * side:.1f},{y1 + (x2 - x1) / length * side:.1f}")
    first, last = points[0], points[-1]
    return " ".join([f"{first[0]:g},{first[1]:g}", *shown[1:], f"{last[0]:g},{last[1]:g}"])


def along(spots: Sequence[Spot]) -> Iterator[Spot]:
    """Points close to each other on the line that `curve` draws, from its beginning to its end."""
    for (x1, y1), (x2, y2) in pairwise(spots):
        steps = max(2, round(math.hypot(x2 - x1, y2 - y1) / ZIGZAG_LENGTH))
        for step in range(steps):
            t = step / steps
            # The curve of `curve`, whose middle points lie level with the ends.
            yield (
                x1 * (1 - t) ** 3 + 3 * _turn(x1, x2) * t * (1 - t) + x2 * t**3,
                y1 + (y2 - y1) * (3 * t**2 - 2 * t**3),
            )
    yield spots[-1]
