from __future__ import annotations

import pytest

from wherry.api.object_meta import validate_object_meta
from wherry.apimachinery.meta import ObjectMeta, OwnerReference
from wherry.apimachinery.names import dns1123_label


def owner(name: str, *, controller: bool | None = None) -> OwnerReference:
    return OwnerReference(api_version="apps/v1", kind="ReplicaSet", name=name, uid=f"uid-{name}", controller=controller)


@pytest.mark.parametrize(
    ("meta", "beginnings"),
    [
        (ObjectMeta(name="a", namespace="default"), []),
        (ObjectMeta(name="a.b", namespace="default"), []),
        (ObjectMeta(generate_name="a-", name="a-x2bcd", namespace="default"), []),
        (ObjectMeta(namespace="default"), ["metadata.name: Required value: name or generateName is required"]),
        (
            ObjectMeta(name="Bad_Name", namespace="d"),
            ['metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123'],
        ),
        (ObjectMeta(name="a"), ["metadata.namespace: Required value"]),
        (ObjectMeta(name="a", namespace="d", labels={"-": "x"}), ['metadata.labels: Invalid value: "-": ']),
        (ObjectMeta(name="a", namespace="d", labels={"k": "a b"}), ['metadata.labels: Invalid value: "a b": ']),
        (ObjectMeta(name="a", namespace="d", annotations={"Example.COM/k": "any text"}), []),
        (
            ObjectMeta(name="a", namespace="d", annotations={"k": "x" * 262144}),
            ["metadata.annotations: Too long: may not be more than 262144 bytes"],
        ),
        (
            ObjectMeta(name="a", namespace="d", finalizers=("mine",)),
            ['metadata.finalizers: Invalid value: "mine": name is neither a standard finalizer name'],
        ),
        (ObjectMeta(name="a", namespace="d", finalizers=("example.com/mine", "foregroundDeletion")), []),
        (
            ObjectMeta(
                name="a", namespace="d", owner_references=(owner("x", controller=True), owner("y", controller=True))
            ),
            ['metadata.ownerReferences: Invalid value: "y": Only one reference can have Controller set to true.'],
        ),
        (
            ObjectMeta(name="a", namespace="d", owner_references=(owner(""),)),
            ['metadata.ownerReferences[0].name: Invalid value: "": must not be empty'],
        ),
    ],
)
def test_metadata_is_refused_in_the_words_of_kubernetes(meta: ObjectMeta, beginnings: list[str]) -> None:
    errors = [str(error) for error in validate_object_meta(meta, namespaced=True)]
    assert len(errors) == len(beginnings)
    for error, beginning in zip(errors, beginnings, strict=True):
        assert error.startswith(beginning)


def test_a_cluster_wide_object_has_no_namespace() -> None:
    errors = validate_object_meta(ObjectMeta(name="n", namespace="d"), namespaced=False)
    assert [str(error) for error in errors] == ["metadata.namespace: Forbidden: not allowed on this type"]


def test_a_kind_can_have_a_stricter_rule_for_names() -> None:
    errors = validate_object_meta(ObjectMeta(name="a.b"), namespaced=False, name_rule=dns1123_label)
    assert [error.field for error in errors] == ["metadata.name"]


def test_identity_is_for_life() -> None:
    old = ObjectMeta(name="a", namespace="d", uid="1", creation_timestamp="2026-11-23T07:00:00Z", generation=2)
    new = ObjectMeta(name="a", namespace="d", uid="2", creation_timestamp="2026-11-23T07:00:01Z", generation=1)
    errors = [str(error) for error in validate_object_meta(new, old, namespaced=True)]
    assert errors == [
        "metadata.generation: Invalid value: 1: must not be decremented",
        'metadata.uid: Invalid value: "2": field is immutable',
        'metadata.creationTimestamp: Invalid value: "2026-11-23T07:00:01Z": field is immutable',
    ]


def test_nobody_holds_on_to_an_object_that_is_being_deleted() -> None:
    old = ObjectMeta(name="a", namespace="d", deletion_timestamp="2026-11-23T07:00:00Z", finalizers=("a.b/c",))
    new = ObjectMeta(name="a", namespace="d", deletion_timestamp="2026-11-23T07:00:00Z", finalizers=("a.b/c", "a.b/d"))
    errors = [str(error) for error in validate_object_meta(new, old, namespaced=True)]
    assert errors == [
        "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, "
        'found new finalizers []string{"a.b/d"}'
    ]
