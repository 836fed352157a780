"""Reading and filling in documents, for defaulting hooks.

A document has passed its schema when these run, so that a value of an unexpected type is a bug.
"""

from __future__ import annotations

from typing import cast

from wherry.apimachinery.document import Document
from wherry.apimachinery.quantity import QuantityError, QuantityText, canonical_quantity


def section(document: Document, *path: str) -> Document:
    """The object at `path`, created where it is absent."""
    for name in path:
        inner = document.setdefault(name, {})
        assert isinstance(inner, dict), name
        document = inner
    return document


def find(document: Document, *path: str) -> object:
    """The value at `path`, or None."""
    value: object = document
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def find_section(document: Document, *path: str) -> Document | None:
    """The object at `path`, or None."""
    value = find(document, *path)
    # JSON objects have text keys: a document came from a JSON decoder.
    return cast("Document", value) if isinstance(value, dict) else None


def sections(document: Document, *path: str) -> list[Document]:
    """The objects of the list at `path`; none where it is absent."""
    value = document.get(path[0]) if len(path) == 1 else find(document, *path)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(document: Document, *path: str) -> str:
    """The text at `path`, or ""."""
    value = find(document, *path)
    return value if isinstance(value, str) else ""


def put_absent(document: Document, **values: object) -> None:
    """Fill in fields that are absent; empty text counts as absent, as it does in Kubernetes."""
    for name, value in values.items():
        if document.get(name) in (None, ""):
            document[name] = value


def put_canonical_quantities(amounts: object) -> None:
    """Write the amounts of a resource list in their one canonical form; wrong ones stay for validation."""
    if not isinstance(amounts, dict):
        return
    for name, amount in amounts.items():
        amounts[name] = canonical(amount)


def canonical(amount: object) -> object:
    """An amount in its canonical form, or as it was when it is none."""
    if not isinstance(amount, QuantityText):
        return amount
    try:
        return canonical_quantity(amount)
    except QuantityError:
        return amount
