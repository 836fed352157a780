"""Which columns of the board a ceremony looks at: a criterion is shown when it matters for some release. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from wherry.dashboard.boards import ReleaseBoard
from wherry.dashboard.times import seconds_of
from wherry.method.done.board import DONE
from wherry.method.done.wavering import wavers
from wherry.method.evidence.verdict import Verdict, Word

DAY_S = 24 * 3600.0
Matters = Callable[[ReleaseBoard, Verdict, float], bool]


def _is_missing(board: ReleaseBoard, verdict: Verdict, now_s: float) -> bool:
    return verdict.word not in DONE and verdict.word is not Word.WAIVED


def _is_fresh(board: ReleaseBoard, verdict: Verdict, now_s: float) -> bool:
    proof = board.proof(verdict.criterion)
    return proof is not None and seconds_of(proof.started_at) >= now_s - DAY_S


def _can_be_shown(board: ReleaseBoard, verdict: Verdict, now_s: float) -> bool:
    return verdict.word in (Word.PROVED, Word.SUPPORTED)


def _is_doubtful(board: ReleaseBoard, verdict: Verdict, now_s: float) -> bool:
    proof = board.proof(verdict.criterion)
    return verdict.word in (Word.WAIVED, Word.ERROR) or (proof is not None and wavers(proof))


COLUMNS: Mapping[str, tuple[str, Matters]] = {
    "planning": ("planning: what is missing", _is_missing),
    "daily": ("daily: tried since yesterday", _is_fresh),
    "review": ("review: what can be shown", _can_be_shown),
    "retrospective": ("retrospective: waived or wavering", _is_doubtful),
}


def chosen(boards: Iterable[ReleaseBoard], show: str, now_s: float) -> set[str]:
    """The criteria to show; without a known choice all that count for somebody."""
    _, matters = COLUMNS.get(show, ("", None))
    return {
        verdict.criterion
        for one in boards
        for verdict in one.board.verdicts
        if matters is None or matters(one, verdict, now_s)
    }
