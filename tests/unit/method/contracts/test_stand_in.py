"""A stand-in answers as its contract says; a replay of a need on it passes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from suites.running_cluster import free_port
from wherry.kit.http.types import Request, Response, read_body
from wherry.method.contracts import stand_in_program
from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.need import Need, State
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import BrokenDocument, read_text
from wherry.method.contracts.replay import Outcome, overall, replay
from wherry.method.contracts.running_service import Answered
from wherry.method.contracts.stand_in import script, stand_in_app, stand_in_objects
from wherry.method.contracts.stand_in_program import Entry, choose

API = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: /v1}]
paths:
  /orders:
    post:
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"201": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  /orders/{id}:
    get:
      responses:
        "404": {content: {application/json: {schema: {type: object}}}}
        "200": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  /orders/last:
    get:
      responses:
        "200": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}, example: {id: 9}}}}
components:
  schemas:
    Order: {type: object, required: [id], properties: {id: {type: integer}, note: {type: string}}}
"""
PACT = {
    "consumer": {"name": "web"},
    "provider": {"name": "orders"},
    "interactions": [
        {"description": "shows", "request": {"method": "GET", "path": "/orders/42"},
         "providerStates": [{"name": "an order 42 exists"}],
         "response": {"status": 200, "body": {"id": 42, "note": "x"},
                      "matchingRules": {"body": {"$.note": {"matchers": [{"match": "regex", "regex": "^x"}]}}}}},
        {"description": "orders", "request": {"method": "POST", "path": "/orders", "body": {"item": "tea"}},
         "response": {"status": 201, "body": {"id": 1}}},
    ],
}  # fmt: skip


def api() -> Api:
    return read_api(read_text(API, "orders.yaml"))


def need() -> Need:
    return read_need(read_text(json.dumps(PACT), "orders.json"), consumer="web")


def entries(*needs: Need) -> list[Entry]:
    return script(api(), '{"openapi": "3.1.0"}', "/openapi.json", needs)


class InProcess:
    """A service that is an app."""

    def __init__(self, entries: list[Entry]) -> None:
        self.app = stand_in_app(entries)

    async def ask(
        self, method: str, path: str, query: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        response: Response = await self.app(Request(method, path, query, headers or {}, body))
        return Answered(
            response.status, response.content_type, dict(response.headers), json.loads(await read_body(response))
        )


def body_of(method: str, path: str, *needs: Need) -> object:
    return json.loads(str(choose(entries(*needs), method, path, "")["body"]))


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/orders/7", {"id": 1, "note": "text"}),
        ("GET", "/v1/orders/7", {"id": 1, "note": "text"}),
        ("GET", "/orders/last", {"id": 9}),
        ("POST", "/orders", {"id": 1, "note": "text"}),
        ("GET", "/openapi.json", {"openapi": "3.1.0"}),
        ("GET", "/bills", {"stand-in": "the contract says nothing about GET /bills"}),
    ],
)
def test_it_answers_from_the_contract(method: str, path: str, expected: object) -> None:
    assert body_of(method, path) == expected


def test_a_partners_need_is_answered_as_the_need_expects() -> None:
    assert body_of("GET", "/orders/42", need()) == {"id": 42, "note": "x"}


async def test_a_need_passes_on_a_stand_in_that_knows_it() -> None:
    service = InProcess(entries(need()))
    outcomes = await replay(need(), api(), service, is_twin=True)
    assert [one.result for one in outcomes] == ["Passed", "Passed"]


async def test_what_changes_something_is_not_tried_where_people_work() -> None:
    outcomes = await replay(need(), api(), InProcess(entries(need())))
    assert [one.result for one in outcomes] == ["Passed", "NotTried"]
    assert overall(outcomes) == "Incomplete"


async def brought_about(state: State) -> str:
    return ""


async def test_a_need_whose_state_nobody_has_brought_about_hurts_nobody_when_it_is_not_met() -> None:
    first, _ = await replay(need(), api(), InProcess(entries()))
    assert first.result == "NotTried"
    assert "which is not so here: try it in a twin." in first.message


async def test_a_replay_wants_the_example_to_the_letter_where_no_matcher_stands() -> None:
    first, _ = await replay(need(), api(), InProcess(entries()), is_twin=True, prepare=brought_about)
    assert first.result == "Failed"
    assert "GET /orders/42 answered with id as 1 instead of 42, which web does not expect." in first.message


async def test_a_state_that_cannot_be_brought_about_leaves_the_request_untried() -> None:
    asked = []

    async def prepare(state: object) -> str:
        asked.append(state)
        return "the admin command failed"

    first, second = await replay(need(), api(), InProcess(entries(need())), is_twin=True, prepare=prepare)
    assert first == Outcome(
        "shows", "NotTried", '"an order 42 exists" could not be brought about: the admin command failed'
    )
    assert second.result == "Passed"
    assert len(asked) == 1


def test_the_program_runs_on_python_alone(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "script.json").write_text(json.dumps(entries()))
    program = Path(tmp_path / "program.py")
    program.write_text(Path(stand_in_program.__file__).read_text())
    running = subprocess.Popen(
        [sys.executable, "-I", "-S", "-u", str(program), str(tmp_path / "script.json"), str(port), "127.0.0.1"],
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        assert running.stdout is not None
        assert b"ready" in running.stdout.readline()
        with urlopen(f"http://127.0.0.1:{port}/orders/last") as answer:
            assert json.load(answer) == {"id": 9}
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{port}/bills")
        refused.value.close()
        assert refused.value.code == 404
    finally:
        running.terminate()
        assert running.wait(10) == 0
        if running.stdout is not None:
            running.stdout.close()


def test_in_a_cluster_it_is_a_pod_with_its_program_and_a_service_of_the_real_name() -> None:
    config, deployment, service = stand_in_objects("orders", entries(), port=8080)
    assert {one["kind"] for one in (config, deployment, service)} == {"ConfigMap", "Deployment", "Service"}
    metadata = service["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["name"] == "orders"
    huge: list[Entry] = [{"body": "x" * 1_000_000}]
    with pytest.raises(BrokenDocument, match="too large"):
        stand_in_objects("orders", huge, port=8080)
