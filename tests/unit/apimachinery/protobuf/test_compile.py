"""The functions that write messages are made when they are needed, from the table alone."""

from __future__ import annotations

import pytest

from wherry.apimachinery.protobuf.compile import encoder
from wherry.apimachinery.protobuf.decode import decode_message


def test_a_message_that_contains_itself_can_be_written() -> None:
    schema = {"items": {"properties": {"a": {"items": {"type": "string"}}}}}
    name = "apiextensions.k8s.io/v1.JSONSchemaProps"
    assert decode_message(name, encoder(name)(schema)) == schema


def test_a_function_is_made_once() -> None:
    assert encoder("v1.PodSpec") is encoder("v1.PodSpec")


def test_an_unknown_message_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        encoder("v1.Sunset")


def test_fields_that_the_message_does_not_have_are_left_out() -> None:
    assert encoder("v1.Toleration")({"key": "a", "sunset": True}) == encoder("v1.Toleration")({"key": "a"})
