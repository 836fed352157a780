"""What files say of contracts, of the API and of the database; what they cannot show is said to be not shown."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from wherry.method.evidence.criterion import Factor
from wherry.method.evidence.verdict import Verdict, Word, judge
from wherry.method.facts.facts import ContractFacts, EnvironmentFacts, Facts, Module, NeedFacts
from wherry.method.services.contract_agreed import CONTRACT_AGREED
from wherry.method.services.contract_explicit import CONTRACT_EXPLICIT
from wherry.method.services.contract_exposed import CONTRACT_EXPOSED
from wherry.method.services.contract_verified import CONTRACT_VERIFIED
from wherry.method.services.own_database import OWN_DATABASE
from wherry.method.services.registry import SERVICES
from wherry.method.services.rest_api import REST_API

PROMISE = ContractFacts(
    path="api.yaml", served_at="/openapi.json", operations=("GET /x",), team="shop", people=("ana",)
)
NEED = NeedFacts("contracts/needs/payments.json", "payments", ("GET /payments",))
ALONE = ContractFacts()


def facts(contracts: ContractFacts = ALONE, code: str = "", manifests: tuple[dict[str, object], ...] = ()) -> Facts:
    modules = (Module("src/app.py", "app", code, ast.parse(code)),) if code else ()
    environments = (EnvironmentFacts("dev", "deploy/dev", manifests),) if manifests else ()
    return Facts(Path("/none"), "orders", modules=modules, contracts=contracts, environments=environments)


def verdict(criterion: Factor, of: Facts) -> Verdict:
    return judge(criterion.id, criterion.static(of))


@pytest.mark.parametrize("criterion", SERVICES, ids=lambda entry: entry.id)
def test_a_program_that_nobody_needs_and_that_needs_nobody_is_asked_for_no_contract(criterion: Factor) -> None:
    found = verdict(criterion, facts())
    assert found.word is Word.NOT_APPLICABLE
    assert found.says.endswith(".")


def test_a_promise_and_a_need_that_can_be_read_are_explicit() -> None:
    found = verdict(CONTRACT_EXPLICIT, facts(ContractFacts(path="api.yaml", operations=("GET /x",), needs=(NEED,))))
    assert found.word is Word.SUPPORTED
    assert [entry.says for entry in found.observations] == [
        "One operation is promised, in words that a machine can read.",
        "What it needs of payments is written down: GET /payments.",
    ]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("import fastapi", Word.SUPPORTED),
        ('SHOWN_AT = "/openapi.json"', Word.SUPPORTED),
        ("import flask", Word.NOT_SHOWN),
    ],
)
def test_code_that_shows_its_contract_is_recognised(code: str, word: Word) -> None:
    assert verdict(CONTRACT_EXPOSED, facts(PROMISE, code)).word is word


def test_who_only_needs_has_nothing_to_expose() -> None:
    assert verdict(CONTRACT_EXPOSED, facts(ContractFacts(needs=(NEED,)))).word is Word.NOT_APPLICABLE


def test_files_never_show_that_a_contract_is_agreed_or_verified() -> None:
    assert verdict(CONTRACT_AGREED, facts(PROMISE)).word is Word.NOT_SHOWN
    assert verdict(CONTRACT_VERIFIED, facts(PROMISE)).word is Word.NOT_SHOWN
    nobody = ContractFacts(path="api.yaml", team="shop")
    assert verdict(CONTRACT_AGREED, facts(nobody)).says == "No file says who may sign for shop."


def test_an_api_is_seen_in_the_promise_or_in_the_code() -> None:
    assert verdict(REST_API, facts(PROMISE)).says == "It promises one operation over HTTP."
    assert verdict(REST_API, facts(code="import flask")).word is Word.SUPPORTED
    service: dict[str, object] = {"kind": "Service", "metadata": {"name": "orders"}, "spec": {"ports": [{"port": 80}]}}
    assert verdict(REST_API, facts(manifests=(service,))).word is Word.NOT_SHOWN


def deployment(name: str, image: str, host: str) -> dict[str, object]:
    container = {"name": name, "image": image, "env": [{"name": "DATABASE_HOST", "value": host}]}
    spec = {"template": {"spec": {"containers": [container]}}}
    return {"kind": "Deployment", "metadata": {"name": name, "namespace": "orders-dev"}, "spec": spec}


DATABASE: dict[str, object] = {"kind": "Service", "metadata": {"name": "orders-db", "namespace": "orders-dev"}}


def test_another_process_of_the_same_image_belongs_to_the_service() -> None:
    both = (DATABASE, deployment("orders", "orders:1", "orders-db"), deployment("worker", "orders:1", "orders-db"))
    assert verdict(OWN_DATABASE, facts(manifests=both)).word is Word.SUPPORTED


def test_another_program_on_the_database_is_named() -> None:
    both = (DATABASE, deployment("orders", "orders:1", "orders-db"), deployment("web", "web:1", "orders-db.orders-dev"))
    found = verdict(OWN_DATABASE, facts(manifests=both))
    assert (found.word, found.says) == (
        Word.REFUTED,
        "Deployment web is another program (web) on the service's database (dev).",
    )


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("orders-db", Word.SUPPORTED),
        ("orders-db.orders-dev", Word.SUPPORTED),
        ("orders-db.orders-dev.svc.cluster.local", Word.SUPPORTED),
        ("payments-db.payments-dev", Word.REFUTED),
        ("db.example.com", Word.NOT_SHOWN),
        ("postgres.internal", Word.NOT_SHOWN),
        ("10.0.0.7", Word.NOT_SHOWN),
        ("elsewhere", Word.NOT_SHOWN),
    ],
)
def test_where_the_settings_lead_decides(host: str, word: Word) -> None:
    manifests = (DATABASE, deployment("orders", "orders:1", host))
    assert verdict(OWN_DATABASE, facts(manifests=manifests)).word is word
