"""What the command line says, and how: the answer on stdout, progress and trouble on stderr."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

WIDTH_DEFAULT = 80


class Trouble(Exception):
    """Something that the user can do something about: what happened, and the way out.

    Exit codes: 1 no / not done, 2 you typed, 3 cannot reach, 4 refused for safety, 5 timed out.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        exit_code: int = 1,
        code: str = "",
        meaning: str = "",
        read: str = "",
        who: str = "",
    ) -> None:
        """`remedy` is a command or a sentence; the other parts come with a known trouble (cli/troubles.py)."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.exit_code = exit_code
        self.code = code
        self.meaning = meaning
        self.read = read
        self.who = who


def say(text: str = "") -> None:
    """A line of the answer."""
    print(text, flush=True)


def progress(text: str, duration_ms: float | None = None) -> None:
    """A step that is done, with how long it took."""
    took = "" if duration_ms is None else f"{duration_ms:7.0f} ms"
    print(f" {tick()} {text:<58}{took}", file=sys.stderr, flush=True)


def note(text: str) -> None:
    """A line beside the answer."""
    print(text, file=sys.stderr, flush=True)


def ring() -> None:
    """Let the terminal ring; a file or a program gets no such sign."""
    if sys.stderr.isatty():
        print("\a", end="", file=sys.stderr, flush=True)


def trouble(error: Trouble) -> None:
    """What went wrong and what to do."""
    code = f"{error.code}: " if error.code else ""
    print(f"{cross()} {code}{error.message}", file=sys.stderr, flush=True)
    parts = (("It means", error.meaning), ("Do", error.remedy), ("Read", error.read), ("Said by", error.who))
    for name, text in parts:
        if text:
            print(f"  {name}: {text}", file=sys.stderr, flush=True)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns, as wide as they need; in a terminal the last one ends where the window does."""
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    room = _room()
    for line in lines:
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        say(text if len(text) <= room else f"{text[: room - 1]}…")


def _room() -> int:
    """The window's width; a file or another program gets all of it."""
    return shutil.get_terminal_size((WIDTH_DEFAULT, 24)).columns if sys.stdout.isatty() else sys.maxsize


def tick() -> str:
    """A mark for "done" that the terminal can show."""
    return "✓" if _unicode() else "+"


def cross() -> str:
    """A mark for "not done"."""
    return "✗" if _unicode() else "x"


def _unicode() -> bool:
    return (sys.stderr.encoding or "").lower().startswith("utf")


def printable(text: str) -> str:
    """Text from a cluster without control characters: nobody's log may steer the terminal."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)
