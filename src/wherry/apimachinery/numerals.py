"""Whole numbers in text that clients write: ports, revisions, indexes.

Python's `isdigit` and `int` take more than Kubernetes does (`²` is a digit that is no number, `٣` is 3), and `int`
refuses what has more than 4,300 digits; here text is a number that is small enough to mean something, or it is none.
"""

from __future__ import annotations

DIGITS_MAX = 18
"""So many digits always fit into 64 bits."""


def whole_number(text: str) -> int | None:
    """The number that 1 to DIGITS_MAX of the digits 0 to 9 write; None for all other text."""
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    return int(text) if is_number else None
