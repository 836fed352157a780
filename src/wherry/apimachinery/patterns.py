"""Regular expressions written by users: Go's syntax, matched in time that is linear in the text.

Python's own engine backtracks: `(a+)+$` and thirty letters keep it busy for minutes. RE2 is what Go's
package regexp is made after, so the syntax is the same too. The library is imported when the first pattern comes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

# A compiled pattern takes some kilobytes; the text of a pattern is all that is kept of the others.
COMPILED_MAX = 512
REMEMBERED_CHARS_MAX = 16 * 1024
# RE2 gives up on patterns that need more memory than this, and says so.
MEMORY_BYTES_MAX = 2 * 1024 * 1024


class PatternError(ValueError):
    """The text is no pattern; the message says why, as Go does."""


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> object:
        """A match anywhere in the text, or None."""


def compile_pattern(text: str) -> Pattern:
    """Compile a pattern. Raises PatternError."""
    return _remembered(text) if len(text) <= REMEMBERED_CHARS_MAX else _compile(text)


@lru_cache(maxsize=COMPILED_MAX)
def _remembered(text: str) -> Pattern:
    return _compile(text)


def _compile(text: str) -> Pattern:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MEMORY_BYTES_MAX
    try:
        compiled: Pattern = re2.compile(text, options)
    except re2.error as error:
        raise PatternError(f"error parsing regexp: {_as_go_says(error)}") from None
    return compiled


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text; a pattern that cannot be compiled is found nowhere."""
    try:
        return compile_pattern(pattern).search(text) is not None
    except PatternError:
        return False


# RE2 in C++ and Go's package name the same mistakes a little differently.
_IN_GO = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid escape sequence": "invalid escape sequence",
}


def _as_go_says(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    what, separator, where = text.partition(": ")
    what = _IN_GO.get(what, what)
    return f"{what}: `{where}`" if separator else what
