"""What the words mean: the glossary behind `wherry word`, the web page and docs/glossary.md.

The words are data (glossary.toml), read when the first one is asked for.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("glossary.toml")

HEADER = """\
# Glossary

What the words mean, in a sentence each. On the command line: `wherry word pod`, which also counts what is in your
cluster right now. This page is generated from `narrate/glossary.toml`: `scripts/generate-glossary`.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its meaning, what it is not, what kubectl calls it, and of which kind it can be counted."""

    term: str
    says: str
    is_not: str
    kubectl: str = ""
    counts: str = ""
    also: tuple[str, ...] = ()

    def is_written_large(self, spelling: str) -> bool:
        """Whether this, in small letters, should be in capitals to mean the word: api, which may be anybody's name."""
        return spelling.islower() and spelling.upper() in (self.term, *self.also)


@cache
def words() -> Mapping[str, Word]:
    """All words by their term, in the order of the alphabet."""
    entries = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    found = {
        term: Word(
            term=term,
            says=entry["says"],
            is_not=entry["not"],
            kubectl=entry.get("kubectl", ""),
            counts=entry.get("counts", ""),
            also=tuple(entry.get("also", ())),
        )
        for term, entry in entries.items()
    }
    return dict(sorted(found.items()))


@cache
def _spellings() -> Mapping[str, Word]:
    """Every way to write a word, in small letters."""
    found = {spelling.lower(): word for word in words().values() for spelling in word.also}
    return {**found, **{term.lower(): word for term, word in words().items()}}


def find_word(text: str) -> Word | None:
    """The word that somebody means: any case, with or without hyphen or blank, singular or plural."""
    wanted = text.strip().lower().replace("-", " ").replace("_", " ")
    spellings = _spellings()
    for candidate in (wanted, wanted.replace(" ", ""), wanted.removesuffix("s")):
        if candidate in spellings:
            return spellings[candidate]
    by_kind = {word.counts.lower(): word for word in words().values() if word.counts}
    return by_kind.get(wanted.replace(" ", ""))


def near_words(text: str) -> list[str]:
    """Words that look like `text`: for whoever has mistyped one."""
    return difflib.get_close_matches(text.lower(), [*_spellings()], n=3)


def words_in(text: str) -> list[tuple[int, int, Word]]:
    """Where in a text words of the glossary stand: (from, to, word), longest first at each place.

    This is how a page makes every technical word one that can be asked about.
    """
    return [(found.start(), found.end(), _spellings()[found.group().lower()]) for found in _pattern().finditer(text)]


def is_name(text: str, start: int, end: int, word: Word) -> bool:
    """Whether a word stands there as a name, or in one: `api-7d9d4`, or `api`, which says API to nobody."""
    return "-" in (text[start - 1 : start], text[end : end + 1]) or word.is_written_large(text[start:end])


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_spellings(), key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)


def as_markdown() -> str:
    """The whole glossary as a page."""
    parts = [HEADER]
    for word in words().values():
        lines = [f"## {word.term}", word.says, f"Not to be confused with: {word.is_not}."]
        if word.kubectl:
            lines.append(f"With kubectl: `kubectl get {word.kubectl}`.")
        if word.also:
            lines.append(f"Also: {', '.join(word.also)}.")
        parts.append("\n\n".join(lines) + "\n")
    return "\n".join(parts)
