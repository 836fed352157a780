"""The laws of field sets, and of who owns what after applying and updating."""

from __future__ import annotations

from contextlib import suppress

import orjson
from hypothesis import assume, given
from hypothesis import strategies as st

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import merge_type_for_kind, merge_type_from_schema
from wherry.apimachinery.patch.apply import Application, Applied, ApplyConflict, apply_configuration
from wherry.apimachinery.patch.configuration import owned_by
from wherry.apimachinery.patch.field_set import (
    FieldSet,
    difference,
    from_paths,
    in_order,
    intersection,
    parse_fields,
    paths,
    union,
    without,
)
from wherry.apimachinery.patch.managed_fields import (
    Managers,
    applier,
    parse_entries,
    track,
    updater,
    write_entries,
)
from wherry.apimachinery.patch.merging import merge
from wherry.apimachinery.patch.typed import compare

KIND = merge_type_from_schema(
    {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "box": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
            "sealed": {
                "type": "object",
                "x-kubernetes-map-type": "atomic",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            },
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "order": {"type": "array", "items": {"type": "integer"}},
            "ports": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port", "protocol"],
                "items": {
                    "type": "object",
                    "properties": {
                        "port": {"type": "integer"},
                        "protocol": {"type": "string", "default": "TCP"},
                        "note": {"type": "string"},
                        "marks": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                },
            },
            "free": {"x-kubernetes-preserve-unknown-fields": True},
        },
    }
)

words = st.sampled_from(["x", "y", "z"])
numbers = st.integers(0, 3)
maps = st.dictionaries(words, words, max_size=3)
steps = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', 'k:{"name":"y"}', 'v:"x"', "v:10", "v:9", "i:0"])
sets = st.lists(st.lists(steps, min_size=1, max_size=3).map(tuple), max_size=6).map(from_paths)
ports = st.lists(
    st.fixed_dictionaries(
        {"port": numbers}, optional={"protocol": st.sampled_from(["TCP", "UDP"]), "note": words, "marks": maps}
    ),
    unique_by=lambda port: (port["port"], port.get("protocol", "TCP")),
    max_size=3,
)
boxes = st.fixed_dictionaries({}, optional={"a": numbers, "b": numbers})
configs = st.fixed_dictionaries(
    {},
    optional={
        "name": words, "labels": maps, "box": boxes, "sealed": boxes, "tags": st.lists(words, unique=True, max_size=3),
        "order": st.lists(numbers, max_size=3), "ports": ports,
        "free": st.dictionaries(words, st.one_of(words, maps), max_size=2),
    },
)  # fmt: skip


def members(fields: FieldSet) -> set[tuple[str, ...]]:
    return set(paths(fields))


@given(sets, sets, sets)
def test_field_sets_are_an_algebra(one: FieldSet, two: FieldSet, three: FieldSet) -> None:
    assert members(union(one, two)) == members(one) | members(two)
    assert members(intersection(one, two)) == members(one) & members(two)
    assert members(difference(one, two)) == members(one) - members(two)
    assert in_order(union(one, union(two, three))) == in_order(union(union(one, two), three))
    assert union(one, one) == one
    assert difference(union(one, two), two) == difference(one, two)


@given(sets, sets)
def test_taking_out_a_place_takes_out_what_is_below_it(one: FieldSet, two: FieldSet) -> None:
    gone = members(two)
    kept = {path for path in members(one) if not any(path[: len(place)] == place for place in gone)}
    assert members(without(one, two)) == kept


@given(sets)
def test_a_field_set_survives_being_written_and_read(fields: FieldSet) -> None:
    written = orjson.dumps(in_order(fields))
    assert parse_fields(orjson.loads(written)) == fields
    assert orjson.dumps(parse_fields(orjson.loads(written))) == written
    assert from_paths(list(paths(fields))) == fields


@given(configs, configs)
def test_managers_survive_being_written_and_read(one: Document, other: Document) -> None:
    managers = apply(apply({}, {}, one, "one").document, apply({}, {}, one, "one").managers, other, "other").managers
    assert parse_entries(orjson.loads(orjson.dumps(write_entries(managers)))) == managers


@given(configs, configs)
def test_applying_twice_is_as_applying_once(live: Document, config: Document) -> None:
    # Who names no field owns nothing, and then nobody remembers that they have been here.
    assume(owned_by(KIND, config) or not config)
    once = apply(live, {}, config, "me")
    twice = apply(once.document, once.managers, config, "me", now="T2")
    assert twice == once


