"""What a need asks for against what an API promises: each case is one difference."""

from __future__ import annotations

import json

import pytest

from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.fit import Reason, fit, fits
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.reading import read_text

API = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
servers: [{url: http://orders/v1}]
paths:
  /orders:
    get:
      parameters:
        - {name: status, in: query, schema: {type: string, enum: [open, paid]}}
        - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      responses:
        "200":
          headers: {x-total: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Order"}}}}
    post:
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/NewOrder"}}}
      responses:
        "201": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        "200": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
        4XX: {content: {application/json: {schema: {type: object}}}}
components:
  schemas:
    NewOrder:
      type: object
      required: [item]
      additionalProperties: false
      properties:
        item: {type: string, minLength: 1, maxLength: 20}
        count: {type: integer, minimum: 1, default: 1}
    Order:
      type: object
      required: [id, item, status, placed]
      properties:
        id: {type: integer}
        item: {type: string}
        status: {type: string, enum: [open, paid]}
        note: {type: [string, "null"]}
        price: {type: number}
        placed: {type: string, format: date-time}
        lines: {type: array, maxItems: 5, items: {type: object, required: [sku], properties: {sku: {type: string}}}}
"""


def api() -> Api:
    return read_api(read_text(API, "orders.v1.openapi.yaml"))


def interaction(request: object, response: object, **more: object) -> str:
    entry = {"description": "it", "request": request, "response": response, **more}
    return json.dumps({"consumer": {"name": "web"}, "provider": {"name": "orders"}, "interactions": [entry]})


def reasons(request: object, response: object) -> tuple[Reason, ...]:
    return fit(read_need(read_text(interaction(request, response), "orders.json"), consumer="web"), api())


def sentences(request: object, response: object) -> list[str]:
    return [reason.sentence for reason in reasons(request, response)]


GET = {"method": "GET", "path": "/orders/42"}
OK = {"status": 200}


def matched(body: object, **rules: object) -> dict[str, object]:
    """An answer with a body; the rules are by field: id={"match": "type"}."""
    paths = {name if name[0] == "$" else f"$.{name}": {"matchers": [rule]} for name, rule in rules.items()}
    return {"status": 200, "body": body, "matchingRules": {"body": paths}}


@pytest.mark.parametrize(
    ("request_", "response"),
    [
        (GET, {"status": 200, "body": {"id": 42, "item": "tea", "status": "open"}}),
        (GET, {"status": 404}),
        ({"method": "get", "path": "/v1/orders/42"}, OK),
        ({"method": "GET", "path": "/orders", "query": {"status": ["open"], "limit": ["10"]}}, OK),
        ({"method": "GET", "path": "/orders", "query": "status=paid"}, {"status": 200, "headers": {"X-Total": "3"}}),
        ({"method": "POST", "path": "/orders", "body": {"item": "tea", "count": 2}}, {"status": 201}),
        (GET, matched({"id": 1, "placed": "2020-01-01T00:00:00Z"}, id={"match": "integer"}, placed={"match": "type"})),
        (GET, matched({"status": "open"}, status={"match": "type"})),
    ],
)
def test_a_need_that_the_promise_covers_fits(request_: object, response: object) -> None:
    assert sentences(request_, response) == []


@pytest.mark.parametrize(
    ("request_", "response", "sentence"),
    [
        ({"method": "GET", "path": "/bills"}, OK, "web asks for GET /bills, which orders does not have."),
        (
            {"method": "DELETE", "path": "/orders/42"},
            OK,
            "web asks for DELETE /orders/42, which orders does not take there.",
        ),
        (GET, {"status": 202}, "web expects 202 from GET /orders/{id}, which promises 200 and 4XX."),
        (
            {"method": "GET", "path": "/orders/first"},
            OK,
            'web sends id as "first" to GET /orders/{id}, which wants a whole number.',
        ),
        (
            {"method": "GET", "path": "/orders", "query": {"colour": ["red"]}},
            OK,
            "web sends the parameter colour, which GET /orders does not know.",
        ),
        (
            {"method": "GET", "path": "/orders", "query": {"status": ["lost"]}},
            OK,
            'web sends status as "lost" to GET /orders, which wants one of "open", "paid".',
        ),
        (
            {"method": "GET", "path": "/orders", "query": {"limit": ["500"]}},
            OK,
            "web sends limit as 500 to GET /orders, which wants at most 100.",
        ),
        (
            {"method": "POST", "path": "/orders"},
            {"status": 201},
            "POST /orders insists on a body, which web does not send.",
        ),
        (
            {"method": "POST", "path": "/orders", "body": {"count": 1}},
            {"status": 201},
            "POST /orders insists on item, which web does not send.",
        ),
        (
            {"method": "POST", "path": "/orders", "body": {"item": "tea", "colour": 1}},
            {"status": 201},
            "web sends colour to POST /orders, which takes no such field.",
        ),
        (
            {"method": "POST", "path": "/orders", "body": {"item": None}},
            {"status": 201},
            "web may send item empty (null) to POST /orders, which does not take that.",
        ),
        (
            {"method": "POST", "path": "/orders", "body": {"item": 5}},
            {"status": 201},
            "web sends item as 5 to POST /orders, which wants text.",
        ),
        (
            {"method": "POST", "path": "/orders", "headers": {"Content-Type": "application/xml"}, "body": "<a/>"},
            {"status": 201},
            "web sends application/xml to POST /orders, which takes application/json.",
        ),
        (GET, {"status": 200, "body": {"total": 5}}, "GET /orders/{id} does not promise total, and web needs it."),
        (
            GET,
            {"status": 200, "body": {"price": 5}},
            "GET /orders/{id} may leave out price, and web needs it every time.",
        ),
        (
            GET,
            {"status": 200, "body": {"status": "lost"}},
            'GET /orders/{id} promises status as one of "open", "paid", and web expects "lost".',
        ),
        (
            GET,
            matched({"id": "x"}, id={"match": "type"}),
            "GET /orders/{id} promises id as a whole number, and web expects text.",
        ),
        (
            GET,
            {"status": 200, "headers": {"ETag": "x"}},
            "GET /orders/{id} does not promise the header etag, and web needs it.",
        ),
        (
            GET,
            {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "x"},
            "web expects text/html from GET /orders/{id}, which answers application/json.",
        ),
    ],
)
def test_a_need_that_is_not_covered_says_why_in_a_sentence(request_: object, response: object, sentence: str) -> None:
    assert sentence in sentences(request_, response)


def test_null_that_the_provider_may_send_hurts_who_expects_text() -> None:
    told = sentences(GET, matched({"note": "x"}, note={"match": "type"}))
    assert "GET /orders/{id} may answer with note empty (null), and web does not expect that." in told


def test_what_is_in_lists_is_compared_too() -> None:
    response = matched([{"sku": "a"}], **{"$[*]": {"match": "type"}})
    told = sentences({"method": "GET", "path": "/orders"}, response)
    assert told == ["GET /orders does not promise [].sku, and web needs it."]


def test_a_pattern_is_left_to_the_replay() -> None:
    (reason,) = reasons(GET, matched({"item": "tea"}, item={"match": "regex", "regex": "^t"}))
    assert not reason.certain
    assert "only a replay can show" in reason.sentence
    text = interaction(GET, matched({"item": "t"}, item={"match": "regex", "regex": "^t"}))
    need = read_need(read_text(text, "o.json"), consumer="web")
    assert fits(need, api())


def test_a_list_of_at_least_so_many_must_be_possible() -> None:
    response = matched({"lines": [{"sku": "a"}]}, lines={"match": "type", "max": 3})
    told = sentences(GET, response)
    assert "GET /orders/{id} promises lines as at most 5 items, and web expects at most 3 items." in told


SUBSET = """
openapi: 3.0.3
info: {title: what web needs, version: "1"}
paths:
  /orders/{order}:
    get:
      responses:
        "200": {content: {application/json: {schema: {type: object, required: [id, FIELD], properties: {
          id: {type: integer}, status: {type: string, enum: ENUM}}}}}}
"""


@pytest.mark.parametrize(
    ("field", "values", "sentence"),
    [
        ("item", "[open, paid, lost]", ""),
        ("price", "[open, paid]", "GET /orders/{id} may leave out price, and web needs it every time."),
        ("item", "[open]", 'GET /orders/{id} promises status as "paid", and web expects "open".'),
    ],
)
def test_a_subset_document_is_a_need(field: str, values: str, sentence: str) -> None:
    text = SUBSET.replace("FIELD", field).replace("ENUM", values)
    need = read_need(read_text(text, "contracts/needs/orders.openapi.yaml"), consumer="web")
    assert (need.consumer, need.provider) == ("web", "orders")
    assert [reason.sentence for reason in fit(need, api())] == ([sentence] if sentence else [])


def test_rules_of_version_two_and_encoded_bodies_of_version_four_are_read() -> None:
    two = {"status": 200, "body": {"id": 1}, "matchingRules": {"$.body.id": {"match": "type"}}}
    four = {"status": 200, "body": {"content": "eyJpZCI6IDF9", "contentType": "application/json", "encoded": "base64"}}
    assert sentences(GET, two) == []
    assert sentences(GET, four) == []


def test_every_api_fits_itself_as_a_need() -> None:
    need = read_need(read_text(API, "orders.openapi.yaml"), consumer="web")
    assert fit(need, api()) == ()


def test_a_part_that_is_used_in_many_places_is_told_wherever_it_hurts() -> None:
    text = API.replace("required: [id, item, status, placed]", "required: [id, item, placed]")
    need = read_need(read_text(API, "orders.openapi.yaml"), consumer="web")
    told = [reason.sentence for reason in fit(need, read_api(read_text(text, "orders.yaml")))]
    assert told == [
        "GET /orders may leave out [].status, and web needs it every time.",
        "POST /orders may leave out status, and web needs it every time.",
        "GET /orders/{id} may leave out status, and web needs it every time.",
    ]
