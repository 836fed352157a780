"""The copy of a kind and its indices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.api.core.configmap import ConfigMap
from wherry.apimachinery.meta import ObjectMeta, OwnerReference
from wherry.client.indexer import Indexer, meta_of


def thing(namespace: str, name: str, *owners: str, revision: int = 1) -> ConfigMap:
    references = tuple(OwnerReference(api_version="v1", kind="Pod", name=uid, uid=uid) for uid in owners)
    meta = ObjectMeta(namespace=namespace, name=name, resource_version=str(revision), owner_references=references)
    return ConfigMap(metadata=meta, data={"owners": str(len(owners))})


def test_objects_are_found_by_name_namespace_and_owner() -> None:
    indexer: Indexer[ConfigMap] = Indexer()
    a, b, c = thing("one", "a", "u1"), thing("one", "b", "u1", "u2"), thing("two", "a")
    for each in (a, b, c):
        assert indexer.put(each) is None
    assert indexer.get("one", "a") is a
    assert indexer.get("one", "zzz") is None
    assert indexer.list("one") == [a, b]
    assert indexer.list("none") == []
    assert len(indexer.list()) == len(indexer) == 3
    assert indexer.owned_by("u1") == [a, b]
    assert indexer.owned_by("u2") == [b]


def test_a_changed_owner_moves_the_object_in_the_index() -> None:
    indexer: Indexer[ConfigMap] = Indexer()
    old, new = thing("one", "a", "u1"), thing("one", "a", "u2")
    indexer.put(old)
    assert indexer.put(new) is old
    assert indexer.owned_by("u1") == []
    assert indexer.owned_by("u2") == [new]
    assert indexer.remove("one", "a") is new
    assert indexer.remove("one", "a") is None
    assert indexer.owned_by("u2") == []


def test_an_index_can_be_added_later_and_is_kept_current() -> None:
    indexer: Indexer[ConfigMap] = Indexer()
    indexer.put(thing("one", "a", "u1"))
    indexer.add_index("owners", lambda each: [each.data["owners"]])
    indexer.put(thing("one", "b"))
    assert [each.metadata.name for each in indexer.by_index("owners", "1")] == ["a"]
    assert [each.metadata.name for each in indexer.by_index("owners", "0")] == ["b"]
    with pytest.raises(KeyError):
        indexer.by_index("unknown", "")


def test_what_has_no_metadata_is_no_api_object() -> None:
    with pytest.raises(AssertionError):
        meta_of(ObjectMeta(name="x"))


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from("xyz"), st.sets(st.sampled_from("uv"))))
)
def test_all_indices_agree_with_the_objects(steps: list[tuple[bool, str, str, set[str]]]) -> None:
    indexer: Indexer[ConfigMap] = Indexer()
    model: dict[tuple[str, str], ConfigMap] = {}
    for is_put, namespace, name, owners in steps:
        if is_put:
            model[namespace, name] = thing(namespace, name, *owners)
            indexer.put(model[namespace, name])
        else:
            assert indexer.remove(namespace, name) is model.pop((namespace, name), None)
    assert {meta_of(each).key: each for each in indexer} == model
    for namespace in "ab":
        assert {each.metadata.name for each in indexer.list(namespace)} == {
            key[1] for key in model if key[0] == namespace
        }
    for uid in "uv":
        owned = {each.metadata.key for each in indexer.owned_by(uid)}
        assert owned == {
            key for key, each in model.items() if any(owner.uid == uid for owner in each.metadata.owner_references)
        }
