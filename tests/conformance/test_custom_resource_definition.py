"""apimachinery/custom_resource_definition.go and crd_watch.go: definitions come, are told about, and go."""

from __future__ import annotations

from typing import cast

from suites.api_harness import JSON_PATCH
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from suites.custom_resources import DEFINITIONS, GROUP, WIDGETS, definition, version_of, widget, with_spec
from wherry.apimachinery.document import Document

PATH = f"{DEFINITIONS}/widgets.{GROUP}"
TEXT: Document = {"type": "string"}
SIMPLE = "CustomResourceDefinition resources Simple CustomResourceDefinition"


async def conditions(cluster: Cluster, path: str = PATH) -> dict[str, str]:
    answer = await cluster.ask("GET", path)
    told = cast("list[dict[str, str]]", answer.at("status.conditions") or [])
    return {each["type"]: each["status"] for each in told}


async def establish(cluster: Cluster, body: Document, path: str = PATH) -> Document:
    created = await cluster.must("POST", DEFINITIONS, body)

    async def is_established() -> bool:
        return (await conditions(cluster, path)).get("Established") == "True"

    await cluster.until(is_established, "the kind")
    return created


@box(f"{SIMPLE} creating/deleting custom resource definition objects works")
async def test_a_definition_is_created_and_deleted(cluster: Cluster) -> None:
    await establish(cluster, definition())
    await cluster.must("POST", WIDGETS, widget({"any": "thing"}))
    await cluster.must("DELETE", PATH)
    await cluster.until_gone(PATH)
    assert (await cluster.ask("GET", WIDGETS)).status == 404


@box(f"{SIMPLE} listing custom resource definition objects works")
async def test_definitions_are_listed_and_deleted_by_their_labels(cluster: Cluster) -> None:
    for number in range(10):
        made = definition(kind=f"Widget{number}")
        cast("Document", made["metadata"])["labels"] = {"e2e": "list"}
        await establish(cluster, made, f"{DEFINITIONS}/widget{number}s.{GROUP}")
    assert len(await cluster.items(DEFINITIONS, labelSelector="e2e=list")) == 10
    await cluster.must("DELETE", DEFINITIONS, labelSelector="e2e=list")

    async def is_empty() -> bool:
        return not await cluster.items(DEFINITIONS, labelSelector="e2e=list")

    await cluster.until(is_empty, "the end of all definitions")


@box(f"{SIMPLE} getting/updating/patching custom resource definition status sub-resource works")
async def test_the_status_is_read_updated_and_patched(cluster: Cluster) -> None:
    await establish(cluster, definition())
    read = await cluster.must("GET", f"{PATH}/status")
    status = cast("dict[str, list[Document]]", read["status"])
    mine: Document = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from an e2e test"}
    read["status"] = {**status, "conditions": [*status["conditions"], mine]}
    await cluster.must("PUT", f"{PATH}/status", read)
    assert (await conditions(cluster))["StatusUpdate"] == "True"
    patch = [{"op": "add", "path": "/status/conditions/-", "value": {"type": "StatusPatched", "status": "True"}}]
    await cluster.patch(f"{PATH}/status", patch, content_type=JSON_PATCH)
    await cluster.pass_time(1)
    assert (await conditions(cluster)).keys() >= {"StatusUpdate", "StatusPatched", "NamesAccepted", "Established"}


@box("CustomResourceDefinition resources should include custom resource definition resources in discovery documents")
async def test_the_group_is_in_all_three_discovery_documents(cluster: Cluster) -> None:
    groups = cast("list[Document]", (await cluster.must("GET", "/apis"))["groups"])
    (group,) = (each for each in groups if each["name"] == "apiextensions.k8s.io")
    assert {"groupVersion": "apiextensions.k8s.io/v1", "version": "v1"} in cast("list[Document]", group["versions"])
    alone = await cluster.must("GET", "/apis/apiextensions.k8s.io")
    assert alone["name"] == "apiextensions.k8s.io"
    resources = cast("list[Document]", (await cluster.must("GET", "/apis/apiextensions.k8s.io/v1"))["resources"])
    assert "customresourcedefinitions" in [each["name"] for each in resources]


@box("CustomResourceDefinition resources custom resource defaulting for requests and from storage works")
async def test_defaults_are_filled_in_for_requests_and_from_storage(cluster: Cluster) -> None:
    schema: Document = {"type": "object", "properties": {"a": {**TEXT, "default": "A"}, "b": TEXT}}
    await establish(cluster, definition(version_of(schema)))
    created = await cluster.must("POST", WIDGETS, widget())
    assert (created["a"], created.get("b")) == ("A", None)
    properties = "/spec/versions/0/schema/openAPIV3Schema/properties"
    await cluster.patch(
        PATH,
        [
            {"op": "add", "path": f"{properties}/a/default", "value": "A2"},
            {"op": "add", "path": f"{properties}/b/default", "value": "B"},
        ],
        content_type=JSON_PATCH,
    )

    async def has_b() -> bool:
        return (await cluster.must("GET", f"{WIDGETS}/one")).get("b") == "B"

    await cluster.until(has_b, "the new default")
    assert (await cluster.must("GET", f"{WIDGETS}/one"))["a"] == "A"
    kept = await cluster.patch(f"{WIDGETS}/one", {"metadata": {"labels": {"x": "y"}}})
    assert (kept["a"], kept["b"]) == ("A", "B")
    await cluster.patch(PATH, [{"op": "remove", "path": f"{properties}/b/default"}], content_type=JSON_PATCH)
    await cluster.pass_time(1)
    assert (await cluster.must("GET", f"{WIDGETS}/one"))["b"] == "B"


@box("CustomResourceDefinition Watch CustomResourceDefinition Watch watch on custom resource definition objects")
async def test_custom_resources_are_watched(cluster: Cluster) -> None:
    made = definition(version_of(with_spec(content=TEXT)))
    cast("Document", made["spec"])["scope"] = "Cluster"
    await establish(cluster, made)
    path = f"/apis/{GROUP}/v1/widgets"
    async with watching(cluster, path) as seen:
        for name in ("a", "b"):
            await cluster.must("POST", path, widget({"content": "1"}, name))
            await cluster.patch(f"{path}/{name}", {"spec": {"content": "2"}})
            await cluster.must("DELETE", f"{path}/{name}")
        await cluster.pass_time(0.5)
    assert seen.told == ["ADDED", "MODIFIED", "DELETED"] * 2
