"""apimachinery/field_validation.go: what is said about fields that built-in kinds do not have, or that occur twice."""

from __future__ import annotations

import orjson

from suites.api_harness import MERGE, STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster
from wherry.apimachinery.document import Document

APPLY = "application/apply-patch+yaml"
# JSON text, since no dictionary holds a key twice.
DOUBLED = """{
  "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "doubled", "labels": {"app": "nginx"}},
  "spec": {
    "unknown1": "val", "unknownDupe": "one", "unknownDupe": "two", "paused": true, "paused": false,
    "selector": {"matchLabels": {"app": "nginx"}},
    "template": {
      "metadata": {"labels": {"app": "nginx"}},
      "spec": {"containers": [{
        "name": "nginx", "image": "nginx:latest", "unknownNested": "val",
        "imagePullPolicy": "Always", "imagePullPolicy": "Never"
      }]}
    }
  }
}"""
COMPLAINTS = [
    'unknown field "spec.unknown1"',
    'duplicate field "spec.unknownDupe"',
    'duplicate field "spec.paused"',
    'unknown field "spec.template.spec.containers[0].unknownNested"',
    'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
]


def deployment(name: str, metadata: Document | None = None) -> Document:
    template_metadata: Document = {"labels": {"app": "nginx"}, **(metadata or {})}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {
            "selector": {"matchLabels": {"app": "nginx"}},
            "template": {
                "metadata": template_metadata,
                "spec": {"containers": [{"name": "nginx", "image": "nginx:latest"}]},
            },
        },
    }


@box("FieldValidation should detect unknown and duplicate fields of a typed object")
async def test_unknown_and_doubled_fields_of_a_deployment_are_named(cluster: Cluster) -> None:
    path = f"/apis/apps/v1/namespaces/{await cluster.namespace()}/deployments"
    refused = await cluster.ask("POST", f"{path}?fieldValidation=Strict", DOUBLED.encode())
    assert refused.status == 400
    message = str(refused.at("message"))
    assert "strict decoding error: " in message
    assert all(complaint in message for complaint in COMPLAINTS)
    warned = await cluster.ask("POST", f"{path}?fieldValidation=Warn", DOUBLED.encode())
    assert warned.status == 201
    for complaint in COMPLAINTS:
        assert complaint.replace('"', '\\"') in "\n".join(warned.warnings)
    for content_type in (MERGE, STRATEGIC):
        query = f"{path}/doubled?fieldValidation=Strict"
        patched = await cluster.ask("PATCH", query, DOUBLED.encode(), content_type=content_type)
        assert patched.status == 422
        assert all(complaint in str(patched.at("message")) for complaint in COMPLAINTS)
    applied = await cluster.ask(
        "PATCH", f"{path}/doubled?fieldManager=me&force=true", DOUBLED.encode(), content_type=APPLY
    )
    assert applied.status == 400
    assert ".spec.unknown1: field not declared in schema" in str(applied.at("message"))
    without_unknown = orjson.dumps(deployment("doubled")).replace(
        b'"spec":{"sel', b'"spec":{"paused":true,"paused":false,"sel'
    )
    query = f"{path}/doubled?fieldManager=me&force=true&fieldValidation=Strict"
    doubled = await cluster.ask("PATCH", query, without_unknown, content_type=APPLY)
    assert 'line 1: key "paused" already set in map' in str(doubled.at("message"))


@box("FieldValidation should detect unknown metadata fields of a typed object")
async def test_unknown_metadata_of_a_deployment_is_named(cluster: Cluster) -> None:
    path = f"/apis/apps/v1/namespaces/{await cluster.namespace()}/deployments"
    body = deployment("unknown", {"unknownMeta": "foo"})
    refused = await cluster.ask("POST", path, body, fieldValidation="Strict")
    assert refused.status == 400
    for place in ("metadata", "spec.template.metadata"):
        assert f'unknown field "{place}.unknownMeta"' in str(refused.at("message"))
    query = f"{path}/unknown?fieldManager=me"
    applied = await cluster.ask("PATCH", query, body, content_type=APPLY)
    assert applied.status == 400
    for place in (".metadata", ".spec.template.metadata"):
        assert f"{place}.unknownMeta: field not declared in schema" in str(applied.at("message"))
