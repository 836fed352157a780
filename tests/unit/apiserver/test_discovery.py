from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson
import pytest

from suites.protobuf_encoding import PROTOBUF
from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.errors import MethodNotAllowed
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.protobuf.decode import decode_message, open_envelope
from wherry.apimachinery.resource_type import SCALE, STATUS, AnyResourceType, Storage, Subresource, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apiserver.discovery import discovery_response, storage_version_hash
from wherry.kit.http.types import Request, Response

V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2BETA1 = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"


class Thing(Struct):
    metadata: ObjectMeta = ObjectMeta()


PODS: AnyResourceType = resource_type(
    Thing,
    kind="Pod",
    plural="pods",
    short_names=("po",),
    categories=("all",),
    subresources=(
        STATUS,
        Subresource("log", ("get",)),
        Subresource("eviction", ("create",), kind="Eviction", group="policy", version="v1"),
    ),
)
NODES: AnyResourceType = resource_type(Thing, kind="Node", plural="nodes", namespaced=False)
DEPLOYMENTS: AnyResourceType = resource_type(
    Thing, group="apps", kind="Deployment", plural="deployments", subresources=(STATUS, SCALE)
)
BINDINGS: AnyResourceType = resource_type(Thing, kind="Binding", plural="bindings", verbs=("create",))


@pytest.fixture
def catalog() -> Catalog:
    return Catalog([PODS, NODES, DEPLOYMENTS, BINDINGS])


def get(catalog: Catalog, path: str, accept: str = "", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = discovery_response(Request("GET", path, headers={"accept": accept, **named}), catalog)
    assert response is not None
    return response


def body(response: Response) -> object:
    assert isinstance(response.body, bytes)
    return orjson.loads(response.body)


@pytest.mark.parametrize("path", ["/api", "/api/"])
def test_the_core_group_tells_its_versions(catalog: Catalog, path: str) -> None:
    response = get(catalog, path, host="localhost:6443")
    assert response.content_type == "application/json"
    assert body(response) == {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "localhost:6443"}],
    }


@pytest.mark.parametrize("path", ["/apis", "/apis/"])
def test_the_other_groups_are_listed(catalog: Catalog, path: str) -> None:
    version = {"groupVersion": "apps/v1", "version": "v1"}
    group = {"name": "apps", "versions": [version], "preferredVersion": version}
    assert body(get(catalog, path, "application/json")) == {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [group],
    }
    assert body(get(catalog, "/apis/apps")) == {"kind": "APIGroup", "apiVersion": "v1", **group}


def test_the_kinds_of_the_core_group_are_listed_with_their_subresources(catalog: Catalog) -> None:
    all_verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
    assert body(get(catalog, "/api/v1")) == {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "bindings", "singularName": "binding", "namespaced": True, "kind": "Binding", "verbs": ["create"]},
            {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "verbs": all_verbs,
             "storageVersionHash": storage_version_hash(NODES, catalog)},
            {"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod", "verbs": all_verbs,
             "shortNames": ["po"], "categories": ["all"], "storageVersionHash": "xPOwRZ+Yhw8="},
            {"name": "pods/eviction", "singularName": "", "namespaced": True, "group": "policy", "version": "v1",
             "kind": "Eviction", "verbs": ["create"]},
            {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
            {"name": "pods/status", "singularName": "", "namespaced": True, "kind": "Pod",
             "verbs": ["get", "patch", "update"]},
        ],
    }  # fmt: skip


