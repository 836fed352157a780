"""How a board looks in the terminal: the sentence, a table, what is missing with its way out, and what comes next."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wherry.cli.output import printable, say, table
from wherry.method.done.board import Board, way_out
from wherry.method.done.criteria import BY_ID
from wherry.method.done.report.structured import as_document, as_junit, title_of
from wherry.method.evidence.verdict import SYMBOLS, Verdict, Word

SAYS_CHARS_MAX = 84


def show_board(board: Board, *, output: str, following: str) -> None:
    """Print a board as it was asked for: text, json or junit."""
    if output == "json":
        say(json.dumps(as_document(board), indent=2, ensure_ascii=False))
    elif output == "junit":
        say(as_junit(board).rstrip())
    else:
        _show_text(board, following)


def after_board(board: Board, environments: Sequence[str], environment: str) -> str:
    """What comes next: the way out of what is refuted, else of what is not shown; of a board that is done, onwards.

    Args:
        board: how it stands.
        environments: the service's, in the order of promotion.
        environment: the one of the release that was judged; "" without a release.
    """
    missing = sorted(board.missing, key=lambda entry: entry.word is not Word.REFUTED)
    if missing:
        # What is tried without a word of where is tried in the first one; in the last one are users.
        return way_out(missing[0], environment if environment in environments[1:-1] else "")
    if environment not in environments:
        return "wherry release"
    later = environments[environments.index(environment) + 1 :]
    return f"wherry promote {environment} {later[0]}" if later else "wherry report"


def _show_text(board: Board, following: str) -> None:
    say(f"{board.service}: {board.sentence}")
    table(("", "CRITERION", "VERDICT", "WHY"), [_row(entry) for entry in board.verdicts])
    for entry in board.missing:
        if entry.word is Word.NOT_SHOWN and not entry.fix:
            continue
        say()
        say(printable(f"{SYMBOLS[entry.word]} {title_of(entry)}: {entry.says}"))
        against = [seen for seen in entry.observations if seen.says == entry.says]
        if against and against[0].where:
            say(printable(f"  Where:  {against[0].where}"))
        if entry.fix:
            say(printable(f"  Fix:    {entry.fix}"))
        if entry.repeat:
            say(printable(f"  Repeat: {entry.repeat}"))
    say(f"Next: {following}")


def _row(entry: Verdict) -> tuple[str, ...]:
    factor = BY_ID.get(entry.criterion)
    code = factor.criterion.code if factor is not None else ""
    says = entry.says if len(entry.says) <= SAYS_CHARS_MAX else f"{entry.says[: SAYS_CHARS_MAX - 1]}…"
    return (code, title_of(entry), f"{SYMBOLS[entry.word]} {entry.word.value}", printable(says))


def say_proof(verdict: Verdict) -> None:
    """One experiment's result, as it comes in."""
    say(printable(f"{SYMBOLS[verdict.word]} {title_of(verdict)}: {verdict.word.value}. {verdict.says}"))
    if verdict.fix:
        say(printable(f"  Fix:    {verdict.fix}"))
    if verdict.word is Word.REFUTED:
        say(printable(f"  Repeat: {verdict.repeat}"))
