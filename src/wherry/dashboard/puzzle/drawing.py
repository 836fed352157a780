"""The map as a picture: pieces with sockets for what they need, arms with a head from whoever provides it. Pure.

A head in its socket is a contract that both have signed; one that stands in front of it is not yet, or no longer. The
table beside the picture says the same in words, so the picture itself is one image to whoever cannot see it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from wherry.dashboard.markup import text, url
from wherry.dashboard.places import Slot
from wherry.dashboard.puzzle.facts import SYMBOLS, JointFacts, MapFacts, PieceFacts, Word
from wherry.dashboard.puzzle.layers import Line
from wherry.dashboard.puzzle.layout import Layout, Sizes, Spot
from wherry.dashboard.puzzle.ports import PORT_PITCH, Port, Wire, free_spot, place_ports
from wherry.dashboard.puzzle.shapes import CORNER, DEPTH, HEAD, along, curve, piece_outline, zigzag
from wherry.dashboard.puzzle.slots import closed_up, fitting_heights, place_all

SIZES = Sizes(width=208, gap_x=196, gap_y=36)
PIECE_HEIGHT_MIN = 92.0
MARGIN = 16.0
PIECES_DRAWN_MAX = 60
NAME_CHARS = 20
LETTER_WIDTH = 8.0
LABEL_WIDTH = 92.0
# How far in front of its socket a head stands (less than nothing: inside it), and how far beside it.
PLACES: Mapping[Word, tuple[float, float]] = {
    "Proposed": (24, 0),
    "Exposed": (30, 0),
    "Agreed": (-DEPTH, 0),
    "Verified": (-DEPTH, 0),
    "Broken": (40, 0),
    "Drifting": (4, 9),
    "Unspoken": (0, 0),
}


Slots = Callable[[Mapping[str, float], Iterable[Line], Sizes], Mapping[str, Slot]]
"""Gives each piece its place, by how high it is and who needs whom."""


def draw_map(facts: MapFacts, slots_of: Slots, *, of: MapFacts | None = None) -> str:
    """The picture, with a layer of links over it for those who point.

    Args:
        facts: what is drawn.
        slots_of: where each piece of the whole map stands.
        of: the whole map, when only a part of it is drawn.
    """
    pieces = _drawn(facts)
    joints = _joined(facts, pieces)
    lines = [(one.consumer, one.provider) for one in joints]
    slots, heights = _slots(facts, of or facts, slots_of)
    heights = fitting_heights(slots, heights)
    layout = place_all(slots, heights, lines, SIZES)
    wires = [Wire(one.id, one.consumer, one.provider) for one in joints]
    ports = place_ports(layout, heights, wires, SIZES.width)
    shapes = [_piece(piece, layout.places[key], heights[key], ports, joints) for key, piece in pieces.items()]
    links = [_link(piece, layout.places[key], heights[key]) for key, piece in pieces.items()]
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    corner = f"{layout.left - MARGIN:g} {layout.top - MARGIN:g}"
    box = f'viewBox="{corner} {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return (
        f'<svg class="map" {box} role="img" aria-label="{text(facts.sentence)} The table says all of it.">'
        f"{''.join(shapes)}{''.join(_lines(joints, ports, layout))}</svg>"
        f'<svg class="map over" {box} aria-hidden="true">{"".join(links)}</svg>'
    )


def _slots(facts: MapFacts, whole: MapFacts, slots_of: Slots) -> tuple[dict[str, Slot], dict[str, float]]:
    """The places and heights of what is drawn: of the whole map, or of a part of it without the room between."""
    everything = {**_drawn(whole), **_drawn(facts)}
    joints = _joined(whole, everything)
    heights = {key: _height(key, joints) for key in everything}
    found = slots_of(heights, [(one.consumer, one.provider) for one in joints], SIZES)
    shown = {key: found[key] for key in _drawn(facts)}
    return (dict(shown) if len(shown) == len(everything) else closed_up(shown, heights, SIZES)), heights


def _joined(facts: MapFacts, pieces: Collection[str]) -> list[JointFacts]:
    return [
        one
        for one in facts.joints
        if one.consumer in pieces and one.provider in pieces and one.consumer != one.provider
    ]


def draw_sample(word: Word) -> str:
    """One line between two edges, as an example of how a state looks."""
    ends = (Port(22, 17, 1), Port(118, 17, -1))
    edges = '<path class="edge" d="M2 1H22V11l-5 0a9 9 0 1 0 0 12l5 0V33H2"/><path class="edge" d="M138 1H118V33H138"/>'
    if word == "Unspoken":
        edges = '<path class="edge" d="M2 1H22V33H2"/><path class="edge" d="M138 1H118V33H138"/>'
    line = _line(word, ends, ())
    return f'<svg class="sample" viewBox="0 0 140 34" width="140" height="34" aria-hidden="true">{edges}{line}</svg>'


def left_out(facts: MapFacts) -> int:
    """How many pieces the picture has no room for; the table has all."""
    return len(facts.pieces) - len(_drawn(facts))


def _drawn(facts: MapFacts) -> dict[str, PieceFacts]:
    joined = {end for one in facts.joints for end in (one.consumer, one.provider)}
    first = sorted(facts.pieces, key=lambda piece: (piece.id not in joined, piece.id))[:PIECES_DRAWN_MAX]
    return {piece.id: piece for piece in sorted(first, key=lambda piece: piece.id)}


def _height(key: str, joints: Iterable[JointFacts]) -> float:
    needs, provides = sum(one.consumer == key for one in joints), sum(one.provider == key for one in joints)
    return max(PIECE_HEIGHT_MIN, max(needs, provides) * PORT_PITCH + 2 * CORNER)


def _piece(
    piece: PieceFacts, place: Spot, height: float, ports: Mapping[str, tuple[Port, Port]], joints: Iterable[JointFacts]
) -> str:
    x, y = place
    sockets = [ports[one.id][0] for one in joints if one.consumer == piece.id and one.word != "Unspoken"]
    left, right = [port.y for port in sockets if port.side < 0], [port.y for port in sockets if port.side > 0]
    kind = (
        "hole"
        if piece.is_played or (not piece.is_published and not piece.pods)
        else "help"
        if piece.troubled
        else "whole"
    )
    outline = piece_outline(place, SIZES.width, height, left=left, right=right)
    rows = (("name", _short(piece.service)), ("small", _short(where(piece), 27)), ("small", _short(what(piece), 27)))
    # The text stands clear of the sockets on either side.
    start, top = x + (32 if left else 18), y + height / 2 - 20
    words = "".join(
        f'<text class="{kind_}" x="{start:g}" y="{top + number * 20 + 5:g}">{text(said)}</text>'
        for number, (kind_, said) in enumerate(rows)
    )
    return f'<g class="piece {kind}"><path d="{outline}"/>{words}</g>'


def where(piece: PieceFacts) -> str:
    """Whose it is, and where."""
    place = piece.environment or piece.namespace
    return f"{piece.team} · {place}" if piece.team else place


def what(piece: PieceFacts) -> str:
    """What there is of it."""
    if not piece.is_published and not piece.pods:
        return "✕ nobody offers this yet"
    if piece.is_played:
        return "▣ a stand-in answers"
    runs = f"{piece.pods} pod{'' if piece.pods == 1 else 's'}" if piece.pods else "no pods"
    mark = "✕" if piece.troubled else "●" if piece.pods else "◌"
    count = len(piece.offers)
    offers = f" · {count} operation{'' if count == 1 else 's'}" if count else ""
    return f"{mark} {runs}{offers}"


def _short(name: str, most: int = NAME_CHARS) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _lines(joints: Iterable[JointFacts], ports: Mapping[str, tuple[Port, Port]], layout: Layout) -> Iterator[str]:
    """All lines, and then their words, each where no other word is."""
    taken: list[tuple[Spot, float]] = []
    words = []
    for one in joints:
        bends = layout.bends[one.consumer, one.provider]
        yield _line(one.word, ports[one.id], bends)
        spot = free_spot([*along(_spots(one.word, ports[one.id], bends))], taken, LABEL_WIDTH)
        taken.append((spot, LABEL_WIDTH))
        words.append(_label(one.word, spot))
    yield from words


def _spots(word: Word, ends: tuple[Port, Port], bends: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """A line's points, from where its head stands to who provides."""
    start, end = ends
    away, beside = PLACES[word]
    return ((start.x + start.side * away, start.y + beside), *bends, (end.x, end.y))


