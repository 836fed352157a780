from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from suites.protobuf_encoding import field
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.errors import MethodNotAllowed, NotAcceptable
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import SCALE, STATUS, AnyResourceType, Subresource, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apiserver import openapi
from wherry.apiserver.openapi import (
    V2_PROTOBUF,
    V2_PROTOBUF_ANSWER,
    V3_PROTOBUF,
    V3_PROTOBUF_ANSWER,
    describe_ahead,
    openapi_response,
)
from wherry.kit.http.types import Request, Response

NOW_S = 1_795_417_200.0


class Thing(Struct):
    metadata: ObjectMeta = ObjectMeta()


PODS: AnyResourceType = resource_type(
    Thing,
    kind="Pod",
    plural="pods",
    subresources=(STATUS, Subresource("log", ("get",))),
)
DEPLOYMENTS: AnyResourceType = resource_type(
    Thing, group="apps", kind="Deployment", plural="deployments", subresources=(STATUS, SCALE)
)
WIDGETS: AnyResourceType = resource_type(Thing, group="example.com", kind="Widget", plural="widgets", namespaced=False)
DEFINITIONS: AnyResourceType = resource_type(
    Thing,
    group="apiextensions.k8s.io",
    kind="CustomResourceDefinition",
    plural="customresourcedefinitions",
    namespaced=False,
)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog([PODS, DEPLOYMENTS, WIDGETS, DEFINITIONS])


def get(catalog: Catalog, url: str, **headers: str) -> Response:
    path, _, query = url.partition("?")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = openapi_response(Request("GET", path, query, headers=named), catalog, NOW_S)
    assert response is not None
    return response


def document(response: Response) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    assert isinstance(response.body, bytes)
    parsed: dict[str, dict[str, dict[str, dict[str, object]]]] = orjson.loads(response.body)
    return parsed


def url_of(catalog: Catalog, name: str) -> str:
    index = orjson.loads(get(catalog, "/openapi/v3").body)  # type: ignore[arg-type] # bytes
    found: str = index["paths"][name]["serverRelativeURL"]
    return found


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


NAMES = ["api/v1", "apis/apps/v1", "apis/example.com/v1", "apis/apiextensions.k8s.io/v1"]


def test_the_index_names_every_group_version_with_a_hash(catalog: Catalog) -> None:
    index = orjson.loads(get(catalog, "/openapi/v3").body)  # type: ignore[arg-type] # bytes
    issuer = {".well-known/openid-configuration", "openid/v1/jwks"}
    roots = {*issuer, "api", "apis", "apis/apps", "apis/example.com", "apis/apiextensions.k8s.io", "version"}
    assert set(index["paths"]) == {*NAMES, *roots}
    for name in NAMES:
        path, _, digest = index["paths"][name]["serverRelativeURL"].partition("?hash=")
        assert path == f"/openapi/v3/{name}"
        assert len(digest) == 128


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_of_a_document_leads_somewhere(catalog: Catalog, name: str) -> None:
    told = document(get(catalog, f"/openapi/v3/{name}"))
    prefix = "#/components/schemas/"
    found = set(references(told))
    assert found
    assert {reference.removeprefix(prefix) for reference in found} <= set(told["components"]["schemas"])
    assert all(reference.startswith(prefix) for reference in found)


def test_openapi_3_has_no_lists_of_types(catalog: Catalog) -> None:
    response = get(catalog, "/openapi/v3/api/v1")
    assert isinstance(response.body, bytes)
    assert b'"null"' not in response.body
    assert b"$defs" not in response.body


def test_kinds_say_who_they_are_and_how_their_lists_merge(catalog: Catalog) -> None:
    schemas = document(get(catalog, "/openapi/v3/api/v1"))["components"]["schemas"]
    pod = schemas["io.k8s.api.core.v1.Pod"]
    assert pod["x-kubernetes-group-version-kind"] == [{"group": "", "kind": "Pod", "version": "v1"}]
    containers = schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["containers"]  # type: ignore[index] # a dict
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert containers["x-kubernetes-patch-strategy"] == "merge"
    assert containers["type"] == "array"
    assert "List of containers" in containers["description"]
    kind = pod["properties"]["kind"]  # type: ignore[index] # a dict
    assert kind["type"] == "string"
    assert "enum" not in kind
    spec = pod["properties"]["spec"]  # type: ignore[index] # a dict
    assert spec["allOf"] == [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]
    assert spec["description"]


