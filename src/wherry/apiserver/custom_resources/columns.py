"""The columns of a custom resource: its name, and what the definition's JSONPaths lead to.

Source: kubernetes apiextensions-apiserver, pkg/registry/customresource/tableconvertor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wherry.api.documents import text
from wherry.apimachinery.document import Document
from wherry.apimachinery.json_path import parse_json_path
from wherry.apimachinery.resource_type import NAME_COLUMN, Column
from wherry.apimachinery.timestamps import age_since, is_time

Row = Callable[[Document, float], Sequence[object]]

CREATED = "CreationTimestamp is a timestamp representing the server time when this object was created."
AGE: Document = {"name": "Age", "type": "date", "description": CREATED, "jsonPath": ".metadata.creationTimestamp"}


def columns_of(declared: list[Document]) -> tuple[tuple[Column, ...], Row]:
    """The columns and how to fill a row; without any of its own, a kind shows its age."""
    columns = declared or [AGE]
    shown = (NAME_COLUMN, *(_column(each) for each in columns))
    cells = [(text(each, "type"), parse_json_path(text(each, "jsonPath")).find) for each in columns]

    def row(document: Document, now_s: float) -> Sequence[object]:
        metadata = document.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        return [name, *(_cell(kind, find(document), now_s) for kind, find in cells)]

    return shown, row


def _column(declared: Document) -> Column:
    priority = declared.get("priority")
    meaning = text(declared, "description")
    if not meaning:
        meaning = f"Custom resource definition column (in JSONPath format): {text(declared, 'jsonPath')}"
    return Column(
        name=text(declared, "name"),
        type=text(declared, "type"),
        description=meaning,
        priority=priority if isinstance(priority, int) else 0,
        format=text(declared, "format"),
    )


def _cell(kind: str, found: list[object], now_s: float) -> object:
    """A value as its column's type shows it; None where there is none or it is of another type."""
    if not found:
        return None
    value = found[0]
    match kind:
        case "string":
            return value if isinstance(value, str) else None if value is None else go_text(value)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case "date" if isinstance(value, str):
            return age_since(value, now_s) if is_time(value) else "<invalid>"
        case _:
            return None


def go_text(value: object) -> str:
    """A value as Go prints it: map[a:1 b:2], [a b]."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "map[" + " ".join(f"{name}:{go_text(value[name])}" for name in sorted(value)) + "]"
        case list():
            return "[" + " ".join(map(go_text, value)) + "]"
        case None:
            return "<nil>"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)
