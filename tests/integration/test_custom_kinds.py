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
