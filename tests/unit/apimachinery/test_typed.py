from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import merge_type_for_kind, merge_type_from_schema
from wherry.apimachinery.patch.field_set import from_paths, paths, text_of
from wherry.apimachinery.patch.typed import compare

DEPLOYMENT = merge_type_for_kind("apps", "v1", "Deployment")
POD = merge_type_for_kind("", "v1", "Pod")
CONFIG_MAP = merge_type_for_kind("", "v1", "ConfigMap")


def shown(fields: object) -> list[str]:
    assert isinstance(fields, dict)
    return [text_of(path) for path in paths(fields)]


def test_a_map_that_is_new_belongs_to_its_author_and_one_that_was_there_does_not() -> None:
    assert shown(compare(CONFIG_MAP, {}, {"data": {"a": "1"}}).changed) == [".data", ".data.a"]
    assert shown(compare(CONFIG_MAP, {"data": {}}, {"data": {"a": "1"}}).changed) == [".data.a"]


def test_a_struct_that_go_always_writes_belongs_to_nobody() -> None:
    new: Document = {
        "spec": {"strategy": {"rollingUpdate": {"maxSurge": 1}}, "template": {"spec": {"hostNetwork": True}}}
    }
    assert shown(compare(DEPLOYMENT, {}, new).changed) == [
        ".spec.strategy.rollingUpdate",
        ".spec.strategy.rollingUpdate.maxSurge",
        ".spec.template.spec.hostNetwork",
    ]


def test_what_is_gone_is_gone_with_all_that_was_in_it() -> None:
    found = compare(CONFIG_MAP, {"data": {"a": "1", "b": "2"}, "immutable": True}, {"data": {"b": "3"}})
    assert shown(found.removed) == [".immutable", ".data.a"]
    assert shown(found.changed) == [".data.b"]
    assert shown(compare(CONFIG_MAP, {"data": {"a": "1"}}, {}).removed) == [".data", ".data.a"]


def test_items_are_told_apart_by_their_keys_wherever_they_stand() -> None:
    one, two = {"name": "one", "image": "i:1"}, {"name": "two", "image": "i:2"}
    old: Document = {"spec": {"containers": [one, two]}}
    assert compare(POD, old, {"spec": {"containers": [two, one]}}).is_same
    found = compare(POD, old, {"spec": {"containers": [{**two, "image": "i:3"}]}})
    assert shown(found.changed) == ['.spec.containers[name="two"].image']
    assert shown(found.removed) == [
        '.spec.containers[name="one"]',
        '.spec.containers[name="one"].image',
        '.spec.containers[name="one"].name',
    ]


def test_a_key_left_out_counts_as_its_default() -> None:
    port: Document = {"containerPort": 80}
    old: Document = {"spec": {"containers": [{"name": "c", "ports": [port]}]}}
    new: Document = {"spec": {"containers": [{"name": "c", "ports": [{**port, "protocol": "TCP"}]}]}}
    path = '.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].protocol'
    assert shown(compare(POD, old, new).changed) == [path]


def test_values_of_a_set_come_and_go_one_by_one() -> None:
    found = compare(POD, {"metadata": {"finalizers": ["a/a", "b/b"]}}, {"metadata": {"finalizers": ["b/b", "c/c"]}})
    assert shown(found.changed) == ['.metadata.finalizers[="c/c"]']
    assert shown(found.removed) == ['.metadata.finalizers[="a/a"]']


def test_what_is_atomic_changes_as_a_whole() -> None:
    old: Document = {"spec": {"nodeSelector": {"a": "1"}, "tolerations": [{"key": "a"}]}}
    new: Document = {"spec": {"nodeSelector": {"a": "1", "b": "2"}, "tolerations": []}}
    assert shown(compare(POD, old, new).changed) == [".spec.nodeSelector", ".spec.tolerations"]


def test_doubled_items_count_as_one() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    old: Document = {"spec": {"containers": [{"name": "c", "env": env}]}}
    assert compare(POD, old, old).is_same
    new: Document = {"spec": {"containers": [{"name": "c", "env": [env[0], {"name": "A", "value": "3"}]}]}}
    assert shown(compare(POD, old, new).changed) == ['.spec.containers[name="c"].env[name="A"]']


def test_a_value_that_becomes_another_kind_of_value_has_changed() -> None:
    free = merge_type_from_schema({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    assert shown(compare(free, {"a": {"b": 1}}, {"a": [1]}).changed) == [".a"]
    assert compare(free, {"a": {"b": 1}}, {"a": {"b": 1, "c": {"d": 2}}}).changed == from_paths(
        [("f:a", "f:c"), ("f:a", "f:c", "f:d")]
    )
