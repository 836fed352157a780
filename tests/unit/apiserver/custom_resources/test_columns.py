# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apiserver.custom_resources.columns import columns_of

NOW_S = 1_800_000_000.0
OBJECT: Document = {
    "metadata": {"name": "one", "creationTimestamp": "2027-01-15T07:00:00Z"},
    "spec": {"n": 3, "f": 1.5, "on": True, "s": "text", "m": {"b": 1, "a": [1, None]}, "none": None},
}


def test_without_columns_a_kind_shows_its_age() -> None:
    columns, row = columns_of([])
    assert [column.name for column in columns] == ["Name", "Age"]
    assert row(OBJECT, NOW_S) == ["one", "60m"]


@pytest.mark.parametrize(
    ("kind", "path", "cell"),
    [
        ("integer", ".spec.n", 3),
        ("integer", ".spec.f", 1),
        ("integer", ".spec.s", None),
        ("number", ".spec.f", 1.5),
        ("boolean", ".spec.on", True),
        ("boolean", ".spec.n", None),
        ("string", ".spec.s", "text"),
        ("string", ".spec.n", "3"),
        ("string", ".spec.on", "true"),
        ("string", ".spec.m", "map[a:[1 <nil>] b:1]"),
        ("string", ".spec.none", None),
        ("string", ".spec.missing", None),
        ("date", ".metadata.creationTimestamp", "60m"),
        ("date", ".spec.s", "<invalid>"),
        ("date", ".spec.missing", None),
    ],
)
def test_a_cell_shows_a_value_as_its_column_says(kind: str, path: str, cell: object) -> None:
    _, row = columns_of([{"name": "X", "type": kind, "jsonPath": path}])
    assert row(OBJECT, NOW_S) == ["one", cell]


def test_a_column_keeps_what_was_said_of_it() -> None:
    columns, _ = columns_of(
        [{"name": "X", "type": "string", "jsonPath": ".x", "priority": 1, "format": "byte"}, {"name": "Y", "description": "why"}]
    )  # fmt: skip
    assert (columns[1].priority, columns[1].format) == (1, "byte")
    assert columns[1].description == "Custom resource definition column (in JSONPath format): .x"
    assert columns[2].description == "why"
