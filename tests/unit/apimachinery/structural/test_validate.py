# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.node import compile_schema
from wherry.apimachinery.structural.validate import same, validate

A_OR_B: Document = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
}


def said(schema: Document, value: object) -> list[str]:
    """The errors of spec.x."""
    whole: Document = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"x": schema}}}}
    return [str(error) for error in validate(compile_schema(whole), {"spec": {"x": value}})]


@pytest.mark.parametrize(
    ("schema", "value", "error"),
    [
        ({"type": "integer"}, "a", 'spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'),
        ({"type": "integer"}, 1.5, 'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'),
        ({"type": "integer"}, 2.0, ""),
        ({"type": "number"}, 1, ""),
        ({"type": "boolean"}, 1, 'spec.x: Invalid value: "integer": spec.x in body must be of type boolean: "integer"'),
        ({"type": "string"}, None, 'spec.x: Invalid value: "null": spec.x in body must be of type string: "null"'),
        ({"type": "string", "nullable": True}, None, ""),
        ({"type": "object"}, [], 'spec.x: Invalid value: "array": spec.x in body must be of type object: "array"'),
        ({"x-kubernetes-int-or-string": True}, "50%", ""),
        ({"x-kubernetes-int-or-string": True}, 1, ""),
        ({"x-kubernetes-int-or-string": True}, True, 'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"'),
        ({"type": "integer", "minimum": 2}, 1, "spec.x: Invalid value: 1: spec.x in body should be greater than or equal to 2"),
        ({"type": "integer", "minimum": 2, "exclusiveMinimum": True}, 2, "spec.x: Invalid value: 2: spec.x in body should be greater than 2"),
        ({"type": "number", "maximum": 2.5}, 3, "spec.x: Invalid value: 3: spec.x in body should be less than or equal to 2.5"),
        ({"type": "integer", "maximum": 2, "exclusiveMaximum": True}, 2, "spec.x: Invalid value: 2: spec.x in body should be less than 2"),
        ({"type": "integer", "multipleOf": 5}, 7, "spec.x: Invalid value: 7: spec.x in body should be a multiple of 5"),
        ({"type": "number", "multipleOf": 0.1}, 0.3, ""),
        ({"type": "integer", "format": "int32"}, 2**31, '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x'),
        ({"type": "string", "maxLength": 2}, "äöü", "spec.x: Too long: may not be more than 2 bytes"),
        ({"type": "string", "minLength": 2}, "a", 'spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long'),
        ({"type": "string", "pattern": "^a+$"}, "b", "spec.x: Invalid value: \"b\": spec.x in body should match '^a+$'"),
        ({"type": "string", "format": "date-time"}, "b", 'spec.x: Invalid value: "b": spec.x in body must be of type date-time: "b"'),
        ({"type": "string", "enum": ["S", "M"]}, "XL", 'spec.x: Unsupported value: "XL": supported values: "S", "M"'),
        ({"type": "integer", "enum": [1, 2]}, 3, 'spec.x: Unsupported value: 3: supported values: "1", "2"'),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, ["a", "b"], "spec.x: Too many: 2: must have at most 1 item"),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, [], "spec.x: Invalid value: []: spec.x in body should have at least 1 items"),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], 'spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer"'),
        ({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1}, {"a": "1", "b": "2"}, "spec.x: Too many: 2: must have at most 1 item"),
        ({"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}, {}, "spec.x: Invalid value: {}: spec.x in body should have at least 1 properties"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"k": 1}, 'spec.x.k: Invalid value: "integer": spec.x.k in body must be of type string: "integer"'),
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}, {}, "spec.x.a: Required value"),
        ({**A_OR_B, "not": {"required": ["a"]}}, {"a": "1"}, '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'),
        ({**A_OR_B, "not": {"required": ["a"]}}, {"b": "1"}, ""),
        ({**A_OR_B, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "1"}, ""),
        ({**A_OR_B, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "1", "b": "2"}, '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'),
        ({**A_OR_B, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": "1", "b": "2"}, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_as_kubernetes_says_it(schema: Document, value: object, error: str) -> None:
    assert said(schema, value) == ([error] if error else [])


@pytest.mark.parametrize(
    ("junctor", "first"),
    [
        ("oneOf", "must validate one and only one schema (oneOf). Found none valid"),
        ("anyOf", "must validate at least one schema (anyOf)"),
    ],
)
def test_when_no_alternative_fits_the_best_one_is_explained(junctor: str, first: str) -> None:
    schema = {**A_OR_B, junctor: [{"required": ["a", "b"]}, {"required": ["b"]}]}
    assert said(schema, {}) == [f'<nil>: Invalid value: "": "spec.x" {first}', "spec.x.b: Required value"]


def test_all_of_tells_each_error_and_that_not_all_fit() -> None:
    schema = {**A_OR_B, "allOf": [{"required": ["a"]}, {"required": ["b"]}]}
    end = '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)'
    assert said(schema, {"a": "1"}) == ["spec.x.b: Required value", end]
    assert said(schema, {})[-1] == f"{end}. None validated"


PORTS: Document = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "port": {"type": "integer", "maximum": 9},
            "on": {"type": "boolean"},
        },
    },
}


@pytest.mark.parametrize(
    ("schema", "old", "new", "places"),
    [
        ({"type": "integer", "maximum": 9}, 10, 10, []),
        ({"type": "integer", "maximum": 9}, 10, 11, ["x"]),
        ({"type": "integer", "maximum": 9}, True, 1, []),
        # An item is known again by its keys, wherever it stands.
        (PORTS, [{"name": "a", "port": 10}], [{"name": "b", "port": 1}, {"name": "a", "port": 10}], []),
        (PORTS, [{"name": "a", "port": 10}], [{"name": "a", "port": 10, "on": True}], []),
        (PORTS, [{"name": "a", "port": 10}], [{"name": "a", "port": 11}], ["x[0].port"]),
        # Without keys only the whole list is known again.
        ({"type": "array", "items": {"type": "integer", "maximum": 9}}, [10], [10], []),
        ({"type": "array", "items": {"type": "integer", "maximum": 9}}, [10], [10, 1], ["x[0]"]),
        ({**A_OR_B, "oneOf": [{"required": ["a"]}]}, {"b": "1"}, {"b": "1"}, []),
        ({**A_OR_B, "oneOf": [{"required": ["a"]}]}, {"b": "1"}, {"b": "2"}, ["<nil>", "x.a"]),
    ],
)
def test_what_was_wrong_before_may_stay_until_it_is_touched(
    schema: Document, old: object, new: object, places: list[str]
) -> None:
    whole = compile_schema({"type": "object", "properties": {"x": schema, "y": {"type": "string"}}})
    errors = validate(whole, {"x": new, "y": "changed"}, "", {"x": old, "y": "old"})
    assert [error.field for error in errors] == places


def test_json_values_are_the_same_when_json_says_so() -> None:
    assert same({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not same(True, 1)
    assert not same([True], [1])
    assert not same({"a": 1}, {"a": 1, "b": 2})