def test_amounts_and_shares_may_be_numbers_or_text(catalog: Catalog) -> None:
    schemas = document(get(catalog, "/openapi/v3/api/v1"))["components"]["schemas"]
    assert schemas["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]["format"] == "int-or-string"
    assert schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"]["oneOf"] == [{"type": "string"}, {"type": "number"}]


def test_a_field_named_like_a_reference_is_no_reference(catalog: Catalog) -> None:
    schemas = document(get(catalog, "/openapi/v3/apis/apiextensions.k8s.io/v1"))["components"]["schemas"]
    props = schemas["io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"]["properties"]
    assert props["$ref"] == {"type": "string"}  # type: ignore[index] # a dict


def test_paths_tell_kind_action_and_field_validation(catalog: Catalog) -> None:
    paths = document(get(catalog, "/openapi/v3/apis/apps/v1"))["paths"]
    single = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]
    assert set(single) == {"get", "put", "patch", "delete", "parameters"}
    patch = single["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "apps", "kind": "Deployment", "version": "v1"}
    assert patch["x-kubernetes-action"] == "patch"
    parameters = patch["parameters"]
    assert isinstance(parameters, list)
    assert {"fieldValidation", "dryRun", "fieldManager", "force"} == {parameter["name"] for parameter in parameters}
    collection = paths["/apis/apps/v1/namespaces/{namespace}/deployments"]
    assert {method: collection[method]["x-kubernetes-action"] for method in ("get", "post", "delete")} == {
        "get": "list", "post": "post", "delete": "deletecollection",
    }  # fmt: skip
    assert set(paths["/apis/apps/v1/deployments"]) == {"get", "parameters"}
    scale = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]["get"]
    assert scale["x-kubernetes-group-version-kind"] == {"group": "autoscaling", "kind": "Scale", "version": "v1"}


def test_cluster_wide_kinds_have_no_namespace_in_their_paths(catalog: Catalog) -> None:
    paths = document(get(catalog, "/openapi/v3/apis/example.com/v1"))["paths"]
    prefix = "/apis/example.com/v1"
    assert set(paths) == {
        f"{prefix}/", f"{prefix}/widgets", f"{prefix}/widgets/{{name}}", f"{prefix}/watch/widgets",
        f"{prefix}/watch/widgets/{{name}}",
    }  # fmt: skip


def test_a_kind_that_is_not_described_keeps_all_its_fields(catalog: Catalog) -> None:
    schemas = document(get(catalog, "/openapi/v3/apis/example.com/v1"))["components"]["schemas"]
    widget = schemas["com.example.v1.Widget"]
    assert widget["x-kubernetes-preserve-unknown-fields"] is True
    assert widget["x-kubernetes-group-version-kind"] == [{"group": "example.com", "kind": "Widget", "version": "v1"}]


def test_a_document_asked_for_by_its_hash_may_be_kept_for_a_year(catalog: Catalog) -> None:
    response = get(catalog, url_of(catalog, "api/v1"))
    headers = dict(response.headers)
    assert headers["Cache-Control"] == "public, immutable"
    assert headers["Expires"] == "Tue, 23 Nov 2027 07:00:00 GMT"
    assert headers["ETag"] == '"{}"'.format(url_of(catalog, "api/v1").partition("=")[2])


def test_without_a_hash_nothing_is_promised(catalog: Catalog) -> None:
    assert "Expires" not in dict(get(catalog, "/openapi/v3/api/v1").headers)


def test_an_old_hash_leads_to_the_new_one(catalog: Catalog) -> None:
    response = get(catalog, "/openapi/v3/api/v1?hash=OLD")
    assert response.status == 301
    assert dict(response.headers)["Location"] == url_of(catalog, "api/v1")


