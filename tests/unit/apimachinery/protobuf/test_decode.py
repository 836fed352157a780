"""The decoder, fed by hand and with what the real kubectl sends.

recorded.json holds request bodies that kubectl 1.37.1 and 1.32.4 sent for the commands named in it (in hex),
and beside them what the same kubectl prints for the same command with `--dry-run=client -o json`.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from suites.protobuf_encoding import MAGIC, envelope, field, varint
from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.decode import FIELDS_MAX, Envelope, decode_message, open_envelope
from wherry.apimachinery.protobuf.layout import message_for

RECORDED: list[dict[str, str]] = json.loads(Path(__file__).with_name("recorded.json").read_text())
WITH_JSON = [record for record in RECORDED if "json" in record]

TIME = field(1, 1_800_000_000)
ANY = "meta/v1.ObjectMeta"


def decode_body(body: bytes) -> Document:
    found = open_envelope(body)
    message = message_for(found.api_version, found.kind)
    return {"kind": found.kind, "apiVersion": found.api_version, **decode_message(message, found.raw)}


@pytest.mark.parametrize("record", WITH_JSON, ids=[f"{r['kubectl']} {r['command'][:40]}" for r in WITH_JSON])
def test_what_kubectl_sends_is_what_it_prints_as_json(record: dict[str, str]) -> None:
    assert decode_body(bytes.fromhex(record["body"])) == without_nulls(record["json"])


def without_nulls(value: object) -> object:
    """JSON as it says the same in fewer words: Go writes null for a list or a time that is not there."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            "create token robot",
            {
                "metadata": {},
                "spec": {"audiences": ["x"], "expirationSeconds": 1200},
                "status": {"token": ""},
            },
        ),
        ("auth whoami", {"metadata": {}, "status": {"userInfo": {}}}),
        (
            "auth can-i create",
            {
                "metadata": {},
                "spec": {"resourceAttributes": {"namespace": "default", "verb": "create", "resource": "pods"}},
                "status": {"allowed": False},
            },
        ),
        ("auth can-i --list", {"metadata": {}, "spec": {"namespace": "default"}, "status": {"incomplete": False}}),
    ],
)
def test_questions_that_kubectl_asks_are_read(command: str, expected: Document) -> None:
    (record,) = (record for record in RECORDED if record["command"].startswith(command))
    document = decode_body(bytes.fromhex(record["body"]))
    assert {name: value for name, value in document.items() if name not in ("kind", "apiVersion")} == expected


def test_an_envelope_names_what_is_inside() -> None:
    assert open_envelope(envelope("apps/v1", "Deployment", b"\x01")) == Envelope("apps/v1", "Deployment", b"\x01")
    assert open_envelope(MAGIC + field(2, b"\x01")) == Envelope("", "", b"\x01")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty data"),
        (b"k8s", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b'{"kind":"Pod"}', "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (MAGIC, "empty body"),
        (MAGIC + b"\x0a\x7f", "unexpected EOF"),
        (MAGIC + b"\x0a", "unexpected EOF"),
    ],
)
def test_what_is_no_envelope_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        open_envelope(body)


def test_a_zero_is_kept_where_it_says_something() -> None:
    replicas, ready_seconds, paused = field(1, 0), field(5, 0), field(7, 0)
    assert decode_message("apps/v1.DeploymentSpec", replicas + ready_seconds + paused) == {"replicas": 0}
    assert decode_message("v1.ServiceAccount", field(4, 0)) == {"automountServiceAccountToken": False}
    assert decode_message("scheduling.k8s.io/v1.PriorityClass", field(2, 0) + field(3, 0) + field(4, "")) == {
        "value": 0
    }


def test_an_empty_struct_behind_a_pointer_is_kept() -> None:
    assert decode_message("v1.Volume", field(1, "scratch") + field(2, field(2, b""))) == {
        "name": "scratch",
        "emptyDir": {},
    }


def test_numbers_keep_their_sign() -> None:
    assert decode_message("v1.Container", field(1, "a") + field(6, field(1, "p") + field(3, -7))) == {
        "name": "a",
        "ports": [{"name": "p", "containerPort": -7}],
    }
    assert decode_message(ANY, field(10, -(1 << 63))) == {"deletionGracePeriodSeconds": -(1 << 63)}