def _line(word: Word, ends: tuple[Port, Port], bends: tuple[Spot, ...]) -> str:
    """The arm from who provides to who needs, its head, and what is in the gap."""
    spots = _spots(word, ends, bends)
    if word == "Unspoken":
        return f'<g class="joint unspoken"><polyline points="{zigzag(spots)}"/></g>'
    (x, y), start = spots[0], ends[0]
    cross = _cross(start.x + start.side * 14, start.y) if word == "Broken" else ""
    arm = f'<path d="{curve(spots)}"/><circle cx="{x:g}" cy="{y:g}" r="{HEAD - 1:g}"/>'
    return f'<g class="joint {word.lower()}">{arm}{cross}</g>'


def _cross(x: float, y: float) -> str:
    return f'<path class="cross" d="M{x - 6:g} {y - 6:g}l12 12m0 -12l-12 12"/>'


def _label(word: Word, spot: Spot) -> str:
    said = f"{SYMBOLS[word]} {word}"
    x, y = spot
    width = len(said) * LETTER_WIDTH + 16
    return (
        f'<g class="joint {word.lower()}"><rect class="tag" x="{x - width / 2:g}" y="{y - 12:g}" width="{width:g}" '
        f'height="24" rx="12"/><text class="said" x="{x:g}" y="{y + 4.5:g}">{said}</text></g>'
    )


def _link(piece: PieceFacts, place: Spot, height: float) -> str:
    href = text(url("services", piece.namespace, piece.service))
    return (
        f'<a href="{href}" tabindex="-1"><title>{text(piece.service)}: look inside</title>'
        f'<rect x="{place[0]:g}" y="{place[1]:g}" width="{SIZES.width:g}" height="{height:g}" rx="{CORNER:g}"/></a>'
    )
