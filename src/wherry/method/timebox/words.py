"""What is said of a timebox: how far it is, how much time is left, and, at its end, what is left to do. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.method.timebox.clock import Timebox, say_length
from wherry.method.timebox.ticks import Tick

ALL_DONE = "show it to everybody"
EXPORT = "wherry timebox --backlog md     (what is left, as backlog items)"


def timebox_words(service: str, timebox: Timebox | None, ticks: Sequence[Tick], now_s: float) -> list[str]:
    """The answer; when the time is over and something is left, a second line names it."""
    open_ = [entry for entry in ticks if not entry.is_done]
    done = len(ticks) - len(open_)
    said = [f"{done} of {len(ticks)} of the walking skeleton of {service} are done{_clock(timebox, now_s)}."]
    if open_ and is_over(timebox, now_s):
        said.append(f"Left: {'; '.join(entry.order for entry in open_)}.")
    return said


def next_words(timebox: Timebox | None, ticks: Sequence[Tick], now_s: float) -> str:
    """What comes next: the first open item, or, when the time is over, to carry over what is left."""
    left = next((entry for entry in ticks if not entry.is_done), None)
    if left is None:
        return ALL_DONE
    return EXPORT if is_over(timebox, now_s) else left.how


def is_over(timebox: Timebox | None, now_s: float) -> bool:
    """Whether a clock was started, and has run out."""
    return timebox is not None and timebox.left_s(now_s) <= 0


def _clock(timebox: Timebox | None, now_s: float) -> str:
    if timebox is None:
        return "; no clock was started"
    left_s, length = timebox.left_s(now_s), say_length(timebox.length_s)
    if is_over(timebox, now_s):
        return f"; the {length} ended {say_length(left_s)} ago"
    return f"; {say_length(left_s)} of {length} left"
