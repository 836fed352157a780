"""network/endpointslice.go and endpoints.go: a Service that nobody is behind."""

from __future__ import annotations

from suites.conformance import box
from suites.conformance_cluster import Cluster
from wherry.apimachinery.document import Document

SERVICE: Document = {
    "metadata": {"name": "example-empty-selector"},
    "spec": {"selector": {"does-not-match-anything": "endpoints-and-endpoint-slices-should-still-be-created"}},
}
SELECTOR = "kubernetes.io/service-name=example-empty-selector"


@box("EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods")
@box("EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods")
async def test_a_service_without_pods_has_endpoints_and_a_slice_as_long_as_it_lives(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    core, slices = f"/api/v1/namespaces/{namespace}", f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    service = {**SERVICE, "spec": {**SERVICE["spec"], "ports": [{"name": "example", "port": 80}]}}  # type: ignore[dict-item]
    made = await cluster.must("POST", f"{core}/services", service)
    uid = made["metadata"]["uid"]  # type: ignore[index]

    async def are_there() -> bool:
        has_slice = len(await cluster.items(slices, labelSelector=SELECTOR)) == 1
        return has_slice and await cluster.exists(f"{core}/endpoints/example-empty-selector")

    await cluster.until(are_there, "Endpoints and a slice")
    [piece] = await cluster.items(slices, labelSelector=SELECTOR)
    assert piece["endpoints"] in ([], None)
    metadata = piece["metadata"]
    assert isinstance(metadata, dict)
    assert [(owner["kind"], owner["uid"]) for owner in metadata["ownerReferences"]] == [("Service", uid)]
    assert metadata["labels"]["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io"
    endpoints = await cluster.must("GET", f"{core}/endpoints/example-empty-selector")
    assert not endpoints.get("subsets")
    await cluster.must("DELETE", f"{core}/services/example-empty-selector")

    async def are_gone() -> bool:
        has_slices = bool(await cluster.items(slices, labelSelector=SELECTOR))
        return not has_slices and not await cluster.exists(f"{core}/endpoints/example-empty-selector")

    await cluster.until(are_gone, "their end")
