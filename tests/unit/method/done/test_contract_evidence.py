"""What the catalogue shows becomes observations, and with what was read a verdict for each criterion of contracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from suites.fake_api import FakeApi
from wherry.api.method.api import APIS
from wherry.api.method.release import FAILED, RUNNING, Release, ReleaseSpec, ReleaseStatus
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import ServiceUnavailable
from wherry.apimachinery.meta import ObjectMeta
from wherry.kit.http.types import Request
from wherry.method.contracts.standing import Standing
from wherry.method.contracts.state import Condition, State
from wherry.method.done.contract_evidence import Published, contract_evidence, noted_evidence, observe
from wherry.method.evidence.observation import Observation, doubt
from wherry.method.evidence.verdict import Verdict, Word, judge
from wherry.method.facts.facts import ContractFacts, NeedFacts

PROMISE = ContractFacts(path="api.yaml", digest="d1", operations=("GET /x",))
NEEDY = ContractFacts(needs=(NeedFacts("needs/orders.json", "orders"),))
SERVED = Published("d1", "d1", "/openapi.json")
CONDITIONS = ("Explicit", "Exposed", "Agreed", "Verified")


def contract(*holds: str, signed_before: bool = False, last_result: str = "") -> Standing:
    conditions = tuple(Condition(name, name in holds, f"About {name}.") for name in CONDITIONS)
    state = State("Agreed", conditions, "")
    return Standing(
        "web-orders", "web", "web-dev", "orders", "orders-dev", state,
        signed_before=signed_before, last_result=last_result,
    )  # fmt: skip


def verdicts(seen: Mapping[str, Sequence[Observation]]) -> dict[str, Verdict]:
    """As a board judges them, with what files cannot show."""
    unread = doubt("Files cannot show it.")
    return {name: judge(f"contract-{name}", [unread, *seen[f"contract-{name}"]], digest="r1")
            for name in ("explicit", "exposed", "agreed", "verified")}  # fmt: skip


def words(seen: Mapping[str, Sequence[Observation]]) -> list[Word]:
    return [verdict.word for verdict in verdicts(seen).values()]


def test_a_contract_on_which_all_conditions_hold_is_proved_four_times() -> None:
    assert words(observe("orders", PROMISE, [SERVED], [contract(*CONDITIONS)])) == [Word.PROVED] * 4


def test_one_contract_of_two_that_is_not_signed_leaves_agreed_not_shown() -> None:
    both = [contract(*CONDITIONS), contract("Explicit", "Exposed")]
    assert verdicts(observe("orders", PROMISE, [SERVED], both))["agreed"].word is Word.NOT_SHOWN


def test_a_need_that_does_not_fit_refutes_explicit_with_a_command_that_shows_it() -> None:
    found = verdicts(observe("orders", PROMISE, [SERVED], [contract()]))["explicit"]
    assert (found.word, found.repeat) == (Word.REFUTED, "wherry contract list")
    assert found.says == "web-orders: About Explicit."


def test_a_document_that_changed_after_both_had_signed_refutes_agreed() -> None:
    found = verdicts(observe("orders", PROMISE, [SERVED], [contract("Explicit", signed_before=True)]))["agreed"]
    assert found.word is Word.REFUTED
    assert "has changed since" in found.says


@pytest.mark.parametrize(
    ("result", "word"), [("Failed", Word.REFUTED), ("Incomplete", Word.NOT_SHOWN), ("", Word.NOT_SHOWN)]
)
def test_only_a_trial_that_failed_refutes_verified(result: str, word: Word) -> None:
    seen = observe("orders", PROMISE, [SERVED], [contract("Explicit", last_result=result)])
    assert verdicts(seen)["verified"].word is word


@pytest.mark.parametrize(
    ("published", "word", "part"),
    [
        ([], Word.NOT_SHOWN, "is not published"),
        ([Published("d1", None, "/openapi.json")], Word.NOT_SHOWN, "Nobody has seen orders serve its contract"),
        (
            [Published("d1", "", "/openapi.json")],
            Word.REFUTED,
            "asked for its contract at /openapi.json, and serves none.",
        ),
        ([Published("d1", "d1", "/openapi.json", "Monday")], Word.PROVED, "has published (seen last at Monday)."),
        ([Published("d1", "d2", "/openapi.json")], Word.REFUTED, "serves another contract"),
        (
            [Published("d1", "", "/openapi.json", other="orders-prod")],
            Word.NOT_SHOWN,
            "another release, in orders-prod",
        ),
        (
            [SERVED, Published("d1", "d2", "/openapi.json", other="orders-prod")],
            Word.NOT_SHOWN,
            "another contract at /openapi.json than it has published. That was another release, in orders-prod.",
        ),
        ([Published("d0", "d0", "/openapi.json")], Word.NOT_SHOWN, "The repository promises something else"),
        ([SERVED], Word.PROVED, "just what it has published"),
    ],
)
def test_what_runs_must_serve_what_is_published(published: list[Published], word: Word, part: str) -> None:
    found = verdicts(observe("orders", PROMISE, published, []))["exposed"]
    assert found.word is word
    assert part in found.says


def test_a_promise_that_nobody_needs_asks_for_no_signature() -> None:
    assert verdicts(observe("orders", PROMISE, [SERVED], []))["agreed"].word is Word.NOT_APPLICABLE


def test_a_need_without_a_contract_is_not_agreed() -> None:
    found = verdicts(observe("web", NEEDY, [], []))["agreed"]
    assert (found.word, found.fix) == (Word.NOT_SHOWN, "wherry contract propose")


def _ends(request: Request) -> None:
    if "/proxy/" in request.path:
        raise ServiceUnavailable("it is just being replaced")


NOTED_AT, BEFORE, AFTER = "2026-01-02T12:00:00Z", "2026-01-02T11:00:00Z", "2026-01-02T13:00:00Z"


@pytest.mark.parametrize(
    ("namespace", "state", "since", "word"),
    [
        ("orders-prod", RUNNING, BEFORE, Word.REFUTED),
        ("orders-prod", RUNNING, AFTER, Word.NOT_SHOWN),
        ("orders-prod", FAILED, "", Word.NOT_SHOWN),
        ("orders-staging", RUNNING, BEFORE, Word.NOT_SHOWN),
    ],
)
async def test_what_another_release_has_answered_does_not_refute_the_one_that_mends_it(
    namespace: str, state: str, since: str, word: Word
) -> None:
    status = ReleaseStatus(state=state, running_since=since)
    spec = ReleaseSpec(service="orders", number=2, environment="", image="", digest="r1")
    release = Release(metadata=ObjectMeta(name="orders-r2", namespace=namespace), spec=spec, status=status)
    promise: Document = {
        "metadata": {"name": "orders"},
        "spec": {"service": "orders", "digest": "d1", "servedAt": "/openapi.json"},
        "status": {"served": {"digest": "", "at": NOTED_AT}},
    }
    api = FakeApi(before=_ends)
    api.put(APIS, promise, "orders-prod")
    spaces = ("orders-staging", "orders-prod")
    seen = await contract_evidence(api.client(), release, spaces, ContractFacts())
    assert verdicts(seen)["exposed"].word is word
    apis = (await api.client().list(APIS)).items
    noted = await noted_evidence(api.client(), release, apis, [])
    assert [one.weight for one in noted.get("contract-exposed", ())] == (
        [one.weight for one in seen["contract-exposed"]] if namespace == "orders-prod" else []
    )
