"""How a contract stands: which trial counts, whose signature is missing, and what an edit takes away."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from wherry.method.contracts.api import read_api
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_text
from wherry.method.contracts.seal import Signed, Statement
from wherry.method.contracts.state import (
    Facts,
    Party,
    Tried,
    compute_state,
    is_signed_otherwise,
    last_result,
    unsigned,
)

PROMISE = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "paths": {"/orders": {"get": {"responses": {"200": {"description": "All."}}}}},
}
NEED = {
    "consumer": {"name": "web"},
    "provider": {"name": "orders"},
    "interactions": [{"request": {"method": "GET", "path": "/orders"}, "response": {"status": 200}}],
}
API = read_api(read_text(json.dumps(PROMISE), "orders.json"))
WISHES = read_need(read_text(json.dumps(NEED), "orders.json"), consumer="web")
SHOP, FRONT = Party("orders", "shop", ("ana",)), Party("web", "front", ("ben", "cleo"))


def signed(user: str, team: str, digest: str = API.digest) -> Signed:
    return Signed(Statement("web", "orders", team, digest, WISHES.digest), user, ("2026-01-01T00:00:00Z", 1))


def tried(result: str, day: int, release: str = "r1") -> Tried:
    return Tried(API.digest, WISHES.digest, release, result, f"{result}.", f"2026-01-0{day}T00:00:00Z")


def facts(*signatures: Signed, trials: tuple[Tried, ...] = (), served: str = API.digest) -> Facts:
    return Facts(SHOP, FRONT, API, WISHES, served, "r1", signatures, trials)


BOTH = (signed("ana", "shop"), signed("ben", "front"))


@pytest.mark.parametrize(
    ("trials", "word", "result"),
    [
        ((), "Agreed", ""),
        ((tried("Passed", 1),), "Verified", "Passed"),
        ((tried("Passed", 1), tried("Incomplete", 2)), "Verified", "Passed"),
        ((tried("Incomplete", 2),), "Agreed", "Incomplete"),
        ((tried("Passed", 1), tried("Failed", 2)), "Broken", "Failed"),
        ((tried("Failed", 1), tried("Passed", 2)), "Verified", "Passed"),
        ((tried("Passed", 1, "r0"),), "Agreed", ""),
    ],
)
def test_the_last_trial_of_all_of_it_on_what_runs_now_counts(trials: tuple[Tried, ...], word: str, result: str) -> None:
    found = facts(*BOTH, trials=trials)
    assert (compute_state(found).word, last_result(found)) == (word, result)


def test_who_has_not_signed_todays_documents_is_named() -> None:
    assert unsigned(facts(BOTH[0])) == (FRONT,)
    assert unsigned(facts(*BOTH)) == ()
    assert compute_state(facts(BOTH[0])).why == "Not signed yet by front (ben or cleo)."


def test_a_signature_of_somebody_who_may_not_sign_counts_for_nothing() -> None:
    assert unsigned(facts(signed("eve", "shop"), BOTH[1])) == (SHOP,)


def test_an_edit_takes_the_agreement_away_and_that_there_was_one_is_known() -> None:
    old = "sha256:" + "0" * 64
    found = facts(signed("ana", "shop", old), signed("ben", "front", old))
    assert is_signed_otherwise(found)
    assert compute_state(found).word == "Drifting"
    assert not is_signed_otherwise(facts(*BOTH))
    assert not is_signed_otherwise(facts(signed("ana", "shop", old)))


def test_what_is_served_and_not_agreed_drifts() -> None:
    assert compute_state(facts(*BOTH, served="sha256:" + "1" * 64)).word == "Drifting"


def test_a_service_that_was_asked_and_serves_none_is_told_from_one_that_nobody_could_ask() -> None:
    unknown, gone = replace(facts(*BOTH), served=None), replace(facts(*BOTH), served="", served_at="Monday")
    assert compute_state(unknown).condition("Exposed").why == "Nobody has seen orders serve its contract yet."
    shown = compute_state(gone).condition("Exposed")
    assert (shown.holds, shown.why) == (
        False,
        "orders was asked for its contract and serves none (seen last at Monday).",
    )
    assert compute_state(gone).word == "Agreed"


@pytest.mark.parametrize(
    ("trials", "since"),
    [
        ((), ""),
        ((tried("Passed", 1, "r0"),), " since its last release"),
        ((replace(tried("Passed", 1), need_digest="sha256:other"),), " since what was agreed has changed"),
    ],
)
def test_a_trial_that_is_out_of_date_says_what_has_changed_since(trials: tuple[Tried, ...], since: str) -> None:
    assert compute_state(facts(*BOTH, trials=trials)).why == f"Not tried on the running orders{since}."
