"""apimachinery/aggregated_discovery.go: all groups, versions and kinds in two answers."""

from __future__ import annotations

import pytest

from suites.conformance import box
from suites.conformance_cluster import Cluster
from suites.custom_resources import DEFINITIONS, definition, version_of
from wherry.apimachinery.document import Document

V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
V2BETA1 = V2.replace("v=v2", "v=v2beta1")
PLAIN = "application/json"


async def told(cluster: Cluster, path: str) -> dict[tuple[str, str, str], Document]:
    """Group, version and plural -> what is told about them."""
    answer = await cluster.must("GET", path, accept=V2)
    assert answer["kind"] == "APIGroupDiscoveryList"
    found: dict[tuple[str, str, str], Document] = {}
    items = answer["items"]
    assert isinstance(items, list)
    for group in items:
        for version in group["versions"]:
            assert version["freshness"] == "Current"
            for resource in version["resources"]:
                found[group["metadata"].get("name", ""), version["version"], resource["resource"]] = resource
    return found


@box("AggregatedDiscovery should support aggregated discovery interface")
async def test_the_built_in_kinds_are_told_at_once(cluster: Cluster) -> None:
    core, named = await told(cluster, "/api"), await told(cluster, "/apis")
    for group, version, plural in (
        ("", "v1", "namespaces"), ("", "v1", "pods"), ("apps", "v1", "deployments"),
        ("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
        ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"), ("batch", "v1", "jobs"),
    ):  # fmt: skip
        resource = (named if group else core)[group, version, plural]
        assert resource["responseKind"]
        assert {"get", "list", "watch"} <= set(resource["verbs"])  # type: ignore[call-overload] # a list
    # Both ways of telling tell the same.
    for (group, version, plural), resource in {**core, **named}.items():
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        resources = (await cluster.must("GET", path))["resources"]
        assert isinstance(resources, list)
        plain = next(each for each in resources if each["name"] == plural)
        assert plain["verbs"] == resource["verbs"]
        assert plain["namespaced"] == (resource["scope"] == "Namespaced")
        below = {each["name"].partition("/")[2] for each in resources if each["name"].startswith(f"{plural}/")}
        subresources = resource.get("subresources", [])
        assert isinstance(subresources, list)
        assert {each["subresource"] for each in subresources} == below


@box("AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers")
@pytest.mark.parametrize("path", ["/api", "/apis"])
async def test_the_accept_header_chooses(cluster: Cluster, path: str) -> None:
    for accept, kind, content_type in (
        (V2, "APIGroupDiscoveryList", V2),
        (f"{V2},{V2BETA1},{PLAIN}", "APIGroupDiscoveryList", V2),
        (f"{V2BETA1},{PLAIN}", "APIGroupDiscoveryList", V2BETA1),
        (PLAIN, "APIVersions" if path == "/api" else "APIGroupList", PLAIN),
        (f"{V2.replace('v=v2', 'v=v99')},{PLAIN}", "APIVersions" if path == "/api" else "APIGroupList", PLAIN),
    ):
        answer = await cluster.ask("GET", path, accept=accept)
        assert (answer.status, answer.json["kind"], answer.content_type) == (200, kind, content_type)


async def serve_widgets(cluster: Cluster) -> None:
    body = definition(version_of(subresources={"status": {}}), shortNames=["wd"], categories=["all"])
    await cluster.must("POST", DEFINITIONS, body)

    async def is_served() -> bool:
        return ("example.com", "v1", "widgets") in await told(cluster, "/apis")

    await cluster.until(is_served, "the kind in discovery")


@box("AggregatedDiscovery should support aggregated discovery interface for CRDs")
async def test_custom_resources_are_told_too(cluster: Cluster) -> None:
    await serve_widgets(cluster)
    widgets = (await told(cluster, "/apis"))["example.com", "v1", "widgets"]
    assert widgets["responseKind"] == {"group": "example.com", "version": "v1", "kind": "Widget"}
    assert (widgets["scope"], widgets["singularResource"]) == ("Namespaced", "widget")
    assert (widgets["shortNames"], widgets["categories"]) == (["wd"], ["all"])
    subresources = widgets["subresources"]
    assert isinstance(subresources, list)
    assert [each["subresource"] for each in subresources] == ["status"]


@box("AggregatedDiscovery should support raw aggregated discovery request for CRDs")
async def test_what_goes_is_told_no_more(cluster: Cluster) -> None:
    before = dict((await cluster.ask("GET", "/apis", accept=V2)).headers)["ETag"]
    await serve_widgets(cluster)
    during = dict((await cluster.ask("GET", "/apis", accept=V2)).headers)["ETag"]
    assert during != before
    await cluster.must("DELETE", f"{DEFINITIONS}/widgets.example.com")

    async def is_gone() -> bool:
        return ("example.com", "v1", "widgets") not in await told(cluster, "/apis")

    await cluster.until(is_gone, "the end of the kind in discovery")
    assert dict((await cluster.ask("GET", "/apis", accept=V2)).headers)["ETag"] == before
