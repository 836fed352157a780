from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import (
    DEDUCED,
    MergeType,
    custom_merge_type,
    merge_type_for_kind,
    merge_type_from_schema,
)

POD = merge_type_for_kind("", "v1", "Pod")


def below(kind: MergeType, *names: str) -> MergeType:
    for name in names:
        found = kind.items if name == "*" else (kind.field(name) or ("", None))[1]
        assert found is not None, name
        kind = found
    return kind


def test_built_in_kinds_are_merged_as_their_schemas_say() -> None:
    containers = below(POD, "spec", "containers")
    assert (containers.list_type, containers.keys) == ("map", ("name",))
    ports = below(containers, "*", "ports")
    assert (ports.keys, ports.key_defaults) == (("containerPort", "protocol"), {"protocol": "TCP"})
    assert below(POD, "spec", "nodeSelector").is_atomic_map
    assert below(POD, "metadata", "finalizers").list_type == "set"
    assert below(POD, "spec", "tolerations").list_type == "atomic"
    assert below(merge_type_for_kind("apps", "v1", "Deployment"), "spec", "selector").is_atomic_map
    assert POD.field("nonsense") is None


def test_types_that_contain_themselves_are_compiled_once() -> None:
    definition = merge_type_for_kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
    schema = below(definition, "spec", "versions", "*", "schema", "openAPIV3Schema")
    assert below(schema, "properties", "anything", "items") is not schema
    assert below(schema, "not") is schema


def test_structs_that_go_always_writes_are_known() -> None:
    spec = below(merge_type_for_kind("apps", "v1", "Deployment"), "spec")
    assert {"strategy", "template"} == spec.written.keys()
    assert below(POD, "spec").written == {"containers": []}
    assert "template" not in below(merge_type_for_kind("", "v1", "ReplicationController"), "spec").written


def test_a_schema_all_in_one_is_compiled_with_its_extensions() -> None:
    schema: Document = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {
                    "replicas": {"type": "integer"},
                    "port": {"x-kubernetes-int-or-string": True},
                    "rules": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["host", "path"],
                        "items": {
                            "type": "object",
                            "properties": {"host": {"type": "string"}, "path": {"type": "string", "default": "/"}},
                        },
                    },
                    "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {}},
                    "loose": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                    "any": {"x-kubernetes-preserve-unknown-fields": True},
                    "sealed": {
                        "type": "object",
                        "x-kubernetes-map-type": "atomic",
                        "properties": {"a": {"type": "string"}},
                    },
                },
            }
        },
    }
    spec = below(custom_merge_type(schema), "spec")
    assert below(spec, "replicas").scalar == "numeric"
    assert below(spec, "port").scalar == "untyped"
    assert (below(spec, "rules").keys, below(spec, "rules").key_defaults) == (("host", "path"), {"path": "/"})
    assert below(spec, "template", "metadata", "labels", "x").scalar == "string"
    assert below(spec, "loose", "x") is DEDUCED
    assert below(spec, "any", "deep", "er").list_type == "atomic"
    assert below(spec, "sealed").is_atomic_map
    assert spec.field("unknown") is None


def test_a_custom_resource_has_the_metadata_of_every_object() -> None:
    described: Document = {"type": "object", "properties": {"metadata": {"type": "object"}}}
    for schema in (None, described):
        kind = custom_merge_type(schema)
        assert below(kind, "metadata", "ownerReferences").keys == ("uid",)
    assert below(custom_merge_type(None), "spec", "anything") is DEDUCED


def test_schemas_that_refer_to_others_ask_for_them() -> None:
    named: dict[str, Document] = {"tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"}}}}
    tree = merge_type_from_schema({"$ref": "#/$defs/tree"}, lambda name: named[name])
    assert below(tree, "left", "left") is tree
