# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import copy

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.defaults import fill_defaults
from wherry.apimachinery.structural.node import compile_schema


def spec(**properties: Document) -> Document:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


TEXT: Document = {"type": "string"}
SEVEN: Document = {"type": "integer", "default": 7}


@pytest.mark.parametrize(
    ("schema", "given", "filled"),
    [
        (spec(a=SEVEN), {"spec": {}}, {"spec": {"a": 7}}),
        (spec(a=SEVEN), {"spec": {"a": 1}}, {"spec": {"a": 1}}),
        # An object that is not there has no fields to fill in, unless it has a default itself.
        (spec(a=SEVEN), {}, {}),
        (
            {"type": "object", "properties": {"spec": {"type": "object", "default": {}, "properties": {"a": SEVEN}}}},
            {},
            {"spec": {"a": 7}},
        ),
        (spec(a={"type": "array", "items": {"type": "object", "properties": {"b": SEVEN}}}), {"spec": {"a": [{}, {"b": 1}]}}, {"spec": {"a": [{"b": 7}, {"b": 1}]}}),
        (spec(a={"type": "object", "additionalProperties": {"type": "object", "properties": {"b": SEVEN}}}), {"spec": {"a": {"k": {}}}}, {"spec": {"a": {"k": {"b": 7}}}}),
        # Null where it may not be counts as absent.
        (spec(a=SEVEN), {"spec": {"a": None}}, {"spec": {"a": 7}}),
        (spec(a={**SEVEN, "nullable": True}), {"spec": {"a": None}}, {"spec": {"a": None}}),
        (spec(a=TEXT), {"spec": {"a": None}}, {"spec": {}}),
        (spec(a={**TEXT, "nullable": True}), {"spec": {"a": None}}, {"spec": {"a": None}}),
        (spec(a={"type": "array", "items": SEVEN}), {"spec": {"a": [None, 1]}}, {"spec": {"a": [7, 1]}}),
        (spec(a={"type": "object", "additionalProperties": SEVEN}), {"spec": {"a": {"k": None}}}, {"spec": {"a": {"k": 7}}}),
        (spec(a={"type": "object", "additionalProperties": TEXT}), {"spec": {"a": {"k": None}}}, {"spec": {"a": {}}}),
        # In a list, null is for the validation to refuse.
        (spec(a={"type": "array", "items": TEXT}), {"spec": {"a": [None]}}, {"spec": {"a": [None]}}),
        # What is not described keeps its nulls.
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, {"a": {"b": None}}, {"a": {"b": None}}),
    ],
)  # fmt: skip
def test_what_is_absent_is_filled_in(schema: Document, given: Document, filled: Document) -> None:
    node = compile_schema(schema)
    fill_defaults(node, given)
    assert given == filled
    fill_defaults(node, given)
    assert given == filled


def test_every_object_gets_a_default_of_its_own() -> None:
    node = compile_schema(
        spec(a={"type": "object", "default": {"x": []}, "x-kubernetes-preserve-unknown-fields": True})
    )
    one: Document = {"spec": {}}
    other = copy.deepcopy(one)
    fill_defaults(node, one)
    fill_defaults(node, other)
    one["spec"]["a"]["x"].append(1)  # type: ignore[index]
    assert other == {"spec": {"a": {"x": []}}}