def test_documents_are_sent_compressed_to_those_who_can_read_it(catalog: Catalog) -> None:
    plain = get(catalog, "/openapi/v3/api/v1")
    compressed = get(catalog, "/openapi/v3/api/v1", accept_encoding="gzip")
    assert isinstance(plain.body, bytes)
    assert isinstance(compressed.body, bytes)
    assert dict(compressed.headers)["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.body) == plain.body
    assert len(compressed.body) < len(plain.body) / 4


@pytest.mark.parametrize("url", ["/openapi/v3", "/openapi/v3/api/v1", "/openapi/v2"])
def test_what_the_client_has_is_not_sent_again(catalog: Catalog, url: str) -> None:
    etag = dict(get(catalog, url).headers)["ETag"]
    again = get(catalog, url, if_none_match=etag)
    assert (again.status, again.body, again.content_type) == (304, b"", "application/json")


def test_the_hash_changes_with_the_kinds() -> None:
    catalog = Catalog([PODS])
    before = url_of(catalog, "api/v1")
    catalog.add(DEPLOYMENTS)
    assert url_of(catalog, "api/v1") == before
    catalog.add(resource_type(Thing, kind="Node", plural="nodes"))
    assert url_of(catalog, "api/v1") != before


def test_version_2_has_the_schemas(catalog: Catalog) -> None:
    response = get(catalog, "/openapi/v2")
    assert isinstance(response.body, bytes)
    assert response.body.startswith(b'{"swagger":"2.0"')
    told = orjson.loads(response.body)
    assert "io.k8s.api.apps.v1.Deployment" in told["definitions"]
    assert {reference.removeprefix("#/definitions/") for reference in references(told)} <= set(told["definitions"])


@pytest.mark.parametrize(
    ("url", "accept", "answer", "start"),
    [
        ("/openapi/v2", V2_PROTOBUF, V2_PROTOBUF_ANSWER, field(1, "2.0")),
        ("/openapi/v3/api/v1", V3_PROTOBUF, V3_PROTOBUF_ANSWER, field(1, "3.0.0")),
    ],
)
def test_each_comes_in_protobuf_too(catalog: Catalog, url: str, accept: str, answer: str, start: bytes) -> None:
    response = get(catalog, url, accept=accept)
    assert response.content_type == answer
    assert isinstance(response.body, bytes)
    assert response.body.startswith(start)
    again = get(catalog, url, accept=accept, if_none_match=dict(response.headers)["ETag"])
    assert (again.status, again.content_type) == (304, answer)
    assert get(catalog, url, accept=f"application/json,{accept}").content_type == "application/json"


def test_what_is_not_served_is_not_found(catalog: Catalog) -> None:
    assert get(catalog, "/openapi/v3/apis/none.io/v1").status == 404
    assert openapi_response(Request("GET", "/openapi"), catalog, NOW_S) is None
    assert openapi_response(Request("GET", "/api/v1"), catalog, NOW_S) is None


@pytest.mark.parametrize("url", ["/openapi/v3", "/openapi/v2", "/openapi/v3/api/v1"])
def test_it_is_only_read_and_only_in_two_forms(catalog: Catalog, url: str) -> None:
    with pytest.raises(MethodNotAllowed):
        openapi_response(Request("PUT", url), catalog, NOW_S)
    with pytest.raises(NotAcceptable):
        get(catalog, url, accept="text/html")


def custom(version: str, schema: bytes) -> AnyResourceType:
    made = resource_type(Thing, group="example.com", version=version, kind="Gadget", plural="gadgets")
    return replace(made, described=lambda: schema)


def test_custom_resources_come_and_go_and_cost_nothing_until_asked_about() -> None:
    catalog = Catalog([PODS])
    asked: list[str] = []

    def described() -> bytes:
        asked.append("x")
        return b'{"type":"object","properties":{"spec":{"type":"string"}}}'

    core = url_of(catalog, "api/v1")
    body = get(catalog, core, accept_encoding="gzip").body
    catalog.add(replace(custom("v1", b""), described=described))
    assert get(catalog, core, accept_encoding="gzip").body is body
    assert url_of(catalog, "api/v1") == core
    before = url_of(catalog, "apis/example.com/v1")
    assert len(asked) == 1
    schemas = document(get(catalog, before))["components"]["schemas"]
    assert schemas["com.example.v1.Gadget"]["properties"]["spec"] == {"type": "string"}  # type: ignore[index]
    catalog.add(custom("v1", b'{"type":"object"}'))
    assert url_of(catalog, "apis/example.com/v1") != before
    catalog.remove("example.com", "v1", "gadgets")
    assert get(catalog, "/openapi/v3/apis/example.com/v1").status == 404


async def test_a_description_is_made_ahead_without_keeping_others_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog([PODS])
    made_in: list[threading.Thread] = []
    make = openapi._make

    def made(*arguments: Any) -> bytes:
        made_in.append(threading.current_thread())
        return make(*arguments)

    monkeypatch.setattr(openapi, "_make", made)
    url = url_of(catalog, "api/v1").partition("?")[0]
    for accept in ("application/json", V3_PROTOBUF):
        for _ in range(2):
            await describe_ahead(Request("GET", url, headers={"accept": accept}), catalog)
            assert get(catalog, url, accept=accept).status == 200
    assert len(made_in) <= 2
    assert threading.main_thread() not in made_in


@pytest.mark.parametrize("path", ["/openapi/v3", "/openapi/v3/apis/none.io/v1", "/api/v1", "/openapi/v2x"])
async def test_nothing_is_made_ahead_for_other_paths(catalog: Catalog, path: str) -> None:
    await describe_ahead(Request("GET", path, headers={"accept": "text/html"}), catalog)
    await describe_ahead(Request("POST", path), catalog)
