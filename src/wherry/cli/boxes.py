"""Boxes for a terminal, side by side as far as they fit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from wherry.cli.terminal import Terminal

BOX_MIN = 26
"""A box narrower than this could not hold a pod's name."""

GAP = " "


@dataclass(frozen=True, slots=True)
class Box:
    """A title and rows of (text, state word). A dashed one is not there yet."""

    title: str
    rows: Sequence[tuple[str, str]]
    dashed: bool = False

    @property
    def width(self) -> int:
        """How wide it would like to be, frame included."""
        return max(len(self.title) + 5, *(len(text) + 4 for text, _ in self.rows), BOX_MIN)


def draw_boxes(boxes: Sequence[Box], terminal: Terminal) -> list[str]:
    """Boxes side by side, as many as fit, all of one row equally high."""
    if not boxes:
        return []
    width = min(max(box.width for box in boxes), terminal.width)
    columns = max(1, (terminal.width + len(GAP)) // (width + len(GAP)))
    lines: list[str] = []
    for start in range(0, len(boxes), columns):
        row = boxes[start : start + columns]
        height = max(len(box.rows) for box in row)
        drawn = [_draw(box, width, height, terminal) for box in row]
        lines += [GAP.join(parts) for parts in zip_longest(*drawn, fillvalue="")]
    return lines


def _draw(box: Box, width: int, height: int, terminal: Terminal) -> list[str]:
    inner = width - 4
    across, down = ("╌", "╎") if box.dashed else ("─", "│")
    title = cut(box.title, inner - 1)
    lines = [f"┌ {title} {across * (width - len(title) - 4)}┐"]
    for text, word in [*box.rows, *[("", "")] * (height - len(box.rows))]:
        lines.append(f"{down} {terminal.coloured(cut(text, inner).ljust(inner), word)} {down}")
    return [*lines, f"└{across * (width - 2)}┘"]


def cut(text: str, width: int) -> str:
    """The text, or as much of it as there is room for."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"
