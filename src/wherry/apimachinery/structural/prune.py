"""Leaves out what a schema does not describe, as the server does before anything else looks at an object.

An object's kind, apiVersion and metadata are every object's, so they stay wherever a whole object may stand: at
the root and where the schema says `x-kubernetes-embedded-resource`. Below
`x-kubernetes-preserve-unknown-fields` everything stays, and what is described there is pruned in turn.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/pruning/algorithm.go.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.node import Node

OBJECT_FIELDS = frozenset(("apiVersion", "kind", "metadata"))

_Found = list[tuple[Document, str, str]]
"""What is unknown: the object that it stands in, its name there, its path."""


def unknown_fields(node: Node, document: Document) -> list[str]:
    """The paths of what `prune_object` would leave out."""
    found: _Found = []
    _walk_fields(node, document, "", found, is_object=True)
    return sorted(path for _, _, path in found)


def prune_object(node: Node, document: Document) -> None:
    """Prune a whole object in place."""
    found: _Found = []
    _walk_fields(node, document, "", found, is_object=True)
    _remove(found)


def prune_value(node: Node, value: object) -> list[str]:
    """Prune a part of an object (a default, say) in place; returns the paths of what was left out."""
    found: _Found = []
    _walk(node, value, "", found)
    _remove(found)
    return [path for _, _, path in found]


def _remove(found: _Found) -> None:
    for parent, name, _ in found:
        del parent[name]


def _walk(node: Node, value: object, path: str, found: _Found) -> None:
    if type(value) is dict:
        _walk_fields(node, value, path, found, is_object=node.is_embedded)
    elif type(value) is list and node.items is not None:
        for position, item in enumerate(value):
            if type(item) is dict or type(item) is list:
                _walk(node.items, item, f"{path}[{position}]", found)


def _walk_fields(node: Node, value: Document, path: str, found: _Found, *, is_object: bool) -> None:
    if node.keeps_any_field:
        return
    properties, additional = node.properties, node.additional
    for name, item in value.items():
        if is_object and name in OBJECT_FIELDS:
            continue
        below = properties.get(name) or additional
        if below is None:
            if not node.keeps_unknown:
                found.append((value, name, f"{path}.{name}" if path else name))
        elif type(item) is dict or type(item) is list:
            _walk(below, item, f"{path}.{name}" if path else name, found)
