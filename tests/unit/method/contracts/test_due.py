"""When a contract is to be tried again, and on what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wherry.method.contracts.api import Answer, Api
from wherry.method.contracts.due import OLD_S, beyond_nights, by_hand, needs_twin, why_due
from wherry.method.contracts.need import Need, State, Wish
from wherry.method.contracts.state import Facts, Party, Tried

NOW = datetime(2026, 1, 3, 3, 0, tzinfo=UTC)
API = Api("orders", "Orders", "1", "sha256:a", ())
WISH = Wish("shows", "GET", "/orders", {}, None, "200", Answer())
NEED = Need("n", "web", "orders", "sha256:n", (WISH,), {})
FACTS = Facts(Party("orders", "shop", ()), Party("web", "front", ()), API, NEED, API.digest, "r2")


def tried(result: str = "Passed", *, api: str = API.digest, release: str = "r2", age_s: float = 60) -> Tried:
    at = (NOW - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Tried(api, NEED.digest, release, result, at=at)


@pytest.mark.parametrize(
    ("trials", "says"),
    [
        ((), "It is due: nobody has tried it yet."),
        ((tried(),), ""),
        ((tried("Failed"),), ""),
        ((tried(release="r1"),), "It is due: orders has a new release."),
        ((tried(api="sha256:b"),), "It is due: the need or the promise has changed since the last trial."),
        ((tried("Incomplete"),), "It is due: the last trial could try only a part."),
        ((tried("Incomplete"), tried(age_s=90)), ""),
        ((tried(age_s=OLD_S + 1),), "It is due: the last trial was on 2026-01-02."),
        ((tried(age_s=OLD_S + 1), tried()), ""),
    ],
)
def test_a_contract_is_due_when_something_has_changed_or_a_night_has_gone_by(
    trials: tuple[Tried, ...], says: str
) -> None:
    assert why_due(replace(FACTS, trials=trials), NOW) == says


def test_where_nothing_is_published_there_is_nothing_to_try() -> None:
    assert not why_due(replace(FACTS, api=None), NOW)


def test_what_writes_or_needs_a_state_is_tried_in_a_twin() -> None:
    assert not needs_twin(FACTS)
    for wish in (replace(WISH, method="POST"), replace(WISH, states=(State("an order exists"),))):
        assert needs_twin(replace(FACTS, need=replace(NEED, wishes=(WISH, wish))))


def test_what_no_trial_at_night_can_do_is_said_with_the_command_that_does_it() -> None:
    assert not beyond_nights(FACTS)
    assert by_hand(FACTS, "web-orders") == "wherry contract verify web-orders"
    writing = replace(FACTS, need=replace(NEED, wishes=(WISH, replace(WISH, method="POST"))))
    assert beyond_nights(writing) == (
        "A trial at night cannot do all of it: 1 of 2 requests changes something or needs a state first. A twin can."
    )
    assert by_hand(writing, "web-orders") == "wherry contract verify web-orders --twin     (in the folder of orders)"
