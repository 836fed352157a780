"""scheduling/limit_range.go: what a pod gets when it does not say, and what is too much."""

from __future__ import annotations

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from wherry.apimachinery.document import Document


def container(requests: dict[str, str] | None = None, limits: dict[str, str] | None = None) -> Document:
    return {"name": "c", "image": "pause", "resources": {"requests": requests or {}, "limits": limits or {}}}


def pod(name: str, requests: dict[str, str] | None = None, limits: dict[str, str] | None = None) -> Document:
    return {"metadata": {"name": name}, "spec": {"containers": [container(requests, limits)]}}


MIN = {"cpu": "50m", "memory": "100Mi", "ephemeral-storage": "100Gi"}
MAX = {"cpu": "500m", "memory": "500Mi", "ephemeral-storage": "500Gi"}
DEFAULT = {"cpu": "500m", "memory": "500Mi", "ephemeral-storage": "500Gi"}
REQUEST = {"cpu": "100m", "memory": "200Mi", "ephemeral-storage": "200Gi"}
ITEM: Document = {"type": "Container", "min": MIN, "max": MAX, "default": DEFAULT, "defaultRequest": REQUEST}


@box("LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied.")
async def test_pods_get_the_defaults_and_keep_within_the_limits(cluster: Cluster) -> None:
    namespace = f"/api/v1/namespaces/{await cluster.namespace()}"
    path, pods = f"{namespace}/limitranges", f"{namespace}/pods"
    async with watching(cluster, path) as seen:
        await cluster.must("POST", path, {"metadata": {"name": "limit-range"}, "spec": {"limits": [ITEM]}})
        assert (await cluster.must("GET", f"{path}/limit-range"))["spec"] == {"limits": [ITEM]}
        made = await cluster.ask("POST", pods, pod("pod-no-resources"))
        assert made.at("spec.containers.0.resources") == {"requests": REQUEST, "limits": DEFAULT}
        made = await cluster.ask("POST", pods, pod("pod-partial", {"cpu": "300m"}, {"memory": "300Mi"}))
        assert made.at("spec.containers.0.resources") == {
            # A limit without a request is the request, before any default.
            "requests": {**REQUEST, "cpu": "300m", "memory": "300Mi"},
            "limits": {**DEFAULT, "memory": "300Mi"},
        }
        for wrong in (pod("pod-small", {"cpu": "10m"}), pod("pod-big", limits={"cpu": "600m"})):
            assert (await cluster.ask("POST", pods, wrong)).status == 403
        change = {"spec": {"limits": [{**ITEM, "min": {"cpu": "9m", "memory": "49Mi", "ephemeral-storage": "49Gi"}}]}}
        await cluster.must("PUT", f"{path}/limit-range", {"metadata": {"name": "limit-range"}, **change})
        await cluster.must("POST", pods, pod("pod-small", {"cpu": "10m"}))
        assert (await cluster.ask("POST", pods, pod("pod-big", limits={"cpu": "600m"}))).status == 403
        await cluster.must("DELETE", f"{path}/limit-range")
        await cluster.must("POST", pods, pod("pod-big", limits={"cpu": "600m"}))
        await cluster.pass_time(0.1)
    assert seen.told == ["ADDED", "MODIFIED", "DELETED"]


@box("LimitRange should list, patch and delete a LimitRange by collection")
async def test_limit_ranges_are_listed_patched_and_deleted_together(cluster: Cluster) -> None:
    names = [await cluster.namespace(), await cluster.namespace()]
    for name in names:
        metadata = {"name": "e2e-limitrange", "labels": {"e2e-limitrange": "x"}}
        await cluster.must(
            "POST", f"/api/v1/namespaces/{name}/limitranges", {"metadata": metadata, "spec": {"limits": [ITEM]}}
        )
    assert len(await cluster.items("/api/v1/limitranges", labelSelector="e2e-limitrange=x")) == 2
    path = f"/api/v1/namespaces/{names[0]}/limitranges"
    patch = {
        "metadata": {"labels": {"e2e-limitrange": "patched"}},
        "spec": {"limits": [{"type": "Container", "min": {"cpu": "40m"}}]},
    }
    patched = await cluster.patch(f"{path}/e2e-limitrange", patch, content_type=STRATEGIC)
    assert patched["spec"]["limits"][0]["min"]["cpu"] == "40m"  # type: ignore[index]
    await cluster.must("DELETE", path, labelSelector="e2e-limitrange=patched")
    assert await cluster.items(path) == []
    assert len(await cluster.items("/api/v1/limitranges", labelSelector="e2e-limitrange")) == 1
