"""Protobuf from anybody: whatever the bytes are, they are an object or a ValueError with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from suites.filled_documents import filled
from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.decode import MAGIC, decode_message, open_envelope
from wherry.apimachinery.protobuf.encode import encode_message
from wherry.apimachinery.protobuf.layout import entries_of, message_for, message_names

RECORDED = [
    bytes.fromhex(record["body"])
    for record in json.loads((Path(__file__).parents[1] / "unit/apimachinery/protobuf/recorded.json").read_text())
]
KINDS = sorted(name for name in message_names() if "metadata" in {entry.name for entry in entries_of(name).values()})
FILLED = {name: encode_message(name, filled(name, 1)) for name in KINDS}


def is_judged(body: bytes) -> bool:
    """Whether a body is an object, or refused with a sentence."""
    try:
        envelope = open_envelope(body)
    except ValueError as error:
        return bool(str(error))
    return is_read_or_refused(message_for(envelope.api_version, envelope.kind) or "v1.Pod", envelope.raw)


def is_read_or_refused(name: str, raw: bytes) -> bool:
    """The same for the bytes of a message."""
    try:
        return isinstance(decode_message(name, raw), dict)
    except ValueError as error:
        return bool(str(error))


@given(st.sampled_from(RECORDED), st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_body_is_read_or_refused(body: bytes, data: st.DataObject) -> None:
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        match data.draw(st.sampled_from(("set", "cut", "insert"))):
            case "set":
                changed[place] = data.draw(st.integers(0, 255))
            case "cut":
                del changed[place : place + data.draw(st.integers(1, 8))]
            case _:
                changed[place:place] = data.draw(st.binary(max_size=12))
        changed = changed or bytearray(b"x")
    assert is_judged(bytes(changed))


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=300, deadline=None)
def test_a_damaged_object_of_any_kind_is_read_or_refused(name: str, data: st.DataObject) -> None:
    changed = bytearray(FILLED[name])
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assert is_read_or_refused(name, bytes(changed))


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_refused(body: bytes, begins_right: bool) -> None:
    assert is_judged(MAGIC + body if begins_right else body)


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=100, deadline=None)
def test_every_shorter_body_is_refused_or_an_object(name: str, data: st.DataObject) -> None:
    whole = FILLED[name]
    cut = data.draw(st.integers(0, len(whole)))
    assert is_read_or_refused(name, whole[:cut])


texts = st.text(st.characters(codec="utf-8"), max_size=20)
documents = st.fixed_dictionaries(
    {},
    optional={
        "data": st.dictionaries(texts, texts, min_size=1, max_size=5),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "name": texts.filter(bool),
                "labels": st.dictionaries(texts, texts, min_size=1),
                "generation": st.integers(-(2**63), 2**63 - 1).filter(bool),
                "finalizers": st.lists(texts, min_size=1),
            },
        ),
    },
)


@given(documents)
def test_what_is_written_is_read_again(document: Document) -> None:
    document.setdefault("metadata", {})
    assert decode_message("v1.ConfigMap", encode_message("v1.ConfigMap", document)) == document
