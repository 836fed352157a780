"""The rules of definitions: names, versions, structural schemas."""

# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import copy
from typing import cast

import pytest

from suites.custom_resources import definition, version_of, with_spec
from wherry.api.apiextensions.api_approval import approval_state, is_protected
from wherry.api.apiextensions.customresourcedefinition import CLEANUP_FINALIZER, CUSTOM_RESOURCE_DEFINITIONS
from wherry.apimachinery.document import Document

SCHEMA = "spec.versions[0].schema.openAPIV3Schema"
TEXT: Document = {"type": "string"}


def stored(document: Document) -> Document:
    """As the server would have stored it."""
    metadata = cast("Document", document["metadata"])
    metadata |= {"uid": "uid", "creationTimestamp": "2026-11-23T07:00:00Z"}
    CUSTOM_RESOURCE_DEFINITIONS.default(document)
    CUSTOM_RESOURCE_DEFINITIONS.prepare(document, None)
    return document


def errors_of(document: Document, old: Document | None = None) -> list[str]:
    if old is None:
        document = stored(document)
    return [str(error) for error in CUSTOM_RESOURCE_DEFINITIONS.validate(document, old)]


def with_schema(schema: Document, **more: object) -> Document:
    return definition(version_of(schema, **more))  # type: ignore[arg-type] # fields of a version


def field(schema: Document) -> Document:
    """A schema whose field x has this one."""
    return {"type": "object", "properties": {"x": schema}}


def test_what_is_not_said_follows_from_the_kind() -> None:
    made = stored(definition(kind="FooBar", plural="foobars"))
    spec, status = cast("Document", made["spec"]), cast("Document", made["status"])
    assert spec["names"] == {"plural": "foobars", "kind": "FooBar", "singular": "foobar", "listKind": "FooBarList"}
    assert spec["conversion"] == {"strategy": "None"}
    assert status["storedVersions"] == ["v1"]
    assert errors_of(made) == []


def test_a_deletion_waits_for_the_objects() -> None:
    made = stored(definition())
    CUSTOM_RESOURCE_DEFINITIONS.prepare_deletion(made)
    CUSTOM_RESOURCE_DEFINITIONS.prepare_deletion(made)
    assert cast("Document", made["metadata"])["finalizers"] == [CLEANUP_FINALIZER]


def changed(change: str, value: object) -> Document:
    """A definition with one field set; `spec.names.kind` is a path."""
    made = definition()
    *parents, last = change.split(".")
    place: Document = made
    for name in parents:
        place = cast("Document", place.setdefault(name, {}))
    if value is None:
        del place[last]
    else:
        place[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ("metadata.name", "x.example.com", 'metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group'),
        ("spec.scope", None, "spec.scope: Required value"),
        ("spec.scope", "Planet", 'spec.scope: Unsupported value: "Planet": supported values: "Cluster", "Namespaced"'),
        ("spec.group", "nodots", 'spec.group: Invalid value: "nodots": should be a domain with at least one dot'),
        ("spec.group", "", "spec.group: Required value"),
        ("spec.preserveUnknownFields", True, "spec.preserveUnknownFields: Invalid value: true: must be false"),
        ("spec.names.plural", "", "spec.names.plural: Required value"),
        ("spec.names.kind", "", "spec.names.kind: Required value"),
        ("spec.names.singular", "Widget", 'spec.names.singular: Invalid value: "Widget": a DNS-1035 label must consist'),
        ("spec.names.kind", "9Lives", 'spec.names.kind: Invalid value: "9Lives": may have mixed case, but should otherwise match: a DNS-1035'),
        ("spec.names.listKind", "Widget", 'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same'),
        ("spec.names.shortNames", ["ok", "Not_OK"], 'spec.names.shortNames[1]: Invalid value: "Not_OK"'),
        ("spec.names.categories", ["All"], 'spec.names.categories[0]: Invalid value: "All"'),
        ("spec.conversion", {"strategy": "Magic"}, 'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"'),
        ("spec.conversion", {"strategy": "Webhook"}, "spec.conversion.webhook.clientConfig: Required value: required when strategy is set to Webhook"),
        ("spec.conversion", {"strategy": "None", "webhook": {}}, "spec.conversion.webhook: Forbidden: should not be set when strategy is not set to Webhook"),
        ("spec.conversion", {"strategy": "Webhook", "webhook": {"clientConfig": {"url": "https://x"}}}, "spec.conversion.webhook.conversionReviewVersions: Required value"),
    ],
)  # fmt: skip
def test_a_definition_needs_good_names(path: str, value: object, error: str) -> None:
    assert any(each.startswith(error) for each in errors_of(changed(path, value))), errors_of(changed(path, value))


