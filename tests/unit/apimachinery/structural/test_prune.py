# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import copy

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.node import compile_schema
from wherry.apimachinery.structural.prune import prune_object, prune_value, unknown_fields

KEEP = {"x-kubernetes-preserve-unknown-fields": True}
TEXT: Document = {"type": "string"}


def fields(**properties: Document) -> Document:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "given", "kept", "unknown"),
    [
        (fields(a=TEXT), {"a": "1", "b": 1}, {"a": "1"}, ["b"]),
        (fields(a=TEXT), {"kind": "K", "apiVersion": "v", "metadata": {"x": 1}}, None, []),
        (fields(spec=fields(a=TEXT)), {"spec": {"kind": "no object's"}}, {"spec": {}}, ["spec.kind"]),
        (
            fields(s={"type": "array", "items": fields(a=TEXT)}),
            {"s": [{"a": "1"}, {"b": 1}]},
            {"s": [{"a": "1"}, {}]},
            ["s[1].b"],
        ),
        (
            fields(m={"type": "object", "additionalProperties": fields(a=TEXT)}),
            {"m": {"k": {"a": "1", "b": 2}}},
            {"m": {"k": {"a": "1"}}},
            ["m.k.b"],
        ),
        (fields(m={"type": "object", "additionalProperties": True}), {"m": {"k": {"deep": [1]}}}, None, []),
        ({**fields(a=fields(b=TEXT)), **KEEP}, {"x": {"y": 1}, "a": {"b": "1"}}, None, []),
        # What is described below what is kept is pruned in turn.
        ({**fields(a=fields(b=TEXT)), **KEEP}, {"x": 1, "a": {"c": 1}}, {"x": 1, "a": {}}, ["a.c"]),
        (fields(a={"type": "object", **KEEP}), {"a": {"any": {"thing": 1}}, "b": 1}, {"a": {"any": {"thing": 1}}}, ["b"]),
        (
            fields(t={**fields(spec=fields(a=TEXT)), "x-kubernetes-embedded-resource": True}),
            {"t": {"kind": "K", "apiVersion": "v", "metadata": {"name": "n"}, "spec": {"b": 1}, "more": 1}},
            {"t": {"kind": "K", "apiVersion": "v", "metadata": {"name": "n"}, "spec": {}}},
            ["t.more", "t.spec.b"],
        ),
        (fields(a={"x-kubernetes-int-or-string": True}), {"a": 1}, None, []),
        # Values of a wrong type are the validation's business.
        (fields(a=TEXT), {"a": {"b": 1}}, {"a": {}}, ["a.b"]),
    ],
)  # fmt: skip
def test_what_is_not_described_goes(
    schema: Document, given: Document, kept: Document | None, unknown: list[str]
) -> None:
    node = compile_schema(schema)
    before = copy.deepcopy(given)
    assert unknown_fields(node, given) == unknown
    assert given == before
    prune_object(node, given)
    assert given == (before if kept is None else kept)
    assert unknown_fields(node, given) == []


def test_a_value_is_no_whole_object() -> None:
    value: Document = {"metadata": {}, "a": "1"}
    assert prune_value(compile_schema(fields(a=TEXT)), value) == ["metadata"]
    assert value == {"a": "1"}
