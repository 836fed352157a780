from __future__ import annotations

from wherry.store.signatures import SignatureBudget


def test_lasting_signatures_go_only_when_there_are_clearly_too_many() -> None:
    budget = SignatureBudget(8, lasting_max=10, spare=2)
    assert budget.too_many(4) == 0
    budget.note(4, 0)
    assert budget.too_many(1) == 3


def test_what_has_gone_makes_room() -> None:
    budget = SignatureBudget(13, lasting_max=10, spare=2)
    budget.note(1, budget.too_many(1))
    assert budget.too_many(2) == 0
