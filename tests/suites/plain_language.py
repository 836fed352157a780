"""What a sentence for everybody may be: short, active, of words that everybody knows or that the glossary explains."""

from __future__ import annotations

import re
import string
from pathlib import Path

from wherry.narrate.glossary import words_in

WORDS_MAX = 25
# A word that is neither here nor in the glossary may not be said: add it here only when everybody knows it.
PLAIN = frozenset((Path(__file__).parents[1] / "unit" / "narrate" / "plain_words.txt").read_text().split())
# "by hand" and "by itself" name nobody who would be hidden.
PASSIVE = re.compile(
    r"\b(is|are|was|were|been|being)\s+\w+(ed|en|made|told|sent)\s+by\b(?! (hand|itself|themselves)\b)"
)


def without_holes(text: str) -> str:
    """The text with what is filled in as one word."""
    return "".join(literal + (" x " if hole else "") for literal, hole, _, _ in string.Formatter().parse(text))


def unknown_words(text: str, known: frozenset[str] = PLAIN) -> list[str]:
    """Words that nobody has explained and not everybody knows."""
    plain = without_holes(text)
    for start, end, _ in reversed(words_in(plain)):
        plain = plain[:start] + " " + plain[end:]
    found = re.findall(r"[A-Za-z][A-Za-z'-]*", plain)
    return [word for word in found if word.lower().rstrip("'-") not in known and len(word) > 1]