def test_times_are_written_as_in_json() -> None:
    assert decode_message(ANY, field(8, TIME) + field(9, b"")) == {"creationTimestamp": "2027-01-15T08:00:00Z"}
    micro = field(1, 1_800_000_000) + field(2, 123_456_789)
    assert decode_message("coordination.k8s.io/v1.LeaseSpec", field(3, micro)) == {
        "acquireTime": "2027-01-15T08:00:00.123456Z"
    }
    early = field(1, -62_135_596_799)
    assert decode_message(ANY, field(8, early)) == {"creationTimestamp": "0001-01-01T00:00:01Z"}


@pytest.mark.parametrize("seconds", [1 << 62, -(1 << 62), 253_402_300_800])
def test_a_time_outside_of_our_calendar_is_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="year outside of range"):
        decode_message(ANY, field(8, field(1, seconds)))


def test_a_port_is_a_number_or_a_name() -> None:
    port = "v1.ServicePort"
    assert decode_message(port, field(3, 80) + field(4, field(1, 0) + field(2, 8080) + field(3, ""))) == {
        "port": 80,
        "targetPort": 8080,
    }
    assert decode_message(port, field(4, field(1, 1) + field(2, 0) + field(3, "http"))) == {"targetPort": "http"}
    assert decode_message(port, field(4, field(1, 0) + field(2, 0))) == {}
    surge = "apps/v1.RollingUpdateDeployment"
    assert decode_message(surge, field(2, field(1, 0) + field(2, 0))) == {"maxSurge": 0}


def test_quantities_and_maps() -> None:
    limits = field(1, field(1, "cpu") + field(2, field(1, "500m"))) + field(1, field(1, "pods"))
    assert decode_message("v1.ResourceRequirements", limits) == {"limits": {"cpu": "500m", "pods": "0"}}
    labels = field(11, field(1, "a") + field(2, "b")) + field(11, field(1, "empty")) + field(11, b"")
    assert decode_message(ANY, labels) == {"labels": {"a": "b", "empty": "", "": ""}}
    nothing = field(2, field(1, "pod") + field(2, b""))
    assert decode_message("policy/v1.PodDisruptionBudgetStatus", nothing) == {"disruptedPods": {"pod": None}}


def test_bytes_are_written_in_base64() -> None:
    data = field(2, field(1, "k") + field(2, b"\x00\xff"))
    assert decode_message("v1.Secret", data) == {"data": {"k": "AP8="}}


def test_json_inside_protobuf_stays_json() -> None:
    managed = field(17, field(1, "kubectl") + field(7, field(1, '{"f:data":{}}')))
    assert decode_message(ANY, managed) == {"managedFields": [{"manager": "kubectl", "fieldsV1": {"f:data": {}}}]}
    assert decode_message("apps/v1.ControllerRevision", field(2, field(1, '{"spec":[1]}')) + field(3, 4)) == {
        "data": {"spec": [1]},
        "revision": 4,
    }
    with pytest.raises(ValueError, match="an embedded value is not JSON"):
        decode_message("apps/v1.ControllerRevision", field(2, field(1, "{")))


def test_lists_of_texts_that_are_messages() -> None:
    extra = field(5, field(1, "scopes") + field(2, field(1, "a") + field(1, "b")))
    assert decode_message("authorization.k8s.io/v1.SubjectAccessReviewSpec", extra) == {"extra": {"scopes": ["a", "b"]}}


def test_schemas_of_custom_resources() -> None:
    schema = "apiextensions.k8s.io/v1.JSONSchemaProps"
    text, number = field(5, "string"), field(5, "number")
    assert decode_message(schema, field(30, field(1, 0))) == {"additionalProperties": False}
    assert decode_message(schema, field(30, field(1, 1) + field(2, text))) == {
        "additionalProperties": {"type": "string"}
    }
    assert decode_message(schema, field(24, field(1, text))) == {"items": {"type": "string"}}
    assert decode_message(schema, field(24, field(2, text) + field(2, number))) == {
        "items": [{"type": "string"}, {"type": "number"}]
    }
    assert decode_message(schema, field(9, 1.5)) == {"maximum": 1.5}
    with pytest.raises(ValueError, match="unsupported value"):
        decode_message(schema, field(9, float("inf")))


def test_lists_of_numbers_may_be_packed() -> None:
    loose = field(4, 1000) + field(4, 0)
    packed = field(4, varint(2000) + varint(3))
    assert decode_message("v1.PodSecurityContext", loose + packed) == {"supplementalGroups": [1000, 0, 2000, 3]}


