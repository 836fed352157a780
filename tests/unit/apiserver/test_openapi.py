from __future__ import annotations

import gzip
from collections.abc import Iterator

import orjson
import pytest

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.errors import MethodNotAllowed, NotAcceptable
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import SCALE, STATUS, AnyResourceType, Subresource, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apiserver.openapi import SWAGGER_PROTOBUF, openapi_response
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
    assert set(index["paths"]) == set(NAMES)
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
    assert {"fieldValidation", "dryRun", "fieldManager"} == {parameter["name"] for parameter in parameters}
    collection = paths["/apis/apps/v1/namespaces/{namespace}/deployments"]
    assert {method: collection[method]["x-kubernetes-action"] for method in ("get", "post", "delete")} == {
        "get": "list", "post": "post", "delete": "deletecollection",
    }  # fmt: skip
    assert set(paths["/apis/apps/v1/deployments"]) == {"get"}
    scale = paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]["get"]
    assert scale["x-kubernetes-group-version-kind"] == {"group": "autoscaling", "kind": "Scale", "version": "v1"}


def test_cluster_wide_kinds_have_no_namespace_in_their_paths(catalog: Catalog) -> None:
    paths = document(get(catalog, "/openapi/v3/apis/example.com/v1"))["paths"]
    assert set(paths) == {"/apis/example.com/v1/widgets", "/apis/example.com/v1/widgets/{name}"}


def test_a_kind_that_is_not_described_keeps_all_its_fields(catalog: Catalog) -> None:
    schemas = document(get(catalog, "/openapi/v3/apis/example.com/v1"))["components"]["schemas"]
    widget = schemas["io.k8s.api.example.v1.Widget"]
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


def test_version_2_in_kubectls_own_form_knows_nothing_so_that_kubectl_itself_says_which_kind_is_unknown(
    catalog: Catalog,
) -> None:
    response = get(catalog, "/openapi/v2", accept=SWAGGER_PROTOBUF)
    assert response.content_type == "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    assert isinstance(response.body, bytes)
    swagger, info = response.body[:5], response.body[5:]
    assert swagger == b"\x0a\x032.0"
    assert info[2 : 2 + info[1]] == b"\x0a\x0aKubernetes\x12\x00"
    assert info[2 + info[1] :] == b"\x42\x00"


def test_what_is_not_served_is_not_found(catalog: Catalog) -> None:
    assert get(catalog, "/openapi/v3/apis/none.io/v1").status == 404
    assert openapi_response(Request("GET", "/openapi"), catalog, NOW_S) is None
    assert openapi_response(Request("GET", "/api/v1"), catalog, NOW_S) is None


def test_it_is_only_read_and_only_json(catalog: Catalog) -> None:
    with pytest.raises(MethodNotAllowed):
        openapi_response(Request("PUT", "/openapi/v3"), catalog, NOW_S)
    with pytest.raises(NotAcceptable):
        get(catalog, "/openapi/v3", accept="application/com.github.proto-openapi.spec.v3@v1.0+protobuf")
