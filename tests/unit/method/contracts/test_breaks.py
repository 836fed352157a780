from __future__ import annotations

import json

import pytest

from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.breaks import judge_change, sentences
from wherry.method.contracts.need import Need
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_text


def api(*fields: str, method: str = "get", query: str = "[]") -> Api:
    schema = json.dumps(
        {
            "type": "array",
            "items": {"type": "object", "required": fields, "properties": {f: {"type": "number"} for f in fields}},
        }
    )
    return read_api(
        read_text(
            f"openapi: 3.1.0\ninfo: {{}}\npaths: {{/orders: {{{method}: {{parameters: {query}, responses: {{'200': "
            f"{{content: {{application/json: {{schema: {schema}}}}}}}}}}}}}}}",
            "orders.yaml",
        )
    )


def need(consumer: str, *fields: str) -> Need:
    response = {"status": 200, "body": [dict.fromkeys(fields, 1)], "matchingRules": {"body": {"$": {"match": "type"}}}}
    entry = {"request": {"method": "GET", "path": "/orders"}, "response": response}
    pact = {"consumer": {"name": consumer}, "provider": {"name": "orders"}, "interactions": [entry]}
    return read_need(read_text(json.dumps(pact), f"{consumer}.json"), consumer=consumer)


def test_a_removed_field_breaks_the_promise_and_whoever_uses_it() -> None:
    breaks = judge_change(api("id", "price"), api("id"), [need("web", "price"), need("mobile", "id")])
    assert [one.name for one in breaks.broken] == ["web"]
    assert sentences(breaks) == [
        "GET /orders no longer answers with []price. The promise changes, and web uses it: web breaks."
        " mobile does not depend on it.".replace("[]price", "[].price")
    ]


def test_a_broken_promise_that_nobody_uses_breaks_no_partner() -> None:
    breaks = judge_change(api("id", "price"), api("id"), [need("mobile", "id")])
    assert breaks.broken == ()
    assert sentences(breaks) == [
        "GET /orders no longer answers with [].price. The promise changes. mobile does not depend on it."
    ]


def test_an_operation_that_goes_breaks_all_who_call_it() -> None:
    breaks = judge_change(api("id"), api("id", method="put"), [need("web", "id"), need("mobile", "id")])
    assert sentences(breaks) == [
        "GET /orders is gone. The promise changes, and web and mobile use it: web and mobile break."
    ]


def test_a_new_required_parameter_breaks_who_does_not_send_it() -> None:
    query = "[{name: shop, in: query, required: true, schema: {type: string}}]"
    breaks = judge_change(api("id"), api("id", query=query), [need("web", "id")])
    assert [one.name for one in breaks.broken] == ["web"]
    assert "web breaks" in sentences(breaks)[0]


@pytest.mark.parametrize("fields", [("id",), ("id", "price")])
def test_what_did_not_fit_before_is_not_this_changes_doing(fields: tuple[str, ...]) -> None:
    (partner,) = judge_change(api("id"), api(*fields), [need("web", "total")]).partners
    assert partner.was_broken
    assert partner.reasons == ()


def test_without_known_partners_it_says_so() -> None:
    assert sentences(judge_change(api("id", "price"), api("id"), []))[0].endswith("No need of a partner is known.")
