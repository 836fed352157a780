"""The controllers that work on every kind work on those of users too, from the moment that they are declared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from suites.conformance_cluster import Cluster, running_cluster
from suites.custom_resources import DEFINITIONS, GROUP, definition, widget
from wherry.apimachinery.document import Document
from wherry.kit.clock import FakeClock

WIDGETS = f"/apis/{GROUP}/v1/namespaces"


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    async with running_cluster(FakeClock()) as running:
        await running.must("POST", DEFINITIONS, definition())
        await running.pass_time(1)
        yield running


async def make_namespace(cluster: Cluster, name: str) -> str:
    await cluster.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    await cluster.pass_time(0.5)
    return f"{WIDGETS}/{name}/widgets"


async def test_a_namespace_takes_its_custom_resources_along(cluster: Cluster) -> None:
    path = await make_namespace(cluster, "shop")
    await cluster.must("POST", path, widget({}))
    await cluster.must("DELETE", "/api/v1/namespaces/shop")
    await cluster.until_gone("/api/v1/namespaces/shop")
    assert (await cluster.must("GET", path))["items"] == []


async def test_a_namespace_waits_for_a_custom_resource_that_takes_its_time(cluster: Cluster) -> None:
    path = await make_namespace(cluster, "shop")
    await cluster.must("POST", path, widget({}, metadata={"name": "one", "finalizers": ["example.com/wait"]}))
    await cluster.must("DELETE", "/api/v1/namespaces/shop")
    await cluster.pass_time(5)
    assert await cluster.exists("/api/v1/namespaces/shop")
    await cluster.patch(f"{path}/one", {"metadata": {"finalizers": None}})
    await cluster.until_gone("/api/v1/namespaces/shop")


async def test_what_belongs_to_a_custom_resource_goes_with_it(cluster: Cluster) -> None:
    path = f"{WIDGETS}/default/widgets"
    owner = await cluster.must("POST", path, widget({}))
    uid = cast("Document", owner["metadata"])["uid"]
    reference: Document = {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "name": "one", "uid": uid}
    config: Document = {"metadata": {"name": "c", "ownerReferences": [reference]}}
    await cluster.must("POST", "/api/v1/namespaces/default/configmaps", config)
    await cluster.must("POST", path, widget({}, metadata={"name": "two", "ownerReferences": [reference]}))
    await cluster.pass_time(1)
    assert await cluster.exists(f"{path}/two")
    await cluster.must("DELETE", f"{path}/one")
    await cluster.until_gone("/api/v1/namespaces/default/configmaps/c")
    await cluster.until_gone(f"{path}/two")


async def test_a_custom_resource_goes_with_its_owner_and_waits_in_the_foreground(cluster: Cluster) -> None:
    owner = await cluster.must("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "c"}})
    reference: Document = {
        "apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": cast("Document", owner["metadata"])["uid"],
        "blockOwnerDeletion": True,
    }  # fmt: skip
    path = f"{WIDGETS}/default/widgets"
    metadata = {"name": "one", "ownerReferences": [reference], "finalizers": ["example.com/wait"]}
    await cluster.must("POST", path, widget({}, metadata=metadata))
    await cluster.must("DELETE", "/api/v1/namespaces/default/configmaps/c", {"propagationPolicy": "Foreground"})
    await cluster.pass_time(3)
    assert await cluster.exists("/api/v1/namespaces/default/configmaps/c")
    await cluster.patch(f"{path}/one", {"metadata": {"finalizers": None}})
    await cluster.until_gone("/api/v1/namespaces/default/configmaps/c")


async def test_a_kind_may_go_and_come_again(cluster: Cluster) -> None:
    await cluster.must("DELETE", f"{DEFINITIONS}/widgets.{GROUP}")
    await cluster.until_gone(f"{DEFINITIONS}/widgets.{GROUP}")
    await cluster.must("POST", DEFINITIONS, definition())
    await cluster.pass_time(1)
    path = await make_namespace(cluster, "again")
    await cluster.must("POST", path, widget({}))
    await cluster.must("DELETE", "/api/v1/namespaces/again")
    await cluster.until_gone("/api/v1/namespaces/again")


async def declare(cluster: Cluster, *definitions: Document) -> None:
    """Declare kinds and wait until they are served."""
    for each in definitions:
        await cluster.must("POST", DEFINITIONS, each)
        name = each["metadata"]["name"]  # type: ignore[index]

        async def is_established(name: str = str(name)) -> bool:
            conditions = (await cluster.ask("GET", f"{DEFINITIONS}/{name}")).at("status.conditions") or []
            assert isinstance(conditions, list)
            return any((one["type"], one["status"]) == ("Established", "True") for one in conditions)

        await cluster.until(is_established, f"{name} served")


def widgets(namespace: str) -> str:
    return f"/apis/{GROUP}/v1/namespaces/{namespace}/widgets"


def thing(name: str, *owners: Document, kind: str = "Widget", **more: object) -> Document:
    metadata = {"name": name, "ownerReferences": list(owners), **more}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": metadata}


def owner(document: Document) -> Document:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "blockOwnerDeletion": True,
    }


@pytest.fixture
async def bare() -> AsyncIterator[Cluster]:
    """A cluster in which nobody has declared anything yet."""
    async with running_cluster(FakeClock()) as running:
        yield running


async def test_an_owner_of_a_kind_that_comes_later_is_judged_when_it_comes(bare: Cluster) -> None:
    namespace = await bare.namespace()
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    absent = {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "name": "never", "uid": "u-1"}
    await bare.must("POST", maps, {"metadata": {"name": "early", "ownerReferences": [absent]}})
    await bare.pass_time(5)
    assert await bare.exists(f"{maps}/early"), "nobody knows yet whether its owner is there"
    await declare(bare, definition())
    await bare.until_gone(f"{maps}/early")


async def test_custom_objects_are_counted(bare: Cluster) -> None:
    namespace = await bare.namespace()
    quota = f"/api/v1/namespaces/{namespace}/resourcequotas/q"
    name = f"count/widgets.{GROUP}"
    await bare.must("POST", quota.removesuffix("/q"), {"metadata": {"name": "q"}, "spec": {"hard": {name: "2"}}})

    async def used(wanted: str) -> bool:
        found = (await bare.ask("GET", quota)).at("status.used")
        return isinstance(found, dict) and found.get(name) == wanted

    await bare.until(lambda: used("0"))
    await declare(bare, definition())
    path = widgets(namespace)
    statuses = [(await bare.ask("POST", path, thing(each))).status for each in ("a", "b", "c")]
    assert statuses == [201, 201, 403]
    assert await used("2")
    await bare.must("DELETE", f"{path}/a")
    await bare.until(lambda: used("1"))


async def test_a_kind_that_goes_and_comes_back_is_followed_again(bare: Cluster) -> None:
    namespace = await bare.namespace()
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(2):
        await declare(bare, definition())
        top = await bare.must("POST", widgets(namespace), thing("top"))
        await bare.must("POST", maps, {"metadata": {"name": f"of-{number}", "ownerReferences": [owner(top)]}})
        await bare.must("DELETE", f"{DEFINITIONS}/widgets.{GROUP}")
        await bare.until_gone(f"{DEFINITIONS}/widgets.{GROUP}")
        await bare.until_gone(f"{maps}/of-{number}")
