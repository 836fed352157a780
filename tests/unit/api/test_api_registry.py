from __future__ import annotations

import copy

import pytest

from suites.sample_objects import BODIES, body_of, created, sample
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType

NOW_S = 1_795_417_500.0  # 2026-11-23T07:05:00Z

every_kind = pytest.mark.parametrize("resource", RESOURCE_TYPES, ids=lambda resource: resource.kind)


def test_every_kind_has_a_sample_and_every_name_is_used_once() -> None:
    names = {name for one in RESOURCE_TYPES for name in (one.kind, f"{one.api_version}/{one.kind}")}
    assert set(BODIES) <= names
    assert [one.plural for one in RESOURCE_TYPES if body_of(one) is None] == []
    urls = [resource.url() for resource in RESOURCE_TYPES]
    assert len(set(urls)) == len(urls)
    short = {(name, resource.kind) for resource in RESOURCE_TYPES for name in resource.short_names}
    assert len({name for name, _ in short}) == len(short)


@every_kind
def test_defaulting_twice_changes_nothing(resource: AnyResourceType) -> None:
    document = sample(resource)
    resource.default(document)
    once = copy.deepcopy(document)
    resource.default(document)
    assert document == once


@every_kind
def test_a_created_sample_is_valid_and_stays_valid_when_it_is_written_back(resource: AnyResourceType) -> None:
    document = created(resource)
    assert resource.validate(document, None) == []
    again = copy.deepcopy(document)
    resource.default(again)
    resource.prepare(again, document)
    assert again == document
    assert resource.validate(again, document) == []


@every_kind
def test_a_row_has_a_cell_for_every_column(resource: AnyResourceType) -> None:
    if resource.row is None:
        assert resource.kind == "Binding"
        return
    cells = resource.row(created(resource), NOW_S)
    assert len(cells) == len(resource.columns)
    for cell, column in zip(cells, resource.columns, strict=True):
        wanted: tuple[type, ...] = {"integer": (int,), "boolean": (bool, str)}.get(column.type, (str,))
        assert isinstance(cell, wanted), column.name


@every_kind
def test_selectable_fields_read_a_created_sample(resource: AnyResourceType) -> None:
    for getter in resource.selectable_fields.values():
        assert isinstance(getter(created(resource)), str)


@every_kind
def test_an_empty_object_gives_field_errors_and_no_crash(resource: AnyResourceType) -> None:
    document: dict[str, object] = {"metadata": {"name": "x", "namespace": "default"}}
    resource.default(document)
    for error in resource.validate(document, None):
        assert error.field
        assert error.message
