from __future__ import annotations

import orjson

from wherry.apimachinery import watch_event
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Expired
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.watch_event import (
    LIST_ITEM_HEADER,
    bookmark_line,
    document_line,
    error_line,
    event_line,
    header_for,
    stored_bytes,
    with_resource_version,
)


class Widget(Struct):
    metadata: ObjectMeta = ObjectMeta()


WIDGETS = resource_type(Widget, group="example.com", kind="Widget", plural="widgets")
STORED = b'{"metadata":{"name":"w"},"spec":{"a":1}}'


def test_an_object_gets_its_kind_and_revision_without_being_parsed() -> None:
    assert with_resource_version(header_for(WIDGETS), STORED, 7) == (
        b'{"kind":"Widget","apiVersion":"example.com/v1","metadata":{"resourceVersion":"7","name":"w"},"spec":{"a":1}}'
    )


def test_items_of_a_list_carry_no_kind() -> None:
    assert with_resource_version(LIST_ITEM_HEADER, STORED, 7) == (
        b'{"metadata":{"resourceVersion":"7","name":"w"},"spec":{"a":1}}'
    )


def test_empty_metadata_is_no_trap() -> None:
    assert with_resource_version(LIST_ITEM_HEADER, b'{"metadata":{}}', 7) == b'{"metadata":{"resourceVersion":"7"}}'


def test_the_stored_form_leaves_out_what_is_added_when_sent() -> None:
    document: Document = {
        "apiVersion": "example.com/v1",
        "spec": {"a": 1},
        "kind": "Widget",
        "metadata": {"name": "w", "resourceVersion": "3"},
    }
    assert stored_bytes(document) == STORED


def test_an_event_is_one_line() -> None:
    line = event_line("MODIFIED", header_for(WIDGETS), STORED, 9)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert orjson.loads(line) == {
        "type": "MODIFIED",
        "object": {
            "kind": "Widget",
            "apiVersion": "example.com/v1",
            "metadata": {"resourceVersion": "9", "name": "w"},
            "spec": {"a": 1},
        },
    }


def test_a_bookmark_says_how_far_the_watch_is() -> None:
    bookmark = orjson.loads(bookmark_line(header_for(WIDGETS), 9))
    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"] == {
        "kind": "Widget",
        "apiVersion": "example.com/v1",
        "metadata": {"resourceVersion": "9"},
    }
    final = orjson.loads(bookmark_line(header_for(WIDGETS), 9, initial_events_end=True))
    assert final["object"]["metadata"]["annotations"] == {watch_event.INITIAL_EVENTS_END: "true"}


def test_an_error_is_a_status_on_one_line() -> None:
    line = error_line(Expired("too old resource version: 1 (1171)"))
    assert line == (
        b'{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",'
        b'"message":"too old resource version: 1 (1171)","reason":"Expired","code":410}}\n'
    )


def test_a_document_is_a_line_as_it_is() -> None:
    assert document_line("ADDED", {"kind": "Table"}) == b'{"type":"ADDED","object":{"kind":"Table"}}\n'
