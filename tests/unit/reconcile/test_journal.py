"""The masters' diary."""

from __future__ import annotations

from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.journal import Decision, Journal


def decision(number: int) -> Decision:
    return Decision(
        float(number), "replicaset-controller", "Pod", ObjectKey("ns", f"web-{number}"), "create", "1 wanted"
    )


def test_only_the_last_decisions_are_kept() -> None:
    journal = Journal(decisions_max=3)
    for number in range(5):
        journal.record(decision(number))
    assert [each.time_s for each in journal] == [2, 3, 4]
    assert len(journal) == 3


def test_subscribers_hear_until_they_leave() -> None:
    journal, heard = Journal(), list[Decision]()
    leave = journal.subscribe(heard.append)
    journal.record(decision(1))
    leave()
    journal.record(decision(2))
    assert heard == [decision(1)]
