"""Whole numbers in text that clients write: ports, revisions, indexes.

Python's `isdigit` and `int` take more than Kubernetes does (`²` is a digit that is no number, `٣` is 3), and `int`
refuses what has more than 4,300 digits; here text is a number that is small enough to mean something, or it is none.
"""

from __future__ import annotations

DIGITS_MAX = 19
"""More digits never fit into 64 bits."""
NUMBER_MAX = 2**63 - 1


def whole_number(text: str) -> int | None:
    """The number up to NUMBER_MAX that the digits 0 to 9 write; None for all other text."""
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        return None
    number = int(text)
    return number if number <= NUMBER_MAX else None
