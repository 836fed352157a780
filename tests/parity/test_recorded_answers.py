"""Replays what a real API server was asked, and compares codes, reasons and sentences."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from suites.api_harness import make_api

RECORDED = orjson.loads((Path(__file__).parent / "recorded_answers.json").read_bytes())["requests"]
MAKER = {"metadata": {"name": "c1"}, "data": {"a": "1"}}


@pytest.mark.parametrize("case", RECORDED, ids=[f"{case['method']} {case['path']}" for case in RECORDED])
async def test_the_answer_is_the_recorded_one(case: dict[str, object]) -> None:
    api = await make_api()
    first = case["code"] == 201
    if not first:
        await api.must("POST", "/api/v1/namespaces/default/configmaps", MAKER)
    answer = await api.ask(
        str(case["method"]),
        str(case["path"]),
        str(case.get("body", "")).encode(),
        content_type=str(case.get("contentType", "application/json")),
        accept=str(case.get("accept", "")),
    )
    assert answer.status == case["code"], answer.body
    if "text" in case:
        assert answer.body.decode() == case["text"]
        return
    for name in ("reason", "message", "details"):
        if name in case:
            assert answer.at(name) == case[name]
    if "begins" in case:
        assert str(answer.at("message")).startswith(str(case["begins"]))
    if "has" in case:
        assert answer.at(str(case["has"])) is not None


async def test_a_failure_is_compact_json_in_the_recorded_key_order_with_a_newline() -> None:
    api = await make_api()
    answer = await api.ask("GET", "/api/v1/namespaces/default/pods/nope")
    assert answer.body == (
        b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \\"nope\\" not found",'
        b'"reason":"NotFound","details":{"name":"nope","kind":"pods"},"code":404}\n'
    )
