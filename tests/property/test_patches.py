from __future__ import annotations

import copy

import orjson
from hypothesis import given
from hypothesis import strategies as st

from wherry.apimachinery.document import Document
from wherry.apimachinery.patch.json_patch import apply_json_patch
from wherry.apimachinery.patch.merge_patch import apply_merge_patch, create_merge_patch, is_same_json
from wherry.apimachinery.patch.strategic_merge import apply_strategic_merge_patch
from wherry.apimachinery.schema import schema_for_kind

POD = schema_for_kind("", "v1", "Pod")

scalars = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["", "x", "y"]))
keys = st.sampled_from(["a", "b", "c", "spec"])


def documents(leaves: st.SearchStrategy[object]) -> st.SearchStrategy[Document]:
    inner = st.recursive(
        leaves,
        lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(keys, below, max_size=3)),
        max_leaves=8,
    )
    return st.dictionaries(keys, inner, max_size=3)


objects = documents(scalars)
patches = documents(st.one_of(scalars, st.none()))

names = st.sampled_from(["a", "b", "c", "d"])
containers = st.lists(
    st.fixed_dictionaries({"name": names}, optional={"image": st.sampled_from(["i:1", "i:2"]), "tty": st.booleans()}),
    unique_by=lambda container: container["name"],
    max_size=4,
)
pods = st.builds(lambda items: {"spec": {"containers": items}}, containers)


@given(objects, objects)
def test_a_created_merge_patch_leads_to_the_goal(old: Document, new: Document) -> None:
    assert is_same_json(apply_merge_patch(old, create_merge_patch(old, new)), new)


@given(objects, patches)
def test_a_merge_patch_applied_twice_is_as_once(document: Document, patch: Document) -> None:
    before = copy.deepcopy((document, patch))
    once = apply_merge_patch(document, patch)
    assert apply_merge_patch(once, patch) == once
    assert (document, patch) == before


@given(objects)
def test_an_empty_patch_changes_nothing(document: Document) -> None:
    assert apply_merge_patch(document, {}) == document
    assert apply_strategic_merge_patch(document, {}, POD) == document
    assert apply_json_patch(document, []) == document


@given(objects, patches)
def test_without_lists_to_merge_a_strategic_patch_is_a_merge_patch(document: Document, patch: Document) -> None:
    strategic = apply_strategic_merge_patch(document, patch, schema_for_kind("example.com", "v1", "Any"))
    merged = apply_merge_patch(document, patch)
    assert _without_nulls(strategic) == _without_nulls(merged)


@given(pods, pods)
def test_a_strategic_patch_applied_twice_is_as_once(document: Document, patch: Document) -> None:
    once = apply_strategic_merge_patch(document, patch, POD)
    assert _names(apply_strategic_merge_patch(once, patch, POD)) == _names(once)
    assert set(_names(once)) == set(_names(document)) | set(_names(patch))


@given(pods, st.permutations(["a", "b", "c", "d"]))
def test_a_demanded_order_is_kept(document: Document, order: list[str]) -> None:
    patch: Document = {"spec": {"$setElementOrder/containers": [{"name": name} for name in order]}}
    patched = _names(apply_strategic_merge_patch(document, patch, POD))
    assert patched == [name for name in order if name in _names(document)]


@given(pods, names)
def test_a_deleted_item_is_gone_and_the_rest_stays_in_order(document: Document, name: str) -> None:
    patch: Document = {"spec": {"containers": [{"name": name, "$patch": "delete"}]}}
    patched = apply_strategic_merge_patch(document, patch, POD)
    assert _names(patched) == [other for other in _names(document) if other != name]


@given(objects, objects)
def test_replacing_the_whole_by_json_patch_gives_the_new(old: Document, new: Document) -> None:
    operations = [{"op": "replace", "path": "", "value": new}]
    assert orjson.dumps(apply_json_patch(old, operations)) == orjson.dumps(new)


def _names(document: Document) -> list[str]:
    spec = document["spec"]
    assert isinstance(spec, dict)
    return [container["name"] for container in spec["containers"]]


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value if item is not None] if isinstance(value, list) else value
