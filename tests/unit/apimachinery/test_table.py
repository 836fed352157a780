from __future__ import annotations

from collections.abc import Sequence

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.table import (
    parse_include_object,
    partial_metadata,
    partial_metadata_list,
    table,
)
from wherry.apimachinery.timestamps import age_since, parse_time

NOW_S = parse_time("2026-11-23T07:05:00Z")


class Widget(Struct):
    metadata: ObjectMeta = ObjectMeta()
    size: int = 0


def widget_row(widget: Widget, now_s: float) -> Sequence[object]:
    return widget.metadata.name, widget.size, age_since(widget.metadata.creation_timestamp, now_s)


PLAIN = resource_type(Widget, group="example.com", kind="Widget", plural="widgets")
WIDGETS = resource_type(
    Widget,
    group="example.com",
    kind="Widget",
    plural="widgets",
    columns=(NAME_COLUMN, Column("Size", "integer", "How large it is.", priority=1), AGE_COLUMN),
    row=widget_row,
)
METADATA: Document = {"name": "w", "creationTimestamp": "2026-11-23T07:00:00Z", "resourceVersion": "7"}
OBJECT: Document = {"metadata": METADATA, "size": 3}


def test_a_kind_fills_its_own_columns() -> None:
    made = table(WIDGETS, [OBJECT], now_s=NOW_S, list_meta={"resourceVersion": "9"})
    assert made == {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "9"},
        "columnDefinitions": [
            {"name": "Name", "type": "string", "format": "name", "description": NAME_COLUMN.description, "priority": 0},
            {"name": "Size", "type": "integer", "format": "", "description": "How large it is.", "priority": 1},
            {"name": "Age", "type": "string", "format": "", "description": AGE_COLUMN.description, "priority": 0},
        ],
        "rows": [
            {
                "cells": ["w", 3, "5m"],
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": METADATA,
                },
            }
        ],
    }


def test_a_kind_without_columns_shows_name_and_age() -> None:
    made = table(PLAIN, [OBJECT, {"metadata": {"name": "x"}}], now_s=NOW_S, list_meta={}, include_object="None")
    assert made["rows"] == [{"cells": ["w", "5m"], "object": None}, {"cells": ["x", "<unknown>"], "object": None}]
    columns = made["columnDefinitions"]
    assert isinstance(columns, list)
    assert [column["name"] for column in columns] == ["Name", "Age"]


def test_rows_may_carry_the_whole_object() -> None:
    made = table(WIDGETS, [OBJECT], now_s=NOW_S, list_meta={}, include_object="Object", version="v1beta1")
    assert made["apiVersion"] == "meta.k8s.io/v1beta1"
    assert made["rows"] == [
        {"cells": ["w", 3, "5m"], "object": {"kind": "Widget", "apiVersion": "example.com/v1", **OBJECT}}
    ]


def test_later_events_of_a_watch_repeat_no_columns() -> None:
    assert table(WIDGETS, [], now_s=0, list_meta={}, with_columns=False)["columnDefinitions"] is None


def test_what_a_row_carries_is_chosen_by_name() -> None:
    assert parse_include_object("") == "Metadata"
    assert parse_include_object("Object") == "Object"
    with pytest.raises(BadRequest, match='unrecognized includeObject value: "Everything"'):
        parse_include_object("Everything")


def test_only_metadata_can_be_had() -> None:
    expected = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": METADATA}
    assert partial_metadata(OBJECT) == expected
    assert partial_metadata_list([OBJECT], list_meta={"resourceVersion": "9"}) == {
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "9"},
        "items": [expected],
    }
