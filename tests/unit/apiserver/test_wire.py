"""A kind that is served in two versions and kept in one of them."""

from __future__ import annotations

import dataclasses

import orjson

from suites.api_harness import make_api
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType, Storage
from wherry.apiserver.wire import key_of, object_bytes, prefix_of, served_value, value_from_document
from wherry.store.interface import KeyValue


def _renamed(document: Document, old: str, new: str) -> Document:
    return {new if name == old else name: value for name, value in document.items()}


STORAGE = Storage(
    group="",
    plural="configmaps",
    from_stored=lambda document: _renamed(document, "data", "content"),
    to_stored=lambda document: _renamed(document, "content", "data"),
)
KEPT: AnyResourceType = CONFIG_MAPS
SERVED: AnyResourceType = dataclasses.replace(CONFIG_MAPS, group="example.com", version="v2", storage=STORAGE)
STORED = b'{"metadata":{"name":"c"},"data":{"a":"b"}}'


def test_both_versions_have_the_same_keys() -> None:
    assert key_of(SERVED, "ns", "c") == key_of(KEPT, "ns", "c")
    assert prefix_of(SERVED) == prefix_of(KEPT)


def test_a_stored_object_is_shown_in_the_form_that_is_asked_for() -> None:
    item = KeyValue(key_of(SERVED, "ns", "c"), STORED, 7, 7)
    assert served_value(KEPT, STORED) is STORED
    assert object_bytes(SERVED, item) == (
        b'{"kind":"ConfigMap","apiVersion":"example.com/v2",'
        b'"metadata":{"resourceVersion":"7","name":"c"},"content":{"a":"b"}}\n'
    )


def test_a_served_object_is_kept_in_the_stored_form() -> None:
    document: Document = {"apiVersion": "example.com/v2", "metadata": {"name": "c"}, "content": {"a": "b"}}
    assert value_from_document(SERVED, document) == STORED


async def test_what_is_written_in_one_version_is_read_listed_and_watched_in_the_other() -> None:
    api = await make_api()
    api.server.catalog.add(SERVED)
    old, new = "/api/v1/namespaces/default/configmaps", "/apis/example.com/v2/namespaces/default/configmaps"
    made = await api.ask("POST", new, {"metadata": {"name": "c"}, "content": {"a": "b"}})
    assert (made.status, made.at("apiVersion"), made.at("content.a")) == (201, "example.com/v2", "b")
    read = await api.must("GET", f"{old}/c")
    assert (read["apiVersion"], read["data"]) == ("v1", {"a": "b"})
    listed = await api.ask("GET", new)
    assert listed.at("items.0.content.a") == "b"
    for path, field in ((old, "data"), (new, "content")):
        watched = await api.raw("GET", path, watch="true")
        event = orjson.loads(await anext(watched.body))  # type: ignore[arg-type]  # a watch's body is a generator
        assert event["object"][field] == {"a": "b"}
        await watched.body.aclose()  # type: ignore[union-attr]  # likewise