@given(configs, configs)
def test_an_object_differs_from_itself_in_nothing(one: Document, other: Document) -> None:
    assert compare(KIND, one, one).is_same
    comparison = compare(KIND, one, other)
    assert comparison.is_same == (one == other)
    assert not members(comparison.changed) & members(comparison.removed)


@given(configs, configs)
def test_who_replaces_everything_owns_what_differs(one: Document, other: Document) -> None:
    first = track({}, compare(KIND, {}, one), updater("first", "v1"), "v1", "T1")
    both = track(first, compare(KIND, one, other), updater("second", "v1"), "v1", "T2")
    owned = [members(owned.fields) for owned in both.values()]
    assert not set.intersection(*owned) if len(owned) > 1 else True
    assert set().union(*owned) <= members(compare(KIND, {}, other).changed) | members(compare(KIND, {}, one).changed)


@given(configs, configs, configs)
def test_two_appliers_of_different_fields_come_to_the_same_in_either_order(
    live: Document, one: Document, other: Document
) -> None:
    other = {name: value for name, value in other.items() if name not in one}
    live["free"] = {"made": "before"}
    made = track({}, compare(KIND, {}, live), updater("maker", "v1"), "v1", "T0")
    first = apply(live, made, one, "one")
    one_first = apply(first.document, first.managers, other, "other")
    second = apply(live, made, other, "other")
    other_first = apply(second.document, second.managers, one, "one")
    assert one_first == other_first


@given(configs, configs, configs)
def test_what_an_applier_no_longer_names_goes_and_what_others_own_stays(
    mine: Document, theirs: Document, then: Document
) -> None:
    mine, theirs, then = filled(mine), filled(theirs), filled(then)
    first = apply({}, {}, mine, "me")
    both = apply(first.document, first.managers, theirs, "they")
    after = apply(both.document, both.managers, then, "me")
    # All that the other one has applied is still theirs, except what I have taken from them since.
    kept = after.managers.get(applier("they"))
    lost = members(owned_by(KIND, theirs)) - (members(kept.fields) if kept else set())
    assert all(any(path[: len(place)] == place for place in members(owned_by(KIND, then))) for path in lost)
    # And what only I had is gone, unless I name it still.
    claimed = members(owned_by(KIND, then)) | members(owned_by(KIND, theirs))
    gone = {path for path in members(owned_by(KIND, mine)) if not any(other[: len(path)] == path for other in claimed)}
    assert not gone & members(compare(KIND, {}, after.document).changed)


def filled(value: Document) -> Document:
    """Without maps and lists that hold nothing: they vanish with their last entry, whoever owns them."""
    kept = {key: _filled(item) for key, item in value.items()}
    return {key: item for key, item in kept.items() if item not in ({}, [])}


def _filled(value: object) -> object:
    if isinstance(value, list):
        return [_filled(item) for item in value]
    return filled(value) if isinstance(value, dict) else value


@given(configs, configs)
def test_the_applied_is_in_the_object(live: Document, config: Document) -> None:
    merged = merge(KIND, live, config)
    assert isinstance(merged, dict)
    assert merge(KIND, merged, config) == merged
    assert members(owned_by(KIND, config)) <= members(compare(KIND, {}, merged).changed)


@given(configs, configs, configs)
def test_without_force_nobody_loses_anything(live: Document, one: Document, other: Document) -> None:
    first = apply(live, {}, one, "one")
    with suppress(ApplyConflict):
        second = apply(first.document, first.managers, other, "other", force=False)
        for key, owned in first.managers.items():
            assert second.managers[key] == owned


def test_a_pod_survives_the_same() -> None:
    kind = merge_type_for_kind("", "v1", "Pod")
    pod: Document = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "i"}]}}
    assert list(paths(compare(kind, {}, pod).changed)) == [
        ("f:metadata", "f:name"),
        ("f:spec", "f:containers", 'k:{"name":"a"}'),
        ("f:spec", "f:containers", 'k:{"name":"a"}', "f:image"),
        ("f:spec", "f:containers", 'k:{"name":"a"}', "f:name"),
    ]


def apply(
    live: Document, managers: Managers, config: Document, name: str, *, now: str = "T1", force: bool = True
) -> Applied:
    return apply_configuration(Application(KIND, config, applier(name), "v1", now, force), live, managers)
