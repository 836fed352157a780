from __future__ import annotations

import pytest

from wherry.apimachinery.merge_type import merge_type_for_kind, merge_type_from_schema
from wherry.apimachinery.patch.field_set import from_paths
from wherry.apimachinery.patch.merging import collapse, merge, take_out, with_structs

POD = merge_type_for_kind("", "v1", "Pod")
LETTERS = merge_type_from_schema({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}})


def test_maps_are_united_and_plain_values_replaced() -> None:
    live = {"metadata": {"labels": {"a": "1", "b": "2"}}, "spec": {"nodeName": "n", "nodeSelector": {"x": "1"}}}
    config = {"metadata": {"labels": {"b": "3"}}, "spec": {"nodeSelector": {"y": "2"}}}
    assert merge(POD, live, config) == {
        "metadata": {"labels": {"a": "1", "b": "3"}},
        "spec": {"nodeName": "n", "nodeSelector": {"y": "2"}},
    }


@pytest.mark.parametrize(
    ("live", "applied", "merged"),
    [
        ("abc", "", "abc"),
        ("", "abc", "abc"),
        ("abc", "b", "abc"),
        ("abc", "xb", "axbc"),
        ("abc", "cb", "acb"),
        ("abx", "ba", "bxa"),
        ("bxa", "ab", "xab"),
        ("ab", "bya", "bya"),
        ("aXbYc", "bcd", "aXbYcd"),
    ],
)
def test_the_applied_items_keep_their_order_and_the_others_their_place(live: str, applied: str, merged: str) -> None:
    assert merge(LETTERS, list(live), list(applied)) == list(merged)


def test_items_are_merged_by_key() -> None:
    live = {"spec": {"containers": [{"name": "a", "image": "a:1", "tty": True}, {"name": "b"}]}}
    config = {"spec": {"containers": [{"name": "a", "image": "a:2"}]}}
    assert merge(POD, live, config) == {
        "spec": {"containers": [{"name": "a", "image": "a:2", "tty": True}, {"name": "b"}]}
    }


def test_null_empties_a_plain_value_and_leaves_a_map_alone() -> None:
    live = {"spec": {"nodeName": "n"}, "metadata": {"labels": {"a": "1"}}}
    assert merge(POD, live, {"spec": {"nodeName": None}, "metadata": {"labels": None}}) == {
        "spec": {"nodeName": None},
        "metadata": {"labels": {"a": "1"}},
    }


def test_what_is_taken_out_leaves_no_empty_maps_and_lists() -> None:
    live = {"spec": {"containers": [{"name": "a", "image": "i"}], "nodeName": "n"}, "metadata": {"labels": {"a": "1"}}}
    item = ("f:spec", "f:containers", 'k:{"name":"a"}')
    assert take_out(POD, live, from_paths([("f:metadata", "f:labels", "f:a"), (*item, "f:image")])) == {
        "spec": {"containers": [{"name": "a"}], "nodeName": "n"}
    }
    assert take_out(POD, live, from_paths([("f:metadata",), item])) == {"spec": {"nodeName": "n"}}


def test_who_owns_a_field_of_a_struct_keeps_the_struct_but_not_a_map() -> None:
    given = from_paths([("f:spec", "f:securityContext", "f:runAsUser"), ("f:metadata", "f:labels", "f:a")])
    assert with_structs(POD, given) == {
        "f:spec": {".": {}, "f:securityContext": {".": {}, "f:runAsUser": {}}},
        "f:metadata": {".": {}, "f:labels": {".": {}, "f:a": {}}},
    }


def test_a_map_or_list_that_has_become_atomic_is_owned_as_a_whole() -> None:
    given = from_paths(
        [("f:spec", "f:nodeSelector", "f:a"), ("f:spec", "f:tolerations", 'k:{"key":"a"}'), ("f:spec", "f:nodeName")]
    )
    assert collapse(POD, given) == {"f:spec": {"f:nodeSelector": {}, "f:tolerations": {}, "f:nodeName": {}}}
