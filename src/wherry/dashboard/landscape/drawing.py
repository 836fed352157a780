"""One side as a picture: boxes with the parts, the REST API and the database in them, contracts on the lines. Pure.

A monolith is one box with its parts and one database. A microservice is a box with a REST API on its edge and a
database of its own. What is not there yet has a dashed outline. The lists beside the picture say the same in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wherry.dashboard.landscape.facts import SAID, SYMBOLS, BoxFacts, LineFacts, SideFacts
from wherry.dashboard.markup import text
from wherry.dashboard.puzzle.facts import SYMBOLS as CONTRACT_SYMBOLS
from wherry.dashboard.puzzle.layout import Layout, Sizes, Spot, lay_out
from wherry.dashboard.puzzle.ports import Port, Wire, free_spot, place_ports
from wherry.dashboard.puzzle.shapes import along, curve, zigzag

WIDTH = 216.0
GAP_X, GAP_Y = 160.0, 34.0
BOXES_BELOW = 3
"""So many boxes that nothing joins stand below each other before a second column begins."""
INSET = 12.0
HEAD_HEIGHT, ROW_HEIGHT, DATABASE_HEIGHT, STATE_HEIGHT = 34.0, 34.0, 58.0, 28.0
PARTS_IN_ROW = 2
PARTS_SHOWN = 8
BOXES_DRAWN_MAX = 30
LETTER_WIDTH = 7.4
MARGIN = 14.0


@dataclass(frozen=True, slots=True)
class Row:
    """One thing in a box: how high it is, and what is drawn for it at a place."""

    height: float
    kind: str
    said: tuple[str, ...]


def draw_side(side: SideFacts, summary: str) -> str:
    """The picture of one side; `summary` is what it shows, in a sentence."""
    boxes = {one.name: one for one in side.boxes[:BOXES_DRAWN_MAX]}
    lines = [one for one in side.lines if {one.consumer, one.provider} <= boxes.keys() and one.consumer != one.provider]
    rows = {name: [*_rows(one)] for name, one in boxes.items()}
    heights = {name: sum(row.height for row in found) + INSET for name, found in rows.items()}
    sizes = Sizes(WIDTH, GAP_X, GAP_Y, alone_in_row=math.ceil(len(boxes) / BOXES_BELOW))
    layout = lay_out(heights, [(one.consumer, one.provider) for one in lines], sizes)
    wires = [Wire(f"{one.consumer}/{one.provider}/{one.contract}", one.consumer, one.provider) for one in lines]
    ports = place_ports(layout, heights, wires, WIDTH)
    drawn = "".join(_box(one, layout.places[name], heights[name], rows[name]) for name, one in boxes.items())
    joined = "".join(_lines(zip(lines, [ports[wire.id] for wire in wires], strict=True), layout))
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    view = f'viewBox="{-MARGIN:g} {-MARGIN:g} {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    label = f"{text(summary)} The lists say all of it."
    return f'<svg class="side" {view} role="img" aria-label="{label}">{joined}{drawn}</svg>'


def _rows(one: BoxFacts) -> Iterator[Row]:
    yield Row(HEAD_HEIGHT, "head", (one.name, one.team))
    for promise in one.promises[:PARTS_SHOWN]:
        yield Row(ROW_HEIGHT, "api", (f"REST API {promise}",))
    parts = [*one.parts[:PARTS_SHOWN]]
    for start in range(0, len(parts), PARTS_IN_ROW):
        yield Row(ROW_HEIGHT, "part", tuple(parts[start : start + PARTS_IN_ROW]))
    for database in one.databases[:PARTS_IN_ROW]:
        shared = f"shared with {', '.join(one.shared)}" if one.shared else ""
        yield Row(DATABASE_HEIGHT, "store", (database, shared))
    yield Row(STATE_HEIGHT, "said", (f"{SYMBOLS[one.state]} {SAID[one.state]}",))


def _box(one: BoxFacts, place: Spot, height: float, rows: Iterable[Row]) -> str:
    x, y = place
    kind = "monolith" if one.parts else "service"
    parts = [f'<rect class="outline" x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{height:g}" rx="14"/>']
    top = y + INSET / 2
    for row in rows:
        parts.append(_ROWS[row.kind](x, top, row.said))
        top += row.height
    return f'<g class="box {kind} is-{one.state}">{"".join(parts)}</g>'


def _head(x: float, y: float, said: tuple[str, ...]) -> str:
    name, team = said
    whose = f'<tspan class="small" dx="8">{text(_short(f"team {team}", 14))}</tspan>' if team else ""
    return f'<text class="name" x="{x + INSET:g}" y="{y + 20:g}">{text(_short(name, 20))}{whose}</text>'


def _api(x: float, y: float, said: tuple[str, ...]) -> str:
    return (
        f'<rect class="api" x="{x + INSET:g}" y="{y + 3:g}" width="{WIDTH - 2 * INSET:g}" height="26" rx="6"/>'
        f'<text class="small" x="{x + INSET + 10:g}" y="{y + 20.5:g}">{text(_short(said[0], 27))}</text>'
    )


def _part(x: float, y: float, said: tuple[str, ...]) -> str:
    wide = (WIDTH - 2 * INSET - 8) / PARTS_IN_ROW
    return "".join(
        f'<rect class="part" x="{x + INSET + at * (wide + 8):g}" y="{y + 3:g}" width="{wide:g}" height="27" rx="4"/>'
        f'<text class="small" x="{x + INSET + at * (wide + 8) + 8:g}" y="{y + 21:g}">{text(_short(one, 12))}</text>'
        for at, one in enumerate(said)
    )


def _store(x: float, y: float, said: tuple[str, ...]) -> str:
    """A cylinder, with what it is."""
    left, right, top, bottom = x + INSET, x + WIDTH - INSET, y + 9, y + DATABASE_HEIGHT - 9
    middle = (right - left) / 2
    rows = [one for one in said if one]
    words = "".join(
        f'<text class="small" x="{left + 10:g}" y="{y + (39 if len(rows) == 1 else 31 + 15 * at):g}">'
        f"{text(_short(one, 27))}</text>"
        for at, one in enumerate(rows)
    )
    outline = f"M{left:g} {top:g}V{bottom:g}a{middle:g} 6 0 0 0 {2 * middle:g} 0V{top:g}"
    lid = f'<ellipse class="store" cx="{left + middle:g}" cy="{top:g}" rx="{middle:g}" ry="6"/>'
    return f'<path class="store{" shared" if said[1] else ""}" d="{outline}"/>{lid}{words}'


def _state(x: float, y: float, said: tuple[str, ...]) -> str:
    return f'<text class="state" x="{x + INSET:g}" y="{y + 18:g}">{text(said[0])}</text>'


_ROWS = {"head": _head, "api": _api, "part": _part, "store": _store, "said": _state}


def _lines(joined: Iterable[tuple[LineFacts, tuple[Port, Port]]], layout: Layout) -> Iterator[str]:
    taken: list[tuple[Spot, float]] = []
    words = []
    for one, (start, end) in joined:
        spots = ((start.x, start.y), *layout.bends[one.consumer, one.provider], (end.x, end.y))
        kind = one.word.lower() or ("proposed" if one.contract else "unspoken")
        if kind == "unspoken":
            yield f'<g class="joint unspoken"><polyline points="{zigzag(spots)}"/></g>'
        else:
            yield f'<g class="joint {kind}"><path d="{curve(spots)}"/></g>'
        said = _short(line_words(one), 24)
        width = len(said) * LETTER_WIDTH + 14
        spot = free_spot([*along(spots)], taken, width)
        taken.append((spot, width))
        words.append(
            f'<g class="joint {kind}"><rect class="tag" x="{spot[0] - width / 2:g}" y="{spot[1] - 12:g}" '
            f'width="{width:g}" height="24" rx="12"/><text class="said" x="{spot[0]:g}" y="{spot[1] + 4.5:g}">'
            f"{text(said)}</text></g>"
        )
    yield from words


def line_words(one: LineFacts) -> str:
    """What stands on a line: the contract and how it stands."""
    symbol = next((found for word, found in CONTRACT_SYMBOLS.items() if word == one.word), "◌" if one.contract else "?")
    return f"{symbol} {one.contract or one.word or 'no contract'}"


def _short(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"
