from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.list_types import duplicates
from wherry.apimachinery.structural.node import compile_schema

SET: Document = {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}
MAP: Document = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["port", "protocol"],
    "items": {
        "type": "object",
        "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}, "x": SET},
    },
}


@pytest.mark.parametrize(
    ("schema", "value", "errors"),
    [
        (SET, ["a", "b"], []),
        (SET, ["a", "b", "a", "a"], ['x[2]: Duplicate value: "a"']),
        ({**SET, "items": {"type": "number"}}, [1, 1.0], ["x[1]: Duplicate value: 1.0"]),
        (MAP, [{"port": 1}, {"port": 2}, {"port": 1, "protocol": "UDP"}], []),
        (MAP, [{"port": 1}, {"port": 1, "protocol": "TCP"}], ['x[1]: Duplicate value: {"port":1,"protocol":"TCP"}']),
        (MAP, [{"port": 1, "x": ["a", "a"]}], ['x[0].x[1]: Duplicate value: "a"']),
        ({"type": "object", "additionalProperties": SET}, {"k": ["a", "a"]}, ['x[k][1]: Duplicate value: "a"']),
        ({"type": "array", "items": {"type": "string"}}, ["a", "a"], []),
        (SET, "no list", []),
    ],
)
def test_nothing_is_twice_in_a_set_or_a_map(schema: Document, value: object, errors: list[str]) -> None:
    whole = compile_schema({"type": "object", "properties": {"x": schema}})
    assert [str(error) for error in duplicates(whole, {"x": value})] == errors