def test_a_named_group_says_its_api_version(catalog: Catalog) -> None:
    listed = body(get(catalog, "/apis/apps/v1"))
    assert isinstance(listed, dict)
    assert (listed["apiVersion"], listed["groupVersion"]) == ("v1", "apps/v1")
    scale = listed["resources"][1]
    assert (scale["name"], scale["group"], scale["version"], scale["kind"]) == (
        "deployments/scale", "autoscaling", "v1", "Scale",
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/apis/none.io", "/apis/none.io/v1", "/apis/apps/v9", "/api/v2"])
def test_an_unknown_group_is_a_page_not_found(catalog: Catalog, path: str) -> None:
    response = get(catalog, path)
    assert (response.status, response.body) == (404, b"404 page not found\n")
    assert response.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/version", "/api/v1/pods", "/apis/apps/v1/deployments", "/apix", "//api"])
def test_other_paths_are_left_to_others(catalog: Catalog, path: str) -> None:
    if path == "//api":
        path = "/api//v1"
    assert discovery_response(Request("GET", path), catalog) is None


def test_discovery_is_only_read(catalog: Catalog) -> None:
    with pytest.raises(MethodNotAllowed):
        discovery_response(Request("POST", "/apis"), catalog)


@pytest.mark.parametrize(("accept", "version"), [(f"{V2},application/json", "v2"), (f"{V2BETA1},{V2}", "v2beta1")])
def test_all_is_told_at_once_to_those_who_ask(catalog: Catalog, accept: str, version: str) -> None:
    response = get(catalog, "/apis", accept)
    assert response.content_type == f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    told = body(response)
    assert isinstance(told, dict)
    assert told["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    assert [item["metadata"] for item in told["items"]] == [{"name": "apps"}]
    assert told["items"][0]["versions"] == [
        {
            "version": "v1",
            "resources": [
                {
                    "resource": "deployments",
                    "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                    "scope": "Namespaced",
                    "singularResource": "deployment",
                    "verbs": list(DEPLOYMENTS.verbs),
                    "subresources": [
                        {
                            "subresource": "scale",
                            "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"},
                            "verbs": ["get", "patch", "update"],
                        },
                        {
                            "subresource": "status",
                            "responseKind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                            "verbs": ["get", "patch", "update"],
                        },
                    ],
                }
            ],
            "freshness": "Current",
        }
    ]


@pytest.mark.parametrize(("version", "path"), [("v2", "/apis"), ("v2beta1", "/api")])
def test_all_is_told_in_protobuf_too(catalog: Catalog, version: str, path: str) -> None:
    accept = V2.replace("application/json", PROTOBUF).replace("v=v2", f"v={version}")
    response = get(catalog, path, f"{accept},{V2}")
    assert response.content_type == accept
    assert isinstance(response.body, bytes)
    envelope = open_envelope(response.body)
    assert (envelope.api_version, envelope.kind) == (f"apidiscovery.k8s.io/{version}", "APIGroupDiscoveryList")
    told = decode_message("apidiscovery.k8s.io/v2.APIGroupDiscoveryList", envelope.raw)
    plain = body(get(catalog, path, V2))
    assert isinstance(plain, dict)
    assert told["items"] == plain["items"]
    again = get(catalog, path, accept, if_none_match=dict(response.headers)["ETag"])
    assert (again.status, again.content_type) == (304, accept)


def test_versions_that_are_kept_as_one_have_one_hash() -> None:
    newer = resource_type(Thing, group="autoscaling", version="v2", kind="Scaler", plural="scalers")
    older = replace(newer, version="v1", storage=Storage("autoscaling", "scalers"))
    catalog = Catalog([older, newer])
    assert storage_version_hash(older, catalog) == storage_version_hash(newer, catalog)
    alone = Catalog([older])
    assert storage_version_hash(older, alone) != storage_version_hash(newer, alone)


def test_groups_come_in_kubernetes_order_and_versions_newest_first() -> None:
    groups = ["zoo.example.com", "example.com", "apiregistration.k8s.io", "discovery.k8s.io", "resource.k8s.io", "apps"]
    kinds = [resource_type(Thing, group=group, kind="Thing", plural="things") for group in groups]
    versions = [replace(kinds[1], version=version) for version in ("v2beta1", "v10", "v2", "foo")]
    told = body(get(Catalog([*kinds, *versions]), "/apis"))
    assert isinstance(told, dict)
    assert [group["name"] for group in told["groups"]] == [
        "apiregistration.k8s.io", "apps", "discovery.k8s.io", "resource.k8s.io", "example.com", "zoo.example.com",
    ]  # fmt: skip
    example = told["groups"][4]
    assert [each["version"] for each in example["versions"]] == ["v10", "v2", "v1", "v2beta1", "foo"]
    assert example["preferredVersion"] == {"groupVersion": "example.com/v10", "version": "v10"}


def test_the_core_group_is_told_at_api(catalog: Catalog) -> None:
    told = body(get(catalog, "/api", V2))
    assert isinstance(told, dict)
    assert len(told["items"]) == 1
    assert told["items"][0]["metadata"] == {}
    resources = {each["resource"]: each for each in told["items"][0]["versions"][0]["resources"]}
    assert resources["nodes"]["scope"] == "Cluster"
    assert resources["pods"]["shortNames"] == ["po"]


@pytest.mark.parametrize("accept", [f"application/json,{V2}", f"{V2.replace('v=v2', 'v=v9')},application/json", "*/*"])
def test_whoever_prefers_the_plain_form_gets_it(catalog: Catalog, accept: str) -> None:
    assert get(catalog, "/apis", accept).content_type == "application/json"


def test_an_answer_that_the_client_has_is_not_sent_again_but_keeps_its_type(catalog: Catalog) -> None:
    first = get(catalog, "/api", V2)
    assert isinstance(first.body, bytes)
    etag = dict(first.headers)["ETag"]
    assert etag == f'"{hashlib.sha512(first.body).hexdigest().upper()}"'
    assert dict(first.headers)["Vary"] == "Accept"
    again = get(catalog, "/api", V2, if_none_match=etag)
    assert (again.status, again.body, again.content_type) == (304, b"", first.content_type)
    assert dict(again.headers)["ETag"] == etag


def test_a_new_kind_is_told_at_once(catalog: Catalog) -> None:
    etag = dict(get(catalog, "/api", V2).headers)["ETag"]
    catalog.remove("", "v1", "nodes")
    changed = get(catalog, "/api", V2, if_none_match=etag)
    assert changed.status == 200
    assert isinstance(changed.body, bytes)
    assert b"nodes" not in changed.body
