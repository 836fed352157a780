"""The description of everything that is served, held to OpenAPI's own schemas and to the routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import orjson
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_30_VALIDATOR, SWAGGER_20_VALIDATOR

from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import SCALE, STATUS, AnyResourceType, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apiserver.filters.request_info import Routes
from wherry.apiserver.openapi_documents import parts_of, swagger_of
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.reviews import REVIEW_TYPES
from wherry.kit.http.types import Request

SCHEMA: Document = {
    "type": "object",
    "description": "A thing.",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["size"],
            "properties": {
                "size": {"type": "integer", "minimum": 1, "default": 3},
                "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
                "note": {"type": "string", "nullable": True},
                "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "template": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "properties": {"spec": {"type": "object", "additionalProperties": {"type": "string"}}},
                },
            },
            "x-kubernetes-validations": [{"rule": "self.size < 10"}],
        }
    },
}


class Thing(Struct):
    metadata: ObjectMeta = ObjectMeta()


GADGETS: AnyResourceType = replace(
    resource_type(Thing, group="example.com", kind="Gadget", plural="gadgets", subresources=(STATUS, SCALE)),
    described=lambda: orjson.dumps(SCHEMA),
    selectable_fields={"spec.size": str},
    deprecation_warning="example.com/v1 Gadget is old",
)
CATALOG = Catalog((*RESOURCE_TYPES, *REVIEW_TYPES, GADGETS))
NAMES = sorted(parts_of(CATALOG))


@cache
def document(name: str) -> Document:
    return parts_of(CATALOG)[name].document()


@cache
def swagger() -> Document:
    return swagger_of(parts_of(CATALOG).values())


def at(value: object, *path: str) -> object:
    for step in path:
        assert isinstance(value, dict)
        value = value[step]
    return value


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def operations(paths: object) -> Iterator[tuple[str, str, Document]]:
    assert isinstance(paths, dict)
    for path, item in paths.items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_openapi_3_and_refers_to_itself_only(name: str) -> None:
    told = document(name)
    assert [str(error) for error in OPENAPI_30_VALIDATOR.iter_errors(told)] == []
    known = at(told, "components", "schemas")
    assert isinstance(known, dict)
    assert {each.removeprefix("#/components/schemas/") for each in references(told)} <= set(known)


def test_the_whole_is_openapi_2_and_refers_to_itself_only() -> None:
    told = swagger()
    assert [str(error) for error in SWAGGER_20_VALIDATOR.iter_errors(told)] == []
    known = told["definitions"]
    assert isinstance(known, dict)
    assert {each.removeprefix("#/definitions/") for each in references(told)} <= set(known)


def test_version_2_has_the_operations_of_version_3() -> None:
    ids = {operation["operationId"] for _, _, operation in operations(swagger()["paths"])}
    parts = [operation["operationId"] for name in NAMES for _, _, operation in operations(document(name)["paths"])]
    assert set(parts) == ids
    assert len(parts) == len(set(parts))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("api/") or name.count("/") == 2])
def test_what_is_described_is_served(name: str) -> None:
    routes = Routes(CATALOG)
    verbs = {"post": "create", "put": "update", "connect": "create", "watchlist": "watch"}
    for path, method, operation in operations(document(name)["paths"]):
        if path.endswith("/") or method in ("head", "options"):
            continue
        request = ApiRequest(Request(method.upper(), re.sub(r"\{\w+\}", "x", path)))
        routes.resolve(request)
        action = str(operation["x-kubernetes-action"])
        if "/proxy" in path:
            # To the authorizer a proxied request is what its method says.
            assert action == "connect"
            action = method
        assert request.verb == verbs.get(action, action), path


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("api/") or name.count("/") == 2])
def test_what_is_served_is_described(name: str) -> None:
    routes = Routes(CATALOG)
    paths = document(name)["paths"]
    assert isinstance(paths, dict)
    for path, item in paths.items():
        for method in {"get", "post", "put", "patch", "delete"} - set(item):
            if path.endswith("/"):
                continue
            request = ApiRequest(Request(method.upper(), re.sub(r"\{\w+\}", "x", path)))
            assert is_refused(routes, request), f"{method} {path}"


def is_refused(routes: Routes, request: ApiRequest) -> bool:
    try:
        routes.resolve(request)
    except StatusError:
        return True
    return False


def test_operations_are_called_as_clients_know_them() -> None:
    ids = {operation["operationId"] for _, _, operation in operations(swagger()["paths"])}
    assert ids >= {
        "listCoreV1NamespacedPod", "listCoreV1PodForAllNamespaces", "readCoreV1NamespacedPod", "createCoreV1Namespace",
        "replaceAppsV1NamespacedDeploymentScale", "patchAppsV1NamespacedDeploymentStatus",
        "deleteCoreV1CollectionNamespacedPod", "watchCoreV1NamespacedPodList", "readCoreV1NamespacedPodLog",
        "connectCoreV1PostNamespacedPodExec", "createCoreV1NamespacedPodBinding", "getAppsV1APIResources",
        "createAuthorizationV1SelfSubjectAccessReview", "getCodeVersion", "getCoreAPIVersions",
        "listExampleComV1NamespacedGadget",
    }  # fmt: skip


def test_media_types_say_who_can_have_protobuf() -> None:
    pods = at(document("api/v1"), "paths", "/api/v1/namespaces/{namespace}/pods", "get", "responses", "200", "content")
    assert isinstance(pods, dict)
    assert list(pods) == [
        "application/json", "application/json;stream=watch", "application/vnd.kubernetes.protobuf",
        "application/vnd.kubernetes.protobuf;stream=watch", "application/yaml",
    ]  # fmt: skip
    prefix = "/apis/example.com/v1/namespaces/{namespace}/gadgets/{name}"
    patch = at(document("apis/example.com/v1"), "paths", prefix, "patch", "requestBody", "content")
    assert isinstance(patch, dict)
    assert "application/strategic-merge-patch+json" not in patch
    answer = at(document("apis/example.com/v1"), "paths", prefix, "get", "responses", "200", "content")
    assert isinstance(answer, dict)
    assert list(answer) == ["application/json", "application/yaml"]


def test_fields_have_their_defaults_in_version_3() -> None:
    schemas = at(document("api/v1"), "components", "schemas")
    port = at(schemas, "io.k8s.api.core.v1.ContainerPort", "properties")
    assert at(port, "protocol", "default") == "TCP"
    assert at(port, "containerPort", "default") == 0
    pod = at(schemas, "io.k8s.api.core.v1.Pod", "properties", "spec")
    assert at(pod, "default") == {}
    containers = at(schemas, "io.k8s.api.core.v1.PodSpec", "properties", "containers", "items")
    assert containers == {"allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"}], "default": {}}
    meta = at(schemas, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "properties")
    assert isinstance(meta, dict)
    assert "default" not in meta["creationTimestamp"]
    assert meta["labels"]["additionalProperties"] == {"type": "string", "default": ""}
    assert not any("default" in each for each in at_all(swagger()["definitions"]))


def at_all(definitions: object) -> Iterator[Document]:
    assert isinstance(definitions, dict)
    for definition in definitions.values():
        yield from definition.get("properties", {}).values()


def test_a_custom_resource_is_described_as_its_author_has_written_it() -> None:
    gadget = at(document("apis/example.com/v1"), "components", "schemas", "com.example.v1.Gadget")
    assert at(gadget, "x-kubernetes-group-version-kind") == [
        {"group": "example.com", "kind": "Gadget", "version": "v1"}
    ]
    assert at(gadget, "x-kubernetes-selectable-fields") == [{"fieldPath": "spec.size"}]
    told = [operation["deprecated"] for _, _, operation in operations(document("apis/example.com/v1")["paths"])
            if str(operation["operationId"]).endswith("Gadget")]  # fmt: skip
    assert told
    assert all(told)
    spec = at(gadget, "properties", "spec", "properties")
    assert at(spec, "size", "default") == 3
    assert at(spec, "note", "nullable") is True
    template = at(spec, "template", "properties")
    assert isinstance(template, dict)
    assert set(template) == {"apiVersion", "kind", "metadata", "spec"}
    listed = at(document("apis/example.com/v1"), "components", "schemas", "com.example.v1.GadgetList", "properties")
    assert at(listed, "items", "items") == {"$ref": "#/components/schemas/com.example.v1.Gadget"}


def test_in_version_2_a_custom_resource_says_only_what_version_2_knows() -> None:
    spec = at(swagger(), "definitions", "com.example.v1.Gadget", "properties", "spec")
    assert isinstance(spec, dict)
    assert "x-kubernetes-validations" not in spec
    fields = spec["properties"]
    assert fields["size"] == {"type": "integer", "minimum": 1}
    assert fields["port"] == {"x-kubernetes-int-or-string": True}
    assert fields["note"] == {}
