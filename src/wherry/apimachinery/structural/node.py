"""A structural schema, compiled: a tree of nodes, one for each place in an object.

A definition's schema arrives as plain JSON and is mostly prose. Compiling keeps what is acted on and drops
the descriptions. Equal nodes are one: a Prometheus bundle describes the same container a hundred times, and the
compiled form holds it once. What a whole subtree needs (are there defaults below? rules?) is known at its top, so
that walks skip what has nothing to offer.

Neighbours: prune.py, defaults.py, validate.py, list_types.py and rules.py walk these nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakValueDictionary

import orjson

from wherry.apimachinery.document import Document

_TEXTS = frozenset(("description", "title", "example", "externalDocs", "id", "$schema"))
_CHILDREN = frozenset(("properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "not"))
NOTHING: Mapping[str, Node] = {}


class Node:
    """What may stand at one place of an object. Immutable once made; shared by all places that are alike."""

    __slots__ = (
        "__weakref__",
        "additional",
        "all_of",
        "any_of",
        "constraints",
        "default",
        "has_default",
        "has_defaults_below",
        "has_embedded_below",
        "has_list_types_below",
        "has_rules_below",
        "is_embedded",
        "is_int_or_string",
        "items",
        "keeps_any_field",
        "keeps_unknown",
        "list_keys",
        "list_type",
        "not_",
        "nullable",
        "one_of",
        "properties",
        "required",
        "rules",
        "type",
    )

    def __init__(self, schema: Document, children: _Children) -> None:
        """Made by `compile_schema`."""
        self.type = _text(schema.get("type"))
        self.properties: Mapping[str, Node] = children.properties or NOTHING
        self.items = children.items
        self.additional = children.additional
        self.all_of, self.any_of, self.one_of = children.all_of, children.any_of, children.one_of
        self.not_ = children.not_
        self.nullable = schema.get("nullable") is True
        # `additionalProperties: true`: any field, of any form.
        self.keeps_any_field = schema.get("additionalProperties") is True
        self.keeps_unknown = schema.get("x-kubernetes-preserve-unknown-fields") is True
        self.is_embedded = schema.get("x-kubernetes-embedded-resource") is True
        self.is_int_or_string = schema.get("x-kubernetes-int-or-string") is True
        self.has_default = "default" in schema
        # As bytes: every use needs a fresh copy, and parsing is the fastest way to make one.
        self.default = orjson.dumps(schema["default"]) if self.has_default else b""
        self.list_type = _text(schema.get("x-kubernetes-list-type"))
        self.list_keys = tuple(_texts(schema.get("x-kubernetes-list-map-keys")))
        self.required = tuple(_texts(schema.get("required")))
        rules = schema.get("x-kubernetes-validations")
        self.rules: tuple[Document, ...] = (
            tuple(rule for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else ()
        )
        self.constraints: Document = {name: schema[name] for name in _CONSTRAINTS if schema.get(name) is not None}
        below = children.below()
        self.has_defaults_below: bool = any(node.has_default or node.has_defaults_below for node in below)
        self.has_embedded_below: bool = any(node.is_embedded or node.has_embedded_below for node in below)
        self.has_rules_below: bool = bool(self.rules) or any(node.has_rules_below for node in below)
        self.has_list_types_below: bool = self.list_type in ("set", "map") or any(
            node.has_list_types_below for node in below
        )

    def fresh_default(self) -> object:
        """A copy of the default that the caller may change."""
        value: object = orjson.loads(self.default)
        return value

    def child_of(self, name: str) -> Node | None:
        """What describes the field `name`; None if nothing does."""
        return self.properties.get(name) or self.additional


_CONSTRAINTS = (
    "format", "enum", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip


class _Children:
    """The compiled children of a node."""

    __slots__ = ("additional", "all_of", "any_of", "items", "not_", "one_of", "properties")

    def __init__(self, schema: Document) -> None:
        properties = schema.get("properties")
        self.properties = {
            name: compile_schema(each) for name, each in properties.items() if isinstance(each, dict)
        } if isinstance(properties, dict) else {}  # fmt: skip
        self.items = _one(schema.get("items"))
        self.additional = _one(schema.get("additionalProperties"))
        self.all_of, self.any_of, self.one_of = (_several(schema.get(name)) for name in ("allOf", "anyOf", "oneOf"))
        self.not_ = _one(schema.get("not"))

    def below(self) -> list[Node]:
        """The nodes of the places below this one."""
        return [*self.properties.values(), *(node for node in (self.items, self.additional) if node is not None)]

    def identity(self) -> tuple[object, ...]:
        return (
            tuple((name, id(node)) for name, node in self.properties.items()),
            id(self.items), id(self.additional), id(self.not_),
            *(tuple(map(id, group)) for group in (self.all_of, self.any_of, self.one_of)),
        )  # fmt: skip


# Weak: a node lives as long as a schema that it is part of. Its children live as long as it does, so that the
# identities in a key cannot come to mean other nodes.
_known: WeakValueDictionary[tuple[object, ...], Node] = WeakValueDictionary()


def compile_schema(schema: Document) -> Node:
    """The node of a schema and, below it, of everything that it describes."""
    children = _Children(schema)
    own = {name: value for name, value in schema.items() if name not in _CHILDREN and name not in _TEXTS}
    if schema.get("additionalProperties") is True:
        own["additionalProperties"] = True
    key = (orjson.dumps(own, option=orjson.OPT_SORT_KEYS), children.identity())
    node = _known.get(key)
    if node is None:
        node = Node(schema, children)
        _known[key] = node
    return node


def _one(schema: object) -> Node | None:
    return compile_schema(schema) if isinstance(schema, dict) else None


def _several(schemas: object) -> tuple[Node, ...]:
    given = schemas if isinstance(schemas, list) else []
    return tuple(compile_schema(each) for each in given if isinstance(each, dict))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