def test_what_comes_twice_is_joined_or_replaced() -> None:
    assert decode_message(ANY, field(1, "a") + field(1, "b")) == {"name": "b"}
    assert decode_message(ANY, field(1, "a") + field(1, "")) == {}
    twice = field(1, field(1, "a")) + field(1, field(3, "n"))
    assert decode_message("v1.Pod", twice) == {"metadata": {"name": "a", "namespace": "n"}}


@pytest.mark.parametrize(
    "unknown",
    [
        field(999, 1),
        field(999, "text"),
        field(999, 1.5),
        varint(999 << 3 | 5) + b"1234",
        varint(999 << 3 | 3) + field(1, "in a group") + varint(999 << 3 | 4),
    ],
)
def test_unknown_fields_are_skipped(unknown: bytes) -> None:
    assert decode_message(ANY, field(1, "a") + unknown + field(3, "n")) == {"name": "a", "namespace": "n"}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0a\x05abc", "unexpected EOF"),
        (b"\x0a", "unexpected EOF"),
        (b"\x80", "unexpected EOF"),
        (field(7, 1)[:-1], "unexpected EOF"),
        (field(9, b"\x08"), "unexpected EOF"),
        (field(999, "text")[:-1], "unexpected EOF"),
        (b"\x0a" + b"\xff" * 11, "proto: integer overflow"),
        (b"\xff" * 11, "proto: integer overflow"),
        (field(1, 5), "proto: wrong wireType = 0 for field 1"),
        (b"\x00\x00", "proto: illegal tag 0 (wire type 0)"),
        (varint(999 << 3 | 7), "proto: illegal wireType 7"),
        (varint(999 << 3 | 4), "proto: wiretype end group for non-group"),
        (b"\x0a\x01\xff", "a text is not UTF-8"),
    ],
)
def test_bad_bytes_are_refused_in_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        decode_message(ANY, data)


def test_a_field_cannot_reach_beyond_its_message() -> None:
    # The label's value is said to be longer than the entry in which it stands.
    entry = field(1, "a") + b"\x12\x04b"
    with pytest.raises(ValueError, match="unexpected EOF"):
        decode_message(ANY, field(11, entry) + b"beyond")


def nested(levels: int) -> bytes:
    schema = b""
    for _ in range(levels):
        schema = field(28, schema)
    return schema


def test_depth_is_bounded() -> None:
    schema = "apiextensions.k8s.io/v1.JSONSchemaProps"
    assert decode_message(schema, nested(199))
    for deep in (nested(200), nested(5000), field(8, field(1, "[" * 250 + "]" * 250))):
        with pytest.raises(ValueError, match="exceeded max depth"):
            decode_message(schema, deep)


def test_json_inside_counts_with_what_is_around_it() -> None:
    revision = "apps/v1.ControllerRevision"
    assert decode_message(revision, field(2, field(1, "[" * 8 + "]" * 8)), depth_max=9)
    with pytest.raises(ValueError, match="exceeded max depth"):
        decode_message(revision, field(2, field(1, "[" * 9 + "]" * 9)), depth_max=9)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        ("v1.PodSpec", field(2, b"") * (FIELDS_MAX + 1)),
        ("v1.PodSpec", field(999, b"") * (FIELDS_MAX + 1)),
        ("v1.PodSpec", varint(999 << 3 | 3) * (FIELDS_MAX + 1)),
        ("v1.PodSecurityContext", field(4, b"\x01" * (FIELDS_MAX + 1))),
    ],
)
def test_the_number_of_fields_is_bounded(message: str, data: bytes) -> None:
    with pytest.raises(ValueError, match="more than 100000 fields"):
        decode_message(message, data)


def try_to_read(body: bytes) -> None:
    try:
        found = open_envelope(body)
        message = message_for(found.api_version, found.kind)
        if message:
            json.dumps(decode_message(message, found.raw))
    except ValueError:
        pass


@pytest.mark.parametrize("record", RECORDED, ids=[f"{r['kubectl']} {r['command'][:40]}" for r in RECORDED])
def test_damaged_bodies_are_read_or_refused_and_nothing_else(record: dict[str, str]) -> None:
    body = bytes.fromhex(record["body"])
    for end in range(len(body)):
        try_to_read(body[:end])
    chance = random.Random(body)
    for _ in range(500):
        damaged = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(MAGIC), len(damaged))] = chance.randrange(256)
        try_to_read(bytes(damaged))


def test_noise_is_read_or_refused_and_nothing_else() -> None:
    chance = random.Random(36)
    for _ in range(3000):
        noise = chance.randbytes(chance.randrange(60))
        try_to_read(envelope("v1", "Pod", noise))
        try_to_read(envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", noise))
