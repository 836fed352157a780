"""The table of field numbers, and how kinds are found in it."""

from __future__ import annotations

import pytest

from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.protobuf.layout import _table, message, message_for
from wherry.apimachinery.protobuf.special import CONVERSIONS
from wherry.apimachinery.resource_type import AnyResourceType


@pytest.mark.parametrize("resource", RESOURCE_TYPES, ids=lambda resource: resource.kind)
def test_every_kind_has_a_layout(resource: AnyResourceType) -> None:
    fields = message(message_for(resource.api_version, resource.kind)).fields
    assert "metadata" in {field.name for field in fields.values()}


def test_options_belong_to_every_group() -> None:
    assert message_for("apps/v1", "DeleteOptions") == message_for("", "DeleteOptions") == "meta/v1.DeleteOptions"


def test_kinds_that_kubernetes_does_not_have_are_unknown() -> None:
    assert message_for("example.org/v1", "Sunset") == ""


def test_every_type_that_is_mentioned_is_in_the_table() -> None:
    for name in _table():
        for field in message(name).fields.values():
            if field.is_map:
                assert message(field.type).numbers == {1, 2}
            elif field.is_message:
                assert field.type in _table()


def test_every_conversion_is_of_a_message_in_the_table() -> None:
    assert set(CONVERSIONS) <= set(_table())
