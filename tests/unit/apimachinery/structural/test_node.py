from __future__ import annotations

import gc
import tracemalloc

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.node import compile_schema


def container(note: str) -> Document:
    return {
        "type": "object",
        "description": note * 50,
        "properties": {f"field{number}": {"type": "string", "description": note} for number in range(50)},
    }


def test_equal_schemas_are_one_node_whatever_they_tell() -> None:
    one = compile_schema({"type": "object", "properties": {"a": container("first"), "b": container("second")}})
    assert one.properties["a"] is one.properties["b"]


def test_schemas_that_differ_are_different_nodes() -> None:
    plain, limited = compile_schema({"type": "string"}), compile_schema({"type": "string", "maxLength": 3})
    assert plain is not limited
    assert compile_schema({"type": "array", "items": {"type": "string"}}) is not compile_schema(
        {"type": "array", "items": {"type": "string", "maxLength": 3}}
    )


def test_a_node_that_nobody_uses_is_forgotten() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(200):
        compile_schema({"type": "object", "properties": {f"p{number}": container(str(number))}})
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert kept < 100_000


def test_the_top_knows_what_is_below() -> None:
    deep: Document = {"type": "string", "default": "x", "x-kubernetes-validations": [{"rule": "true"}]}
    top = compile_schema({"type": "object", "properties": {"a": {"type": "array", "items": deep}}})
    assert top.has_defaults_below
    assert top.has_rules_below
    assert not top.has_embedded_below
    assert not top.has_list_types_below
