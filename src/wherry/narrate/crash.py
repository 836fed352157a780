"""Why a program crashed, as far as its last words and its exit code tell. Pure, and honest when they do not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from wherry.apimachinery.struct import Struct
from wherry.narrate.cause_templates import CRASHES, EXIT_CODES, OUT_OF_MEMORY, UNKNOWN_CRASH
from wherry.narrate.templates import Template

LAST_WORDS_MAX = 5
"""Lines shown of what it wrote."""


class Crash(Struct):
    """A container's end: its exit code, its last words, the likely cause ("known" or not) and what to do."""

    container: str
    exit_code: int
    last_words: tuple[str, ...]
    likely: str
    is_known: bool
    next: str


def explain_crash(
    container: str, *, exit_code: int, reason: str, log: Sequence[str], pod: str, namespace: str
) -> Crash:
    """The likely cause of an end. `log` is the end of what the container wrote, oldest line first."""
    words = [line.rstrip() for line in log if line.strip()]
    template, values, is_known = _cause(exit_code, reason, words)
    said = {"pod": pod, "namespace": namespace, **values}
    return Crash(
        container=container,
        exit_code=exit_code,
        last_words=tuple(words[-LAST_WORDS_MAX:]),
        likely=template.text.format_map(said),
        is_known=is_known,
        next=template.next.format_map(said),
    )


def _cause(exit_code: int, reason: str, words: Sequence[str]) -> tuple[Template, dict[str, str], bool]:
    if reason == "OOMKilled":
        return OUT_OF_MEMORY, {}, True
    # The last line that says something known: programs report the cause after its consequences.
    for pattern, template in _patterns():
        for line in reversed(words):
            if match := pattern.search(line):
                return template, {key: value or "?" for key, value in match.groupdict().items()}, True
    if exit_code in EXIT_CODES:
        return EXIT_CODES[exit_code], {}, True
    return UNKNOWN_CRASH, {}, False


@cache
def _patterns() -> list[tuple[re.Pattern[str], Template]]:
    return [(re.compile(crash.looks_like), crash.likely) for crash in CRASHES]
