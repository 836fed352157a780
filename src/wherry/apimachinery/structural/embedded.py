"""Objects within objects, where a schema says `x-kubernetes-embedded-resource`: a template, a manifest to apply.

They have a kind, an apiVersion and metadata as every object has, and these are checked as everywhere.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/objectmeta/{coerce,validation}.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.names import dns1035_label
from wherry.apimachinery.structural.node import Node

CheckMetadata = Callable[[Document, str], list[FieldError]]
"""All that is wrong with metadata (first argument) that stands at a path (second)."""


def embedded_objects(node: Node, value: object, path: str = "") -> Iterator[tuple[str, Document]]:
    """Every object within `value`, with its path."""
    if not node.has_embedded_below:
        return
    if type(value) is dict:
        for name, item in value.items():
            below = node.child_of(name)
            if below is not None:
                yield from _embedded(below, item, field_errors.child(path, name))
    elif type(value) is list and node.items is not None:
        for position, item in enumerate(value):
            yield from _embedded(node.items, item, field_errors.index(path, position))


def _embedded(node: Node, value: object, path: str) -> Iterator[tuple[str, Document]]:
    if node.is_embedded and type(value) is dict:
        yield path, value
    yield from embedded_objects(node, value, path)


def validate_embedded(node: Node, document: Document, check_metadata: CheckMetadata) -> list[FieldError]:
    """What is wrong with the kind, the apiVersion and the metadata of objects within an object."""
    errors: list[FieldError] = []
    for path, embedded in embedded_objects(node, document):
        for name in ("apiVersion", "kind"):
            place, value = field_errors.child(path, name), embedded.get(name)
            if value is None or value == "":
                errors.append(field_errors.required(place, "must not be empty"))
            elif not isinstance(value, str):
                errors.append(field_errors.invalid(place, value, "must be a string"))
            elif name == "kind" and (wrong := dns1035_label(value.lower())):
                said = f"may have mixed case, but should otherwise match: {wrong}"
                errors.append(field_errors.invalid(place, value, said))
            elif name == "apiVersion" and value.count("/") > 1:
                errors.append(field_errors.invalid(place, value, f"unexpected GroupVersion string: {value}"))
        metadata = embedded.get("metadata")
        if isinstance(metadata, dict):
            errors += check_metadata(metadata, field_errors.child(path, "metadata"))
    return errors
