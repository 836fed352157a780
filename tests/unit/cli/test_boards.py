"""What comes next when one has seen a board."""

from __future__ import annotations

import pytest

from suites.typed_commands import parse
from wherry.cli.boards import after_board
from wherry.method.done.board import Board
from wherry.method.evidence.verdict import Verdict, Word

ENVIRONMENTS = ("dev", "staging", "prod")
FINE = Verdict("config", Word.PROVED, "It is.")
OPEN = Verdict("contract-agreed", Word.NOT_SHOWN, "Nobody knows.", fix="wherry contract list")
BROKEN = Verdict("logs", Word.REFUTED, "A file grows.", fix="write to the standard output")
UNTRIED = Verdict("disposability", Word.STALE, "It was another release.")


@pytest.mark.parametrize(
    ("verdicts", "environment", "step"),
    [
        ((FINE, OPEN), "dev", "wherry contract list"),
        ((OPEN, BROKEN), "dev", "wherry prove logs"),
        ((FINE, UNTRIED), "dev", "wherry prove disposability"),
        ((FINE, UNTRIED), "staging", "wherry prove disposability --in staging"),
        ((FINE, UNTRIED), "prod", "wherry prove disposability"),
        ((FINE,), "dev", "wherry promote dev staging"),
        ((FINE,), "staging", "wherry promote staging prod"),
        ((FINE,), "prod", "wherry report"),
        ((FINE,), "", "wherry release"),
    ],
)
def test_the_next_step_is_the_way_out_of_what_is_missing_or_onwards(
    verdicts: tuple[Verdict, ...], environment: str, step: str
) -> None:
    assert after_board(Board("orders", verdicts), ENVIRONMENTS, environment) == step
    parse(step)
