"""Fills in what a schema gives by default, on the way in and on the way out of the store.

A field that is null where null is not allowed counts as absent: it gets its default, or goes. Doing it twice
changes nothing.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/defaulting/{algorithm,prunenulls}.go.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.node import Node


def fill_defaults(node: Node, document: Document) -> None:
    """Fill in defaults in place, and drop nulls that may not be there."""
    if node.has_defaults_below:
        _fill(node, document)
    drop_nulls(node, document)


def has_nulls(value: object) -> bool:
    """Whether there is a null anywhere."""
    if type(value) is dict:
        return any(item is None or has_nulls(item) for item in value.values())
    if type(value) is list:
        return any(item is None or has_nulls(item) for item in value)
    return False


def _fill(node: Node, value: object) -> None:
    if type(value) is dict:
        for name, below in node.properties.items():
            if below.has_default and _is_absent(below, value, name):
                value[name] = below.fresh_default()
        for name, item in value.items():
            described = node.child_of(name)
            if described is None:
                continue
            if item is None and described.has_default and not described.nullable:
                item = value[name] = described.fresh_default()
            if described.has_defaults_below:
                _fill(described, item)
    elif type(value) is list and node.items is not None:
        items = node.items
        for position, item in enumerate(value):
            if item is None and items.has_default and not items.nullable:
                item = value[position] = items.fresh_default()
            if items.has_defaults_below:
                _fill(items, item)


def _is_absent(node: Node, value: Document, name: str) -> bool:
    return name not in value or (value[name] is None and not node.nullable)


def drop_nulls(node: Node, value: object) -> None:
    """Remove, in place, the nulls of fields that may not be null and have no default."""
    if type(value) is dict:
        gone: list[str] = []
        for name, item in value.items():
            below = node.child_of(name)
            if below is None:
                continue
            if item is None:
                if not below.nullable and not below.has_default:
                    gone.append(name)
            elif type(item) is dict or type(item) is list:
                drop_nulls(below, item)
        for name in gone:
            del value[name]
    elif type(value) is list and node.items is not None:
        for item in value:
            drop_nulls(node.items, item)
