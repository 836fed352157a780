"""The table of field numbers, and how kinds are found in it."""

from __future__ import annotations

import re

import pytest

from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.definition_defaults import definition_of
from wherry.apimachinery.definitions import definitions
from wherry.apimachinery.protobuf.layout import _table, entries_of, message, message_for
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


VALUES_WITHOUT_FIELDS = set(CONVERSIONS)
"""They are a text, a number or any JSON there."""


def names_in_json(name: str) -> set[str]:
    found: set[str] = set()
    for entry in entries_of(name).values():
        found |= names_in_json(entry.type) if "i" in entry.flags else {entry.name}
    return found


MESSAGES = {definition_of(name): name for name in _table()}
STABLE = sorted(name for name in definitions() if not re.search(r"\.v\d+(alpha|beta)\d+\.", name))


# GET /version answers in JSON only.
@pytest.mark.parametrize("definition", [name for name in STABLE if name != "io.k8s.apimachinery.pkg.version.Info"])
def test_the_published_schema_and_the_table_have_the_same_fields(definition: str) -> None:
    name = MESSAGES[definition]
    schema = definitions()[definition]
    if name in VALUES_WITHOUT_FIELDS:
        return
    described, numbered = set(schema.get("properties", {})), names_in_json(name)  # type: ignore[call-overload] # a dict
    if "x-kubernetes-group-version-kind" in schema:
        # The envelope says these two.
        described, numbered = described - {"apiVersion", "kind"}, numbered - {"apiVersion", "kind"}
    assert described == numbered


def test_what_has_no_published_schema_is_part_of_others_or_never_kept() -> None:
    alone = {name for name in _table() if definition_of(name) not in definitions()}
    never_kept = ("admission.k8s.io/", "apidiscovery.k8s.io/", "meta/v1.", "runtime.", "resource.")
    inline = {entry.type for name in _table() for entry in entries_of(name).values() if "i" in entry.flags}
    parts = {name for name in alone if name in inline or name.startswith(never_kept) or name in CONVERSIONS}
    # Options of URLs, reviews sent to webhooks, annotations in JSON, types that were never served.
    others = alone - parts
    assert all(
        re.search(r"Options$|\.Conversion(Request|Response|Review)$|^autoscaling/v1\.|^v1\.[A-Z]\w+$", name)
        for name in others
    ), others


def test_zero_says_something_in_pointers_and_in_what_is_never_left_out() -> None:
    by_name = {entry.name: entry for entry in entries_of("apps/v1.DeploymentSpec").values()}
    assert by_name["replicas"].keeps_zero
    assert not by_name["minReadySeconds"].keeps_zero
    assert by_name["selector"].keeps_zero


def test_the_table_knows_defaults_of_the_description() -> None:
    ports = {entry.name: entry.default for entry in entries_of("v1.ContainerPort").values()}
    assert ports["protocol"] == "TCP"
    assert ports["name"] is None
