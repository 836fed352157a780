"""apimachinery/field_validation.go, as far as it is about custom resources."""

from __future__ import annotations

import json

from suites.api_harness import Answer
from suites.conformance import box
from suites.conformance_cluster import Cluster
from suites.custom_resources import DEFINITIONS, GROUP, WIDGETS, definition, version_of
from wherry.apimachinery.document import Document

APPLY, YAML = "application/apply-patch+yaml", "application/yaml"
TEXT: Document = {"type": "string"}
PORTS: Document = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
    "items": {
        "type": "object",
        "required": ["containerPort", "protocol"],
        "properties": {"containerPort": {"type": "integer"}, "hostIP": TEXT, "protocol": TEXT},
    },
}
SPEC: Document = {"type": "object", "properties": {"knownField1": TEXT, "ports": PORTS}}
DESCRIBED: Document = {"type": "object", "properties": {"spec": SPEC}}
KEEPS: Document = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


async def serve(cluster: Cluster, schema: Document) -> None:
    await cluster.must("POST", DEFINITIONS, definition(version_of(schema)))
    await cluster.pass_time(1)


def manifest(name: str, spec: str, metadata: str = "") -> bytes:
    """In YAML, as people write it."""
    return (
        f"apiVersion: {GROUP}/v1\nkind: Widget\nmetadata:\n  name: {name}\n{metadata}spec:\n"
        + "".join(f"  {line}\n" for line in spec.splitlines())
    ).encode()


async def apply(cluster: Cluster, name: str, body: bytes, validation: str = "Strict") -> Answer:
    return await cluster.ask(
        "PATCH", f"{WIDGETS}/{name}", body, content_type=APPLY, fieldManager="e2e", fieldValidation=validation
    )


async def create(cluster: Cluster, body: bytes, content_type: str = YAML) -> Answer:
    return await cluster.ask("POST", WIDGETS, body, content_type=content_type, fieldValidation="Strict")


@box("FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema")
async def test_without_a_schema_everything_is_known(cluster: Cluster) -> None:
    await serve(cluster, KEEPS)
    body = manifest("mytest", 'a: 1\nb: [{unknown: "yes"}]')
    assert (await apply(cluster, "mytest", body)).status == 201
    assert (await create(cluster, manifest("other", "a: 1"))).status == 201


@box("FieldValidation should create/apply a valid CR for CRD with validation schema")
async def test_what_the_schema_describes_is_taken(cluster: Cluster) -> None:
    await serve(cluster, DESCRIBED)
    body = manifest("mytest", "knownField1: val1\nports:\n- {containerPort: 8080, protocol: TCP, hostIP: 10.0.0.1}")
    assert (await apply(cluster, "mytest", body)).status == 201
    assert (await create(cluster, body.replace(b"mytest", b"other"))).status == 201


@box("FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema")
async def test_what_the_schema_does_not_describe_is_refused(cluster: Cluster) -> None:
    await serve(cluster, DESCRIBED)
    body = manifest("mytest", "extraProperty: arbitrary-value\nknownField1: val1")
    applied, created = await apply(cluster, "mytest", body), await create(cluster, body)
    assert applied.status >= 400
    said = str(applied.at("message"))
    assert ".spec.extraProperty: field not declared in schema" in said or 'unknown field "spec.extraProperty"' in said
    assert created.status == 400
    assert 'strict decoding error: unknown field "spec.extraProperty"' in str(created.at("message"))


@box("FieldValidation should detect duplicates in a CR when preserving unknown fields")
async def test_doubled_fields_are_refused_even_where_all_are_kept(cluster: Cluster) -> None:
    await serve(cluster, KEEPS)
    body = manifest("mytest", "unknown: uk1\nfoo: foo1\nfoo: foo2")
    created = await create(cluster, body)
    assert created.status == 400
    assert 'line 8: key "foo" already set in map' in str(created.at("message"))
    in_json = b'{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"j"},"spec":{"foo":"1","foo":"2"}}'
    again = await create(cluster, in_json, "application/json")
    assert again.status == 400
    assert 'duplicate field "spec.foo"' in str(again.at("message"))
    applied = await apply(cluster, "mytest", body)
    assert applied.status == 400
    assert 'key "foo" already set in map' in str(applied.at("message"))


EMBEDDED: Document = {
    "type": "object",
    "x-kubernetes-embedded-resource": True,
    "properties": {"apiVersion": TEXT, "kind": TEXT, "metadata": {"type": "object"}},
}


@box("FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR")
async def test_unknown_metadata_is_found_in_the_object_and_in_objects_within(cluster: Cluster) -> None:
    await serve(cluster, {"type": "object", "properties": {"spec": {"type": "object", "properties": {"t": EMBEDDED}}}})
    inner = "t:\n  apiVersion: foo/v1\n  kind: Sub\n  metadata: {unknownSubMeta: x, name: subobject, namespace: my-ns}"
    body = manifest("mytest", inner, "  unknownMeta: x\n")
    applied = await apply(cluster, "mytest", body)
    assert applied.status >= 400
    created = await create(cluster, body)
    assert created.status == 400
    said = str(created.at("message"))
    assert 'unknown field "metadata.unknownMeta"' in said
    assert 'unknown field "spec.t.metadata.unknownSubMeta"' in said
    template: Document = {"apiVersion": "foo/v1", "kind": "Sub", "metadata": {"name": "s"}}
    good: Document = {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Widget",
        "metadata": {"name": "ok"},
        "spec": {"t": template},
    }
    made = await create(cluster, json.dumps(good).encode(), "application/json")
    assert made.at("spec.t") == template
