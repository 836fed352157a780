"""Every error with a code: what happened, what it means, what to do, where to read."""

from __future__ import annotations

from handbook.markdown import cell, code, page, table
from wherry.cli.troubles import TROUBLES

INTRODUCTION = """
Errors that people search for have a code, and a code never changes its meaning. `{...}` is filled in when it is said.
An error that has no code says what to do all the same.

| code | about |
|---|---|
| W01.. | reaching a cluster |
| W02.. | what was typed |
| W03.. | what the cluster answered |
| W04.. | this machine |
"""


def write() -> str:
    """The page."""
    return page("Errors", INTRODUCTION, *(_section(number) for number in TROUBLES))


def _section(number: str) -> str:
    known = TROUBLES[number]
    rows = (
        ("What happened", cell(known.happened)),
        ("It means", cell(known.means)),
        ("Do", code(known.do)),
        ("Read", code(f"wherry word {known.read}")),
        ("Said by", cell(known.who)),
        ("Exit code", str(known.exit_code)),
    )
    return f"## {number}\n\n" + table(("part", "text"), rows)
