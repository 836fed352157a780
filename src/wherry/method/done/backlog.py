"""What stands between a release and done, as backlog items: what, why, and by what anybody sees that it is done."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.backlog import Item
from wherry.method.done.board import Board
from wherry.method.done.criteria import BY_ID
from wherry.method.done.report.plain import plain_board
from wherry.method.evidence.verdict import Verdict, Word

# What to do, by how it stands; the criterion's title follows.
ORDERS = {
    Word.REFUTED: "Mend",
    Word.NOT_SHOWN: "Show",
    Word.STALE: "Show again:",
    Word.ERROR: "Try again:",
}


def heading(board: Board) -> str:
    """The list's name."""
    return f"{board.service}: what is not done"


def items(board: Board, only: str = "") -> tuple[Item, ...]:
    """One for each criterion (or `only` for one) that is neither done nor waived, what was refuted first. Pure."""
    worst_first = sorted(plain_board(board).missing, key=lambda entry: entry.word is not Word.REFUTED)
    return tuple(_item(board.service, entry) for entry in worst_first if only in ("", entry.criterion))


def _item(service: str, verdict: Verdict) -> Item:
    factor = BY_ID.get(verdict.criterion)
    title = factor.criterion.title if factor is not None else verdict.criterion
    return Item(
        title=f"{ORDERS.get(verdict.word, 'Show')} {title} of {service}",
        why=verdict.says,
        criteria=tuple(_criteria(verdict)),
        how=verdict.fix,
        source=verdict.repeat or f"wherry done, in the folder of {service}",
    )


def _criteria(verdict: Verdict) -> Iterator[str]:
    factor = BY_ID.get(verdict.criterion)
    if factor is not None:
        yield factor.criterion.plain
    if verdict.word is Word.REFUTED and verdict.repeat:
        yield f"`{verdict.repeat}` shows no counter-example any more."
    yield f"`wherry prove {verdict.criterion}` ends with exit code 0, and `wherry done` does not list it any more."
