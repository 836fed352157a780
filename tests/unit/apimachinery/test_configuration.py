from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import merge_type_for_kind
from wherry.apimachinery.patch.configuration import TypedError, owned_by
from wherry.apimachinery.patch.field_set import paths, text_of

POD = merge_type_for_kind("", "v1", "Pod")
CONFIG_MAP = merge_type_for_kind("", "v1", "ConfigMap")


def owned(config: Document) -> list[str]:
    return [text_of(path) for path in paths(owned_by(POD, config))]


def pod(**spec: object) -> Document:
    return {"spec": spec}


def test_an_applier_owns_the_fields_but_not_the_structs_around_them() -> None:
    assert owned(pod(hostNetwork=True)) == [".spec.hostNetwork"]
    assert owned({"metadata": {"labels": {"app": "web"}}}) == [".metadata.labels.app"]


def test_list_items_are_owned_with_their_fields() -> None:
    assert owned(pod(containers=[{"name": "c", "image": "i"}])) == [
        '.spec.containers[name="c"]',
        '.spec.containers[name="c"].image',
        '.spec.containers[name="c"].name',
    ]


def test_empty_structs_and_nulls_are_owned_and_empty_lists_are_not() -> None:
    assert owned(pod(securityContext={}, containers=[], nodeName=None)) == [".spec.nodeName", ".spec.securityContext"]
    assert owned(pod(tolerations=[], nodeSelector={"a": "b"})) == [".spec.nodeSelector", ".spec.tolerations"]


C = '.spec.containers[name="c"]'
KEYED = ".spec.containers: element 0: associative list with keys"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"unknownField": 1}, ".spec.unknownField: field not declared in schema"),
        (
            {"containers": [{"name": "c", "env": [{"name": "A"}, {"name": "A"}]}]},
            f'{C}.env: duplicate entries for key [name="A"]',
        ),
        (
            {"containers": [{"image": "i"}]},
            f'{KEYED} has an element that omits key field "name" (and doesn\'t have default value)',
        ),
        ({"containers": [None]}, f"{KEYED} may not have a null element"),
        ({"containers": ["c"]}, f"{KEYED} may not have non-map elements"),
        ({"containers": {"a": 1}}, ".spec.containers: expected list, got &{map[a:1]}"),
        ({"hostNetwork": "yes"}, ".spec.hostNetwork: expected boolean, got &{yes}"),
        ({"activeDeadlineSeconds": "1"}, ".spec.activeDeadlineSeconds: expected numeric (int or float), got string"),
        ({"activeDeadlineSeconds": True}, ".spec.activeDeadlineSeconds: expected numeric (int or float), got bool"),
        ({"nodeName": 1}, ".spec.nodeName: expected string, got &value.valueUnstructured{Value:1}"),
        ({"nodeName": []}, ".spec.nodeName: expected string, got &value.valueUnstructured{Value:[]interface {}{}}"),
        ({"affinity": 300}, ".spec.affinity: expected map, got &{300}"),
        ({"securityContext": [{}]}, ".spec.securityContext: expected map, got &{[map[]]}"),
        ({"tolerations": [{"x": 1}]}, ".spec.tolerations[0].x: field not declared in schema"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_in_kubernetes_words(spec: Document, message: str) -> None:
    with pytest.raises(TypedError) as error:
        owned(pod(**spec))
    assert str(error.value) == message


def test_all_that_does_not_fit_is_named_at_once() -> None:
    with pytest.raises(TypedError) as error:
        owned(pod(a=1, b=2))
    assert str(error.value) == (
        "errors:\n  .spec.a: field not declared in schema\n  .spec.b: field not declared in schema"
    )


def test_values_of_a_set_must_be_plain_and_different() -> None:
    for finalizers, message in (
        (["a", "a"], '.metadata.finalizers: duplicate entries for key [="a"]'),
        ([{}], ".metadata.finalizers: element 0: associative list without keys has an element that's a map type"),
        (
            [None],
            ".metadata.finalizers: element 0: associative list without keys has an element that's an explicit null",
        ),
    ):
        with pytest.raises(TypedError) as error:
            owned({"metadata": {"finalizers": finalizers}})
        assert str(error.value) == message


def test_numbers_are_no_texts_in_a_config_map() -> None:
    with pytest.raises(TypedError, match=r"\.data\.a: expected string, got &value\.valueUnstructured\{Value:1\}"):
        owned_by(CONFIG_MAP, {"data": {"a": 1}})
