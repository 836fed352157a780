"""A small picture beside each word: shapes in the colour of the text, so that they are seen in every colour scheme.

The pictures are data (thumbnails.toml), drawn when the first one is asked for. Words say all that they show, so who
cannot see them misses nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from wherry.dashboard.markup import text

SOURCE = Path(__file__).with_name("thumbnails.toml")
WIDTH, HEIGHT = 48, 32
HEAD, TIP = 3.0, 2.0


def _box(x: str, y: str, width: str, height: str, more: str = "") -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}"{more}/>'


def _disk(x: str, y: str, width: str, height: str) -> str:
    left, top, wide, rim = float(x), float(y), float(width), min(3.0, float(height) / 4)
    curve = f"a{wide / 2:g} {rim:g} 0 0 0"
    sides = f"M{left:g} {top + rim:g}v{float(height) - 2 * rim:g}{curve} {wide:g} 0v{2 * rim - float(height):g}"
    return f'<path d="{sides}"/><ellipse cx="{left + wide / 2:g}" cy="{top + rim:g}" rx="{wide / 2:g}" ry="{rim:g}"/>'


def _page(x: str, y: str, width: str, height: str) -> str:
    across, down = float(width) - HEAD, float(height)
    corner = f"h{across:g}l{HEAD:g} {HEAD:g}v{down - HEAD:g}h-{width}z"
    return f'<path d="M{x} {y}{corner}"/>'


def _line(x: str, y: str, to_x: str, to_y: str) -> str:
    return f'<path d="M{x} {y}L{to_x} {to_y}"/>'


def _arrow(x: str, y: str, to_x: str, to_y: str) -> str:
    tip_x, tip_y = float(to_x), float(to_y)
    across, down = tip_x - float(x), tip_y - float(y)
    length = max(1.0, (across**2 + down**2) ** 0.5)
    across, down = HEAD * across / length, HEAD * down / length
    wings = [(tip_x - across + side * down, tip_y - down - side * across) for side in (1, -1)]
    (left_x, left_y), (right_x, right_y) = wings
    head = f"M{left_x:.1f} {left_y:.1f}L{to_x} {to_y}L{right_x:.1f} {right_y:.1f}"
    return f'<path d="M{x} {y}L{to_x} {to_y}{head}"/>'


def _cross(x: str, y: str) -> str:
    left, top = float(x) - TIP, float(y) - TIP
    return f'<path d="M{left:g} {top:g}l4 4m0-4l-4 4"/>'


SHAPES: Mapping[str, Callable[..., str]] = {
    "box": _box,
    "pod": lambda x, y, width, height: _box(x, y, width, height, ' rx="4"'),
    "dash": lambda x, y, width, height: _box(x, y, width, height, ' stroke-dasharray="2 2"'),
    "disk": _disk,
    "page": _page,
    "ring": lambda x, y, radius: f'<circle cx="{x}" cy="{y}" r="{radius}"/>',
    "dot": lambda x, y, radius: f'<circle class="full" cx="{x}" cy="{y}" r="{radius}"/>',
    "line": _line,
    "arrow": _arrow,
    "tick": lambda x, y: f'<path d="M{float(x) - 3:g} {y}l2 3 4-6"/>',
    "cross": _cross,
    "text": lambda x, y, word: f'<text class="full" x="{x}" y="{y}">{text(word)}</text>',
}


@cache
def sketches() -> Mapping[str, str]:
    """What each word's picture is made of."""
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))


@cache
def thumbnail(term: str) -> str:
    """The picture of a word; "" when it has none."""
    drawn = "".join(_shape(*one.split()) for one in sketches().get(term, "").split(";") if one)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg class="thumbnail" {size} aria-hidden="true">{drawn}</svg>' if drawn else ""


def _shape(name: str, *numbers: str) -> str:
    return SHAPES[name](*numbers)
