"""What Wherry writes in protobuf is what Go writes, and says what the JSON says."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest

from suites.filled_documents import filled
from suites.protobuf_encoding import MAGIC, field
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.compile import empty
from wherry.apimachinery.protobuf.decode import decode_message, open_envelope
from wherry.apimachinery.protobuf.encode import (
    encode_message,
    encode_object,
    is_encodable,
    list_pieces,
    watch_frame,
)
from wherry.apimachinery.protobuf.layout import _table, entries_of, message_for
from wherry.apimachinery.protobuf.special import CONVERSIONS
from wherry.apimachinery.resource_type import AnyResourceType

RECORDED: list[dict[str, str]] = json.loads(Path(__file__).with_name("recorded.json").read_text())
KINDS = sorted(name for name in _table() if {entry.name for entry in entries_of(name).values()} >= {"metadata"})


def decode_body(body: bytes) -> Document:
    found = open_envelope(body)
    message = message_for(found.api_version, found.kind)
    return {"kind": found.kind, "apiVersion": found.api_version, **decode_message(message, found.raw)}


@pytest.mark.parametrize("record", RECORDED, ids=[f"{r['kubectl']} {r['command'][:40]}" for r in RECORDED])
def test_what_kubectl_has_sent_is_written_again_byte_by_byte(record: dict[str, str]) -> None:
    body = bytes.fromhex(record["body"])
    assert encode_object(decode_body(body)) == body


@pytest.mark.parametrize("name", KINDS)
def test_every_field_of_every_kind_comes_back_as_it_was(name: str) -> None:
    document = filled(name)
    assert decode_message(name, encode_message(name, document)) == document


def test_a_message_without_anything_is_what_go_writes_for_zeros() -> None:
    for name in _table():
        if name not in CONVERSIONS and not name.startswith("runtime."):
            assert encode_message(name, {}) == empty(name), name


def test_a_zero_that_is_no_pointer_is_written_and_a_pointer_only_if_it_is_there() -> None:
    port = encode_message("v1.ContainerPort", {"containerPort": 80})
    assert port == field(1, "") + field(2, 0) + field(3, 80) + field(4, "") + field(5, "")
    assert decode_message("apps/v1.DeploymentSpec", encode_message("apps/v1.DeploymentSpec", {"replicas": 0})) == {
        "replicas": 0,
        "template": {"metadata": {}, "spec": {}},
        "strategy": {},
    }
    assert field(1, 0) not in encode_message("apps/v1.DeploymentSpec", {})[:2]


@pytest.mark.parametrize("value", [True, False, {"type": "string"}])
def test_a_schema_or_a_bool(value: object) -> None:
    schema = "apiextensions.k8s.io/v1.JSONSchemaProps"
    written = field(1, int(value is not False))
    if isinstance(value, dict):
        written += field(2, encode_message(schema, value))
    body = encode_message(schema, {"additionalProperties": value})
    assert written in body
    assert decode_message(schema, body)["additionalProperties"] == value


@pytest.mark.parametrize("port", [80, 4_000_000, -1, "http"])
def test_a_port_may_be_a_number_or_a_name(port: object) -> None:
    body = encode_message("v1.ServicePort", {"port": 1, "targetPort": port})
    assert decode_message("v1.ServicePort", body)["targetPort"] == port


def test_a_long_text_and_a_large_number_keep_their_length() -> None:
    document: Document = {"data": {"long": "x" * 100_000, "empty": ""}, "metadata": {"generation": 1 << 62}}
    assert decode_message("v1.ConfigMap", encode_message("v1.ConfigMap", document)) == document


def test_maps_are_written_in_the_order_of_their_keys() -> None:
    one = encode_message("v1.ConfigMap", {"metadata": {}, "data": {"a": "1", "b": "2"}})
    assert one == encode_message("v1.ConfigMap", {"metadata": {}, "data": {"b": "2", "a": "1"}})


def test_a_list_is_one_message_made_of_the_objects_bytes() -> None:
    items = [encode_message("v1.ConfigMap", {"metadata": {"name": name}}) for name in ("a", "b")]
    body = b"".join(list_pieces("v1", "ConfigMapList", {"resourceVersion": "7", "remainingItemCount": 0}, items))
    assert decode_body(body) == {
        "kind": "ConfigMapList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7", "remainingItemCount": 0},
        "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}],
    }


def test_a_watch_frame_is_a_length_and_an_event_around_a_whole_body() -> None:
    body = encode_object({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "a"}})
    frame = watch_frame("ADDED", body)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert frame[4:] == field(1, "ADDED") + field(2, field(1, body))
    assert body.startswith(MAGIC)


@pytest.mark.parametrize("resource", RESOURCE_TYPES, ids=lambda resource: f"{resource.api_version}.{resource.kind}")
def test_every_built_in_kind_and_its_list_can_be_written(resource: AnyResourceType) -> None:
    assert is_encodable(resource.api_version, resource.kind)
    assert is_encodable(resource.api_version, resource.list_kind) or "list" not in resource.verbs


def test_tables_and_custom_resources_have_no_protobuf_form() -> None:
    assert not is_encodable("meta.k8s.io/v1", "Table")
    assert not is_encodable("example.org/v1", "Sunset")
    with pytest.raises(KeyError):
        encode_object({"kind": "Sunset", "apiVersion": "example.org/v1"})


def test_json_inside_is_written_as_json() -> None:
    body = encode_message("apps/v1.ControllerRevision", {"metadata": {}, "data": {"b": 1, "a": None}})
    assert orjson.dumps({"b": 1, "a": None}) in body
