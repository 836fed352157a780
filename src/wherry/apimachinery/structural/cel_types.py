"""The types that a schema gives to CEL: what fields `self` has, and how large everything may get.

A field whose name is no CEL name is spelled otherwise (`a-b` is `a__dash__b`), and one that cannot be spelled is
not there. Whole objects show their kind, apiVersion, and of their metadata the name and the generateName.

Source: kubernetes apiextensions-apiserver, third_party/forked/celopenapi/model/schemas.go; apiserver,
pkg/cel/{escaping,limits}.go.
"""

from __future__ import annotations

import re
from weakref import WeakKeyDictionary

from wherry.apimachinery.cel.cost import REQUEST_BYTES_MAX
from wherry.apimachinery.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    Type,
    list_of,
    map_of,
)
from wherry.apimachinery.structural.node import Node

RESERVED = frozenset((
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
    "let", "loop", "package", "namespace", "return", "var", "void", "while",
))  # fmt: skip
_SPELLINGS = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*", re.ASCII)
# How many bytes the shortest value of a type takes in a request.
_LEAST_BYTES = {"string": 2, "boolean": 4, "integer": 1, "number": 1, "array": 2, "object": 2}
_PAIR_BYTES = 6
_UTF8_BYTES_MAX = 4
_TIMES = {"date": 10 + len("T00:00:00Z"), "date-time": len("2006-01-02T15:04:05.000000000+00:00"), "duration": 32}

_types: WeakKeyDictionary[Node, Type] = WeakKeyDictionary()
_objects: WeakKeyDictionary[Node, Type] = WeakKeyDictionary()


def spell(name: str) -> str:
    """What CEL calls a field; "" if it cannot."""
    if name in RESERVED:
        return f"__{name}__"
    for plain, spelled in _SPELLINGS:
        name = name.replace(plain, spelled)
    return name if _NAME.fullmatch(name) else ""


def cel_type(node: Node, *, is_object: bool = False) -> Type | None:
    """The type of what stands at a node; None if CEL cannot see it. `is_object` for a whole object."""
    known = _objects if is_object else _types
    if node not in known:
        made = _make(node, is_object=is_object or node.is_embedded)
        if made is None:
            return None
        known[node] = made
    return known[node]


def _make(node: Node, *, is_object: bool) -> Type | None:
    if node.is_int_or_string:
        return DYN
    match node.type:
        case "boolean":
            return BOOL
        case "integer":
            return INT
        case "number":
            return DOUBLE
        case "string":
            return _text_type(node)
        case "array":
            items = cel_type(node.items) if node.items is not None else None
            return _list_type(node, items) if items is not None else None
        case "object" if node.additional is not None:
            values = cel_type(node.additional)
            most = _limit(
                node, "maxProperties", (REQUEST_BYTES_MAX - 2) // (_least_bytes(node.additional) + _PAIR_BYTES)
            )
            return map_of(STRING, values, most) if values is not None else None
        case "object":
            return _object_type(node, is_object=is_object)
        case _:
            return None


def _limit(node: Node, name: str, otherwise: int) -> int:
    given = node.constraints.get(name)
    return max(0, given) if isinstance(given, int) else otherwise


def _text_type(node: Node) -> Type:
    form = node.constraints.get("format")
    longest = node.constraints.get("maxLength")
    if form == "byte":
        size = longest if isinstance(longest, int) else REQUEST_BYTES_MAX - 2
        return Type(BYTES.name, max_size=size, is_converted=True)
    if form == "duration":
        return Type(DURATION.name, max_size=_TIMES["duration"], is_converted=True)
    if form in ("date", "date-time"):
        return Type(TIMESTAMP.name, max_size=_TIMES[str(form)], is_converted=True)
    if isinstance(longest, int):
        return Type(STRING.name, max_size=max(0, longest) * _UTF8_BYTES_MAX)
    allowed = node.constraints.get("enum")
    if isinstance(allowed, list) and allowed:
        return Type(STRING.name, max_size=max(len(each) if isinstance(each, str) else 0 for each in allowed))
    return Type(STRING.name, max_size=REQUEST_BYTES_MAX - 2)


def _list_type(node: Node, items: Type) -> Type:
    assert node.items is not None
    most = _limit(node, "maxItems", (REQUEST_BYTES_MAX - 2) // (_least_bytes(node.items) + 1))
    plain = list_of(items, most)
    if node.list_type not in ("set", "map"):
        return plain
    return Type("list", (items,), max_size=most, list_type=node.list_type, list_keys=node.list_keys)


def _object_type(node: Node, *, is_object: bool) -> Type:
    fields: dict[str, Type] = {}
    spelled: dict[str, str] = {}
    for name, below in node.properties.items():
        of = cel_type(below)
        if of is not None and (called := spell(name)):
            fields[called] = of
            spelled[called] = name
    if is_object:
        fields["kind"] = fields["apiVersion"] = STRING
        names = {"name": STRING, "generateName": STRING}
        fields["metadata"] = Type("object.metadata", fields=names)
    # The name is what tells object types apart.
    return Type(f"object#{id(node)}{'*' if is_object else ''}", fields=fields, spelled=spelled)


def _least_bytes(node: Node) -> int:
    if node.is_int_or_string:
        return 1
    least = _LEAST_BYTES.get(node.type, 1)
    if node.type == "object":
        least += sum(
            len(name) + 4 + _least_bytes(node.properties[name]) for name in node.required if name in node.properties
        )
    elif node.type == "string" and isinstance(shortest := node.constraints.get("minLength"), int):
        least += max(0, shortest)
    return least
