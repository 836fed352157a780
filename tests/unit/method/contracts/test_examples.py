from __future__ import annotations

import json

import pytest

from wherry.method.contracts.api import read_api
from wherry.method.contracts.contained import misfits
from wherry.method.contracts.examples import example
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.pact_out import as_pact
from wherry.method.contracts.reading import Text, read_text
from wherry.method.contracts.schema import Part, Schema, Schemas


def schema(data: dict[str, object]) -> Schema:
    text = Text("x", {"it": data})
    return Schemas(text).schema(Part(data, ("it",)))


@pytest.mark.parametrize(
    "data",
    [
        {"type": "string", "minLength": 8},
        {"type": "string", "format": "date-time"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "enum": ["open", "paid"]},
        {"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4},
        {"type": "integer", "maximum": -3},
        {"type": "number", "minimum": 2.5},
        {"type": "array", "minItems": 3, "items": {"type": "boolean"}},
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "null"}, "b": {"type": ["string", "null"]}}},
        {"oneOf": [{"type": "object", "required": ["iban"]}, {"type": "null"}]},
    ],
)  # fmt: skip
def test_an_example_is_allowed_by_its_schema(data: dict[str, object]) -> None:
    assert misfits(example(schema(data)), schema(data)) == []


def test_a_schema_that_contains_itself_has_a_finite_example() -> None:
    data: dict[str, object] = {"type": "object", "properties": {"child": {"$ref": "#/it"}}}
    assert json.dumps(example(schema(data))).count("child") < 20


def test_a_need_written_as_openapi_becomes_a_pact_file_that_says_the_same() -> None:
    text = """
openapi: 3.1.0
info: {}
paths:
  /orders:
    get:
      parameters: [{name: status, in: query, required: true, schema: {enum: [open]}}]
      responses: {"200": {content: {application/json: {schema: {type: array, items: {type: integer}}}}}}
  /orders/{id}: {get: {responses: {"200": {}}}}
"""
    need = read_need(read_text(text, "orders.openapi.yaml"), consumer="web")
    document, left_out = as_pact(need)
    assert left_out == ["GET /orders/{id} 200 is left out: its path has variables and no example."]
    again = read_need(read_text(json.dumps(document), "orders.json"), consumer="web")
    (wish,) = again.wishes
    assert (again.consumer, again.provider, wish.request) == ("web", "orders", "GET /orders")
    assert wish.exchange is not None
    assert wish.exchange.query == "status=open"
    assert read_api(read_text(text, "x.yaml")).operation("GET", "/orders") is not None
