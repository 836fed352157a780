"""Lines of a log in CRI form: `2026-11-23T07:00:00.123456789Z stdout F text`. Pure.

F marks the end of a line, P a part of one that was too long.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.apimachinery.timestamps import parse_time


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What a reader wants. `since_s` is wall-clock seconds, 0 for everything; None: no limit."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    since_s: float = 0.0
    stream: str = "All"


def message_of(line: bytes) -> bytes:
    """What the program said, with its line's end."""
    return _split(line)[3]


def _split(line: bytes) -> tuple[bytes, bytes, bool, bytes]:
    parts = line.rstrip(b"\n").split(b" ", 3)
    if len(parts) < 3:
        return b"", b"", True, line
    is_whole = not parts[2].startswith(b"P")
    text = parts[3] if len(parts) == 4 else b""
    return parts[0], parts[1], is_whole, text + (b"\n" if is_whole else b"")


class LineFormatter:
    """Turns a log's raw lines into what the reader gets, in order."""

    def __init__(self, options: LogOptions) -> None:
        """Nothing was given out yet."""
        self._options = options
        self._left = options.limit_bytes
        self._inside_line = False

    @property
    def is_done(self) -> bool:
        """Whether the byte limit is reached."""
        return self._left == 0

    def format(self, line: bytes) -> bytes:
        """One raw line as the reader gets it, b"" when it is not wanted."""
        time, stream, is_whole, text = _split(line)
        if self._options.since_s and not self._inside_line and _before(time, self._options.since_s):
            return b""
        if self._options.stream not in ("All", stream.decode("ascii", "replace").capitalize()):
            return b""
        if self._options.timestamps and time and not self._inside_line:
            # Monitors differ in how they write UTC; readers get what a kubelet prints.
            text = time.replace(b"+00:00", b"Z") + b" " + text
        self._inside_line = not is_whole
        if self._left is not None:
            text = text[: self._left]
            self._left -= len(text)
        return text


def _before(time: bytes, since_s: float) -> bool:
    try:
        return parse_time(time.decode("ascii")) < since_s
    except ValueError:
        return False
