"""A Struct holds what Wherry acts on, and warnings are made from that: so each of its fields is used somewhere."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

import msgspec

from wherry.apimachinery.struct import Struct

SOURCE = Path(__file__).parents[2] / "src"
API = SOURCE / "wherry" / "api"
# Objects that are messages: their readers are programs that we do not know.
FOR_OTHERS = {
    ("Event", "related"),
    ("EventSeries", "last_observed_time"),
    ("LeaseSpec", "acquire_time"),
}


@cache
def _used() -> frozenset[str]:
    """Every attribute that is read, every keyword that is given, every word of a dotted text."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                found.add(node.attr)
            elif isinstance(node, ast.keyword) and node.arg is not None:
                found.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                found.update(node.value.split("."))
    return frozenset(found)


def _structs() -> list[type[Struct]]:
    found: dict[type[Struct], None] = {}
    for path in sorted(API.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, Struct) and value.__module__ == name:
                found[value] = None
    return list(found)


def test_every_field_of_the_api_is_used_somewhere() -> None:
    unused = {
        (struct.__name__, field.name)
        for struct in _structs()
        for field in msgspec.structs.fields(struct)
        if not {field.name, field.encode_name} & _used()
    }
    assert unused - FOR_OTHERS == set()


def test_every_exception_is_still_a_field() -> None:
    fields = {(struct.__name__, field.name) for struct in _structs() for field in msgspec.structs.fields(struct)}
    assert fields >= FOR_OTHERS
