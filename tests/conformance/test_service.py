"""network/service.go: Services as objects; where they lead is tried with containers."""

from __future__ import annotations

from typing import Any

from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from wherry.apimachinery.document import Document

LABEL = "test-service-static"


def service(name: str, kind: str = "ClusterIP", **labels: str) -> Document:
    ports = [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 80}]
    return {"metadata": {"name": name, "labels": labels}, "spec": {"type": kind, "ports": ports}}


@box("Services should find a service from listing all namespaces")
async def test_the_list_of_all_namespaces_has_the_clusters_own_service(cluster: Cluster) -> None:
    found: list[Any] = list(await cluster.items("/api/v1/services"))
    assert ("default", "kubernetes") in [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in found]


@box("Services should complete a service status lifecycle")
async def test_the_status_of_a_service_is_patched_replaced_and_watched(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/services"
    async with watching(cluster, path, labelSelector=f"{LABEL}=true") as seen:
        await cluster.must("POST", path, service("test-service", "LoadBalancer", **{LABEL: "true"}))
        assert (await cluster.ask("GET", f"{path}/test-service/status")).at("status.loadBalancer") == {}
        patch = {
            "metadata": {"annotations": {"patchedstatus": "true"}},
            "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}]}},
        }
        patched: Any = await cluster.patch(f"{path}/test-service/status", patch)
        # The mode is what Kubernetes fills in for an address.
        assert patched["status"]["loadBalancer"] == {"ingress": [{"ip": "203.0.113.1", "ipMode": "VIP"}]}
        assert patched["metadata"]["annotations"]["patchedstatus"] == "true"
        condition = {
            "type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from e2e test",
            "lastTransitionTime": "2026-11-23T07:00:00Z",
        }  # fmt: skip
        changed: Any = await cluster.must("GET", f"{path}/test-service/status")
        changed["status"]["conditions"] = [condition]
        updated: Any = await cluster.must("PUT", f"{path}/test-service/status", changed)
        assert updated["status"]["conditions"] == [condition]
        labelled = await cluster.patch(f"{path}/test-service", {"metadata": {"labels": {"test-service": "patched"}}})
        assert labelled["status"] == updated["status"]
        await cluster.must("DELETE", f"{path}/test-service")
        await cluster.until_gone(f"{path}/test-service")
        await cluster.pass_time(0.1)
    assert (seen.told[0], seen.told[-1]) == ("ADDED", "DELETED")
    shown: list[Any] = [event["object"] for event in seen.events if event["type"] == "MODIFIED"]
    assert any(each["metadata"].get("annotations", {}).get("patchedstatus") == "true" for each in shown)
    assert any(each["status"].get("conditions") == [condition] for each in shown)
    assert any(each["metadata"]["labels"].get("test-service") == "patched" for each in shown)


@box("Services should delete a collection of services")
async def test_services_are_deleted_together(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/services"
    for name, kind in (("one", "ClusterIP"), ("two", "ClusterIP"), ("three", "NodePort")):
        await cluster.must("POST", path, service(name, kind, **{LABEL: "true"}))
    await cluster.must("POST", path, service("kept"))
    assert len(await cluster.items(path, labelSelector=f"{LABEL}=true")) == 3
    await cluster.must("DELETE", path, labelSelector=f"{LABEL}=true")
    left: list[Any] = list(await cluster.items(path))
    assert [each["metadata"]["name"] for each in left] == ["kept"]
