from __future__ import annotations

import pytest

from suites.sample_objects import created
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import custom_merge_type, merge_type_for_kind
from wherry.apimachinery.patch.field_set import FieldSet
from wherry.apimachinery.patch.managed_fields import (
    Managers,
    Owned,
    all_but_status,
    applier,
    created_by,
    have_other_times_only,
    only_status,
    parse_entries,
    read_entries,
    track,
    updater,
    whole_object,
    write_entries,
)
from wherry.apimachinery.patch.typed import compare
from wherry.apimachinery.resource_type import AnyResourceType

CONFIG_MAP = merge_type_for_kind("", "v1", "ConfigMap")
POD = merge_type_for_kind("", "v1", "Pod")


def write(managers: Managers, old: Document, new: Document, name: str, now: str = "T1") -> Managers:
    return track(managers, compare(CONFIG_MAP, old, new), updater(name, "v1"), "v1", now)


def test_who_creates_an_object_owns_it_but_not_its_identity() -> None:
    metadata = {"name": "c", "namespace": "n", "uid": "u", "labels": {"a": "b"}, "creationTimestamp": "t"}
    made = write({}, {}, {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": {"a": "1"}}, "curl")
    assert write_entries(made) == [
        {
            "manager": "curl",
            "operation": "Update",
            "apiVersion": "v1",
            "time": "T1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {".": {}, "f:a": {}}, "f:metadata": {"f:labels": {".": {}, "f:a": {}}}},
        }
    ]


def test_who_changes_a_field_owns_it_and_who_had_it_loses_it() -> None:
    old: Document = {"data": {"a": "1", "b": "1"}}
    made = write({}, {}, old, "one", "T1")
    after = write(made, old, {"data": {"a": "2", "b": "1"}}, "two", "T2")
    assert after[updater("one", "v1")] == Owned("v1", {"f:data": {".": {}, "f:b": {}}}, "T1")
    assert after[updater("two", "v1")] == Owned("v1", {"f:data": {"f:a": {}}}, "T2")


def test_who_takes_a_field_away_takes_it_from_everybody_and_owns_nothing() -> None:
    old: Document = {"data": {"a": "1"}}
    made = write({}, {}, old, "one")
    assert write(made, old, {"data": {}}, "two") == {updater("one", "v1"): Owned("v1", {"f:data": {}}, "T1")}
    assert write(made, old, {}, "two") == {}


def test_an_update_without_a_difference_changes_nothing() -> None:
    old: Document = {"data": {"a": "1"}}
    made = write({}, {}, old, "one")
    assert write(made, old, {"data": {"a": "1"}}, "two", "T2") is made


def test_the_same_program_is_another_manager_for_each_version_and_subresource() -> None:
    managers: Managers = {}
    for version, subresource in (("v1", ""), ("v2", ""), ("v1", "status")):
        comparison = compare(CONFIG_MAP, {}, {"data": {version + subresource: "1"}})
        managers = track(managers, comparison, updater("me", version, subresource), version, "T1")
    assert len(managers) == 3
    assert applier("me") in {applier("me"): 1}


def test_the_oldest_of_too_many_updaters_are_put_into_one_entry() -> None:
    managers: Managers = {}
    document: Document = {}
    for number in range(12):
        new: Document = {"data": {**document.get("data", {}), f"k{number:02}": "1"}}  # type: ignore[dict-item]
        managers = write(managers, document, new, f"m{number:02}", f"T{number:02}")
        document = new
    assert len(managers) == 10
    ancient = managers[updater("ancient-changes", "v1")]
    assert ancient == Owned("v1", {"f:data": {".": {}, "f:k00": {}, "f:k01": {}, "f:k02": {}}}, "T02")
    assert updater("m03", "v1") in managers


def test_appliers_come_first_and_then_the_oldest() -> None:
    fields: FieldSet = {"f:data": {}}
    managers: Managers = {
        updater("late", "v1"): Owned("v1", fields, "T2"),
        updater("early", "v1", "status"): Owned("v1", fields, "T1"),
        updater("timeless", "v1"): Owned("v1", fields),
        applier("z"): Owned("v1", fields, "T9"),
    }
    entries = write_entries(managers)
    assert [entry["manager"] for entry in entries] == ["z", "timeless", "early", "late"]
    assert list(entries[2]) == [
        "manager", "operation", "apiVersion", "time", "fieldsType", "fieldsV1", "subresource",
    ]  # fmt: skip
    assert "time" not in entries[1]
    assert read_entries(entries) == managers


ENTRY: Document = {"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"operation": "Delete"}, "operation must be `Apply` or `Update`"),
        ({"operation": ""}, "operation must be `Apply` or `Update`"),
        ({"apiVersion": ""}, "apiVersion must not be empty"),
        ({"fieldsType": ""}, "missing fieldsType in managed fields entry 1"),
        ({"fieldsType": "FieldsV2"}, 'invalid fieldsType "FieldsV2" in managed fields entry 1'),
        ({"fieldsV1": {"data": {}}}, "missing colon: data"),
    ],
)
def test_entries_that_say_nothing_sensible_are_refused(change: Document, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("`", ".")):
        parse_entries([ENTRY, {**ENTRY, **change}])


def test_each_url_tracks_what_it_can_change() -> None:
    new: Document = {
        "metadata": {"annotations": {"a": "b"}, "labels": {"a": "b"}},
        "spec": {"nodeName": "n"},
        "status": {"phase": "Running"},
    }
    changed = compare(POD, {}, new).changed
    annotations: FieldSet = {".": {}, "f:a": {}}
    assert only_status(changed) == {"f:metadata": {"f:annotations": annotations}, "f:status": {"f:phase": {}}}
    assert all_but_status(changed) == {
        "f:metadata": {"f:annotations": annotations, "f:labels": annotations},
        "f:spec": {"f:nodeName": {}},
    }


def test_times_alone_make_no_difference() -> None:
    other: Document = {**ENTRY, "manager": "n"}
    assert have_other_times_only([{**ENTRY, "time": "T1"}, other], [other, {**ENTRY, "time": "T2"}])
    assert not have_other_times_only([ENTRY], [other])
    assert not have_other_times_only([ENTRY], [])


@pytest.mark.parametrize("resource", RESOURCE_TYPES, ids=lambda resource: f"{resource.api_version}/{resource.kind}")
def test_a_new_objects_owner_is_the_one_that_tracking_from_nothing_finds(resource: AnyResourceType) -> None:
    document = created(resource)
    kind = merge_type_for_kind(resource.group, resource.version, resource.kind)
    by = updater("kubectl", resource.api_version)
    scope = all_but_status if resource.has_status else whole_object
    tracked = track({}, compare(kind, {}, document), by, resource.api_version, "now", scope=scope)
    assert created_by(by, kind, document, "now", has_status=resource.has_status) == tracked


def test_nobody_owns_a_new_object_that_says_nothing_but_its_name() -> None:
    document: Document = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "a"}}
    by = updater("kubectl", "example.org/v1")
    assert created_by(by, custom_merge_type(None), document, "now", has_status=True) == {}
