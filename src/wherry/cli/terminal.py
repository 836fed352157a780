"""What the terminal can show: its width, colours, boxes. Asked once per command."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

PLAIN_WIDTH = 80
WIDTH_MIN = 40

COLOURS = {
    "Running": "32",
    "Starting": "36",
    "Waiting": "33",
    "Failed": "1;31",
    "Stopping": "90",
    "Done": "34",
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """`boxes`: lines and symbols beyond ASCII can be shown; `colours`: and colours too."""

    width: int
    boxes: bool
    colours: bool
    is_interactive: bool

    def coloured(self, text: str, word: str) -> str:
        """The text in the colour of a state; the symbol and the word say the same to whoever sees no colour."""
        code = COLOURS.get(word)
        return f"\x1b[{code}m{text}\x1b[0m" if self.colours and code else text


def terminal(*, plain: bool) -> Terminal:
    """The terminal that we write to. `plain`: no boxes, no colours, one fact a line."""
    is_interactive = sys.stdout.isatty()
    can_draw = not plain and (sys.stdout.encoding or "").lower().startswith("utf")
    # https://no-color.org: any value but the empty one.
    no_colour = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"  # noqa: TID251 - the terminal's own
    return Terminal(
        width=max(WIDTH_MIN, shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns),
        boxes=can_draw,
        colours=can_draw and is_interactive and not no_colour,
        is_interactive=is_interactive,
    )
