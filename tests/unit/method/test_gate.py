"""The gate: what holds a release back in front of an environment."""

from __future__ import annotations

import datetime

import pytest

from wherry.api.method.proof import ProofObservation, ProofSpec
from wherry.method.done.agreement import Agreement
from wherry.method.done.board import Board
from wherry.method.done.judgement import judge_release
from wherry.method.evidence.observation import against, supports
from wherry.method.evidence.verdict import Word, judge
from wherry.method.gate import reasons, without

BOARD = Board(
    "orders",
    (
        judge("logs", [against("It writes a file.", "src/app.py:3", fix="print")]),
        judge("config", [supports("Fine.")]),
        judge("parity", []),
    ),
)


@pytest.mark.parametrize(("rule", "held"), [("open", []), ("not refuted", ["logs"]), ("done", ["logs", "parity"])])
def test_an_environment_asks_for_what_the_team_has_agreed(rule: str, held: list[str]) -> None:
    agreement = Agreement(gate={"prod": rule})  # type: ignore[dict-item] # one of the three words
    assert [entry.partition(":")[0] for entry in reasons(BOARD, agreement, "prod")] == held


def test_by_default_nothing_that_was_refuted_gets_through() -> None:
    assert reasons(BOARD, Agreement(), "staging") == ("logs: Refuted. It writes a file.",)


def proof(digest: str, weight: str, at: str = "2026-01-01T00:00:00Z") -> ProofSpec:
    seen = ProofObservation(weight=weight, method="live", says=f"{weight} of {digest}", fix="x", repeat="x")
    return ProofSpec(
        service="orders", criterion="logs", release="orders-r1", digest=digest, verdict="", started_at=at,
        observations=(seen,),
    )  # fmt: skip


def logs_word(*proofs: ProofSpec) -> Word:
    agreement = Agreement(requires=("logs",))
    board = judge_release("orders", None, proofs, agreement, digest="b", today=datetime.date(2026, 1, 1))
    return board.words["logs"]


def test_a_proof_belongs_to_one_release_and_is_stale_for_the_next() -> None:
    assert logs_word(proof("b", "supports")) is Word.PROVED
    assert logs_word(proof("a", "supports")) is Word.STALE
    assert logs_word() is Word.NOT_SHOWN


def test_the_newest_proof_of_a_release_counts() -> None:
    later = "2026-01-02T00:00:00Z"
    assert logs_word(proof("b", "supports"), proof("b", "against", later)) is Word.REFUTED
    assert logs_word(proof("b", "against"), proof("b", "supports", later)) is Word.PROVED


def test_what_a_release_goes_without_is_named_though_it_holds_nothing_back() -> None:
    stale = judge_release(
        "orders", None, (proof("a", "supports"),), Agreement(requires=("logs", "config")), digest="b",
        today=datetime.date(2026, 1, 1),
    )  # fmt: skip
    assert reasons(stale, Agreement(), "staging") == ()
    assert without(stale) == ("config (not shown)", "logs (stale)")
    assert without(BOARD) == ("parity (not shown)",)