@pytest.mark.parametrize(
    ("versions", "error"),
    [
        ([version_of(), version_of()], "must contain unique version names"),
        ([version_of(storage=False)], "must have exactly one version marked as storage version"),
        ([version_of(), version_of(name="v2")], "must have exactly one version marked as storage version"),
        ([version_of(name="V1")], 'spec.versions[0].name: Invalid value: "V1"'),
        ([version_of(deprecationWarning="old")], 'spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions'),
        ([version_of(deprecated=True, deprecationWarning="a\nb")], "must only contain printable UTF-8 characters; non-printable character found at index 1"),
        ([version_of(schema={}) | {"schema": {}}], f"{SCHEMA}: Required value: schemas are required"),
        ([version_of(additionalPrinterColumns=[{"name": "A", "type": "text", "jsonPath": ".a"}])], 'spec.versions[0].additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string'),
        ([version_of(additionalPrinterColumns=[{"name": "A", "type": "string", "jsonPath": "a"}])], "must be a simple json path starting with ."),
        ([version_of(additionalPrinterColumns=[{"name": "A", "type": "string", "jsonPath": ".a["}])], "is not a valid JSONPath: unterminated array"),
        ([version_of(subresources={"scale": {"specReplicasPath": ".status.x"}})], 'spec.versions[0].subresources.scale.specReplicasPath: Invalid value: ".status.x": should be a json path under .spec'),
        ([version_of(subresources={"scale": {"specReplicasPath": ".spec.x"}})], "spec.versions[0].subresources.scale.statusReplicasPath: Required value"),
        ([version_of(with_spec(a=TEXT), selectableFields=[{"jsonPath": ".spec.b"}])], 'spec.versions[0].selectableFields[0].jsonPath: Invalid value: ".spec.b": is an invalid path: does not refer to a valid field'),
        ([version_of(with_spec(a=TEXT), selectableFields=[{"jsonPath": ".spec"}])], "must point to a field of type string, boolean or integer"),
        ([version_of(with_spec(a=TEXT), selectableFields=[{"jsonPath": ".spec.a"}] * 2)], 'spec.versions[0].selectableFields[1].jsonPath: Duplicate value: ".spec.a"'),
        ([version_of(with_spec(a=TEXT), selectableFields=[{"jsonPath": ".spec.a"}] * 9)], "spec.versions[0].selectableFields: Too many: 9: must have at most 8 items"),
    ],
)  # fmt: skip
def test_a_definition_needs_good_versions(versions: list[Document], error: str) -> None:
    found = errors_of(definition(*copy.deepcopy(versions)))
    assert any(error in each for each in found), found


