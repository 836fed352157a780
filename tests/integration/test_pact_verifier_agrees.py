"""Our replay of Pact files judges as Pact's own verifier does, on the same files and the same answers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pact
import pytest

from wherry.method.contracts.api import Api
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_file
from wherry.method.contracts.replay import overall, replay
from wherry.method.contracts.running_service import Answered


@dataclass
class Provider:
    """Answers everything with one answer."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    body: object = None
    port: int = 0


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    answers = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(answers.body).encode()
            self.send_response(answers.status)
            for name, value in {**answers.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the parent's parameter
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answers.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield answers
    server.shutdown()
    server.server_close()
    thread.join()


def matcher(path: str, *matchers: dict[str, object]) -> dict[str, object]:
    return {path: {"matchers": [*matchers]}}


def either(path: str, *matchers: dict[str, object]) -> dict[str, object]:
    return {path: {"combine": "OR", "matchers": [*matchers]}}


TYPE: dict[str, object] = {"match": "type"}
REGEX: dict[str, object] = {"match": "regex", "regex": "^a+$"}
OTHER: dict[str, object] = {"match": "regex", "regex": "^b+$"}
EACH: dict[str, object] = {"match": "type", "min": 1}
DAY: dict[str, object] = {"match": "date", "format": "yyyy-MM-dd"}
SHORT: dict[str, object] = {"match": "type", "max": 2}
Rules = dict[str, object]
CASES: list[tuple[str, object, Rules, object, bool]] = [
    ("to the letter", {"price": 5}, {}, {"price": 5}, True),
    ("another value", {"price": 5}, {}, {"price": 6}, False),
    ("more than was asked for", {"price": 5}, {}, {"price": 5, "name": "tea"}, True),
    ("a field that is missing", {"price": 5}, {}, {"name": "tea"}, False),
    ("any of the type", {"price": 5}, matcher("$.price", TYPE), {"price": 7.5}, True),
    ("another type", {"price": 5}, matcher("$.price", TYPE), {"price": "5"}, False),
    ("null for a value", {"price": 5}, matcher("$.price", TYPE), {"price": None}, False),
    ("a pattern", {"code": "a"}, matcher("$.code", REGEX), {"code": "aaa"}, True),
    ("not of a pattern", {"code": "a"}, matcher("$.code", REGEX), {"code": "ab"}, False),
    ("an integer", {"n": 1}, matcher("$.n", {"match": "integer"}), {"n": 2}, True),
    ("no integer", {"n": 1}, matcher("$.n", {"match": "integer"}), {"n": 2.5}, False),
    ("a decimal", {"n": 1.5}, matcher("$.n", {"match": "decimal"}), {"n": 2.5}, True),
    ("a number", {"n": 1}, matcher("$.n", {"match": "number"}), {"n": 2.5}, True),
    ("no number", {"n": 1}, matcher("$.n", {"match": "number"}), {"n": "x"}, False),
    ("a boolean", {"ok": True}, matcher("$.ok", {"match": "boolean"}), {"ok": False}, True),
    ("no boolean", {"ok": True}, matcher("$.ok", {"match": "boolean"}), {"ok": 1}, False),
    ("null", {"gone": None}, matcher("$.gone", {"match": "null"}), {"gone": None}, True),
    ("not null", {"gone": None}, matcher("$.gone", {"match": "null"}), {"gone": 1}, False),
    ("a part of the text", {"s": "tea"}, matcher("$.s", {"match": "include", "value": "ea"}), {"s": "beans"}, True),
    ("without the part", {"s": "tea"}, matcher("$.s", {"match": "include", "value": "ea"}), {"s": "bins"}, False),
    ("each of a list", {"items": [{"id": 1}]}, matcher("$.items", EACH), {"items": [{"id": 2}, {"id": 3}]}, True),
    ("a wrong one there", {"items": [{"id": 1}]}, matcher("$.items", EACH), {"items": [{"id": 2}, {"x": 3}]}, False),
    ("too short a list", {"items": [{"id": 1}]}, matcher("$.items", EACH), {"items": []}, False),
    ("too long a list", {"items": [1]}, matcher("$.items", SHORT), {"items": [1, 2, 3]}, False),
    ("a list to the letter", {"items": [1, 2]}, {}, {"items": [1, 2]}, True),
    ("a longer list", {"items": [1, 2]}, {}, {"items": [1, 2, 3]}, False),
    ("a date", {"d": "2026-01-02"}, matcher("$.d", DAY), {"d": "2025-12-31"}, True),
    ("both of two", {"code": "a"}, matcher("$.code", TYPE, REGEX), {"code": "aa"}, True),
    ("only the first of two", {"code": "a"}, matcher("$.code", TYPE, REGEX), {"code": "b"}, False),
    ("one of two", {"code": "a"}, either("$.code", REGEX, OTHER), {"code": "bb"}, True),
    ("none of two", {"code": "a"}, either("$.code", REGEX, OTHER), {"code": "c"}, False),
    ("no date", {"d": "2026-01-02"}, matcher("$.d", DAY), {"d": "31.12."}, False),
]  # fmt: skip


def pact_file(folder: Path, body: object, rules: dict[str, object], headers: dict[str, str]) -> Path:
    response: dict[str, object] = {
        "status": 200,
        "body": body,
        "headers": {"Content-Type": "application/json", **headers},
    }
    if rules:
        response["matchingRules"] = {"body": rules}
    content = {
        "consumer": {"name": "web"},
        "provider": {"name": "orders"},
        "interactions": [
            {"description": "asks", "request": {"method": "GET", "path": "/orders/42"}, "response": response}
        ],
        "metadata": {"pactSpecification": {"version": "3.0.0"}},
    }
    path = folder / "web-orders.json"
    path.write_text(json.dumps(content))
    return path


def judged_by_pact(path: Path, port: int) -> bool:
    verifier = (
        pact.Verifier("orders", host="127.0.0.1").add_transport(url=f"http://127.0.0.1:{port}").add_source(str(path))
    )
    try:
        verifier.verify()
    except RuntimeError:
        return False
    return True


def judged_by_us(path: Path, answers: Provider) -> bool:
    class Asked:
        async def ask(
            self, method: str, path: str, query: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
        ) -> Answered:
            given = {name.lower(): value for name, value in answers.headers.items()}
            return Answered(answers.status, "application/json", given, answers.body, b"")

    need = read_need(read_file(path), consumer="web")
    promises_nothing = Api("orders", "", "", "", ())
    return overall(asyncio.run(replay(need, promises_nothing, Asked()))) == "Passed"


@pytest.fixture(autouse=True)
def untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pact's library tells its makers about each run, unless it is told not to."""
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "true")


@pytest.mark.parametrize(("name", "example", "rules", "answer", "passes"), CASES, ids=[one[0] for one in CASES])
def test_a_body_is_judged_as_pact_judges_it(
    provider: Provider,
    tmp_path: Path,
    name: str,
    example: object,
    rules: dict[str, object],
    answer: object,
    passes: bool,
) -> None:
    provider.status, provider.body = 200, answer
    path = pact_file(tmp_path, example, rules, {})
    assert (judged_by_us(path, provider), judged_by_pact(path, provider.port)) == (passes, passes)


@pytest.mark.parametrize(("status", "header", "passes"), [(200, "a", True), (404, "a", False), (200, "b", False)])
def test_a_status_and_a_header_are_judged_as_pact_judges_them(
    provider: Provider, tmp_path: Path, status: int, header: str, passes: bool
) -> None:
    provider.status, provider.body = status, {"price": 5}
    provider.headers = {"Content-Type": "application/json", "X-Kind": header}
    path = pact_file(tmp_path, {"price": 5}, {}, {"X-Kind": "a"})
    assert (judged_by_us(path, provider), judged_by_pact(path, provider.port)) == (passes, passes)