@pytest.mark.parametrize(
    ("schema", "error"),
    [
        ({"properties": {}}, f"{SCHEMA}.type: Required value: must not be empty at the root"),
        ({"type": "array", "items": TEXT}, f'{SCHEMA}.type: Invalid value: "array": must be object at the root'),
        ({"type": "object", "nullable": True}, f"{SCHEMA}.nullable: Forbidden: nullable cannot be true at the root"),
        (field({}), f"{SCHEMA}.properties[x].type: Required value: must not be empty for specified object fields"),
        (field({"type": "array", "items": {}}), f"{SCHEMA}.properties[x].items.type: Required value: must not be empty for specified array items"),
        (field({"type": "array"}), f"{SCHEMA}.properties[x].items: Required value: must be specified"),
        (field({"type": "array", "items": [TEXT]}), f"{SCHEMA}.properties[x].items: Forbidden: items must be a schema object and not an array"),
        (field({"type": "null"}), f"{SCHEMA}.properties[x].type: Forbidden: type cannot be set to null, use nullable as an alternative"),
        (field({"type": "text"}), f'{SCHEMA}.properties[x].type: Unsupported value: "text"'),
        (field({**TEXT, "x-kubernetes-int-or-string": True}), f'{SCHEMA}.properties[x].type: Invalid value: "string": must be empty if x-kubernetes-int-or-string is true'),
        (field({**TEXT, "x-kubernetes-preserve-unknown-fields": True}), "must be object if x-kubernetes-preserve-unknown-fields is true"),
        (field({"x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}), f"{SCHEMA}.properties[x].type: Required value: must be object if x-kubernetes-embedded-resource is true"),
        (field({"type": "object", "properties": {"a": TEXT}, "additionalProperties": TEXT}), f"{SCHEMA}.properties[x].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"),
        (field({"type": "object", "additionalProperties": False}), f"{SCHEMA}.properties[x].additionalProperties: Forbidden: additionalProperties cannot be set to false"),
        (field({"type": "array", "items": TEXT, "uniqueItems": True}), f"{SCHEMA}.properties[x].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"),
        (field({**TEXT, "$ref": "#/x"}), f"{SCHEMA}.properties[x].$ref: Forbidden: $ref is not supported"),
        (field({**TEXT, "pattern": "("}), f"{SCHEMA}.properties[x].pattern: Invalid value: \"(\": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `(`"),
        (field({"type": "object", "allOf": [{"type": "object"}]}), f"{SCHEMA}.properties[x].allOf[0].type: Forbidden: must be empty to be structural"),
        (field({**TEXT, "anyOf": [{"default": "x"}]}), f"{SCHEMA}.properties[x].anyOf[0].default: Forbidden: must be undefined to be structural"),
        (field({**TEXT, "not": {"nullable": True}}), f"{SCHEMA}.properties[x].not.nullable: Forbidden: must be false to be structural"),
        (field({**TEXT, "oneOf": [{"description": "x"}]}), f"{SCHEMA}.properties[x].oneOf[0].description: Forbidden: must be empty to be structural"),
        (field({"type": "object", "anyOf": [{"properties": {"q": {"minLength": 1}}}]}), f"{SCHEMA}.properties[x].properties[q]: Required value: because it is defined in {SCHEMA}.properties[x].anyOf[0].properties[q]"),
        (field({"type": "integer", "default": "x"}), f'{SCHEMA}.properties[x].default: Invalid value: "string":  in body must be of type integer: "string"'),
        (field({**TEXT, "default": "a", "x-kubernetes-validations": [{"rule": "self == 'b'"}]}), f'{SCHEMA}.properties[x].default: Invalid value: "string": failed rule: self == \'b\''),
        (field({"type": "object", "default": {"b": 1}, "properties": {"a": TEXT}}), f'{SCHEMA}.properties[x].default: Invalid value: {{"b":1}}: must not have unknown fields'),
        ({"type": "object", "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}}, f"{SCHEMA}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified"),
        (field({"type": "array", "items": TEXT, "x-kubernetes-list-type": "bag"}), f'{SCHEMA}.properties[x].x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "map", "set"'),
        (field({**TEXT, "x-kubernetes-list-type": "set"}), f'{SCHEMA}.properties[x].type: Invalid value: "string": must be array if x-kubernetes-list-type is specified'),
        (field({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "set"}), f"{SCHEMA}.properties[x].items.x-kubernetes-map-type: Required value: must be atomic as item of a list with x-kubernetes-list-type=set"),
        (field({"type": "array", "items": {"type": "object"}, "x-kubernetes-list-type": "map"}), f"{SCHEMA}.properties[x].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map"),
        (field({"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"]}), "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"),
        (field({"type": "array", "items": TEXT, "x-kubernetes-list-map-keys": ["a"]}), "must be map if x-kubernetes-list-map-keys is non-empty"),
        (field({**TEXT, "x-kubernetes-map-type": "atomic"}), "must be object if x-kubernetes-map-type is specified"),
    ],
)  # fmt: skip
def test_a_schema_must_be_structural(schema: Document, error: str) -> None:
    found = errors_of(with_schema(schema))
    assert any(error in each for each in found), found


@pytest.mark.parametrize(
    "schema",
    [
        field({"x-kubernetes-int-or-string": True}),
        field({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}], "pattern": "^a"}),
        field({"x-kubernetes-int-or-string": True, "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}]}),
        field({"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}),
        field({"x-kubernetes-preserve-unknown-fields": True}),
        field({"type": "object", "additionalProperties": True}),
        field({"type": "object", "properties": {"a": TEXT}, "anyOf": [{"properties": {"a": {"enum": ["x"]}}}]}),
        {"type": "object", "properties": {"metadata": {"type": "object", "properties": {"name": {**TEXT, "maxLength": 9}}}}},
        field({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"],
               "items": {"type": "object", "required": ["a"], "properties": {"a": TEXT}}}),
    ],
)  # fmt: skip
def test_these_schemas_are_structural(schema: Document) -> None:
    assert errors_of(with_schema(schema)) == []


def test_with_a_status_of_its_own_the_root_may_not_have_alternatives() -> None:
    schema: Document = {"type": "object", "anyOf": [{"required": ["spec"]}], "properties": {"spec": {"type": "object"}}}
    assert errors_of(with_schema(schema)) == []
    found = errors_of(with_schema(schema, subresources={"status": {}}))
    assert len(found) == 1
    assert "fields are allowed at the root of the schema if the status subresource is enabled" in found[0]


def test_a_schema_too_deep_is_refused() -> None:
    schema: Document = TEXT
    for _ in range(150):
        schema = field(schema)
    assert any("nested deeper than 100" in each for each in errors_of(with_schema(schema)))


def established(document: Document) -> Document:
    made = stored(document)
    cast("Document", made["status"])["conditions"] = [{"type": "Established", "status": "True"}]
    return made


def test_an_established_kind_keeps_its_name_and_scope() -> None:
    old = established(definition())
    new = copy.deepcopy(old)
    spec = cast("Document", new["spec"])
    spec["scope"] = "Cluster"
    spec["names"] = {**cast("Document", spec["names"]), "kind": "Gadget", "listKind": "GadgetList"}
    assert [error.split(":")[0] for error in errors_of(new, old)] == ["spec.scope", "spec.names.kind"]


def test_a_version_that_has_stored_objects_stays() -> None:
    old = established(definition(version_of(), version_of(name="v2", storage=False)))
    new = copy.deepcopy(old)
    cast("Document", new["spec"])["versions"] = [version_of(name="v2")]
    CUSTOM_RESOURCE_DEFINITIONS.prepare(new, old)
    assert cast("Document", new["status"])["storedVersions"] == ["v1", "v2"]
    found = errors_of(new, old)
    assert len(found) == 1
    assert found[0].startswith('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was prev')


def test_the_storage_version_counts_as_stored() -> None:
    made = stored(definition())
    cast("Document", made["status"])["storedVersions"] = []
    assert errors_of(made, made) == ["status.storedVersions: Invalid value: []: must have the storage version v1"]


def test_a_group_of_the_community_needs_an_approval() -> None:
    made = definition(group="things.k8s.io")
    assert errors_of(made) == [
        "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "
        '"api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111'
    ]
    # What is there without one may go on.
    assert errors_of(made, made) == []
    cast("Document", made["metadata"])["annotations"] = {"api-approved.kubernetes.io": "unapproved, a test"}
    assert errors_of(made) == []


def test_an_approval_is_an_address_or_says_that_there_is_none() -> None:
    assert is_protected("k8s.io")
    assert not is_protected("notk8s.io")
    assert approval_state({"api-approved.kubernetes.io": "https://example.com/1"})[0] == "Approved"
    assert approval_state({"api-approved.kubernetes.io": "unapproved"})[0] == "Bypassed"
    assert approval_state({"api-approved.kubernetes.io": "yes"})[0] == "Invalid"
    assert approval_state({})[0] == "Missing"
