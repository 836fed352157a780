"""network/apiserver.go: where pods find the API server."""

from __future__ import annotations

import ipaddress
from typing import Any

from suites.conformance import box
from suites.conformance_cluster import Cluster

DEFAULT = "/api/v1/namespaces/default"


@box("API Server should provide secure master service")
async def test_the_api_server_has_a_service(cluster: Cluster) -> None:
    service = await cluster.ask("GET", f"{DEFAULT}/services/kubernetes")
    assert [(port["name"], port["port"]) for port in _listed(service.at("spec.ports"))] == [("https", 443)]
    assert ipaddress.ip_address(str(service.at("spec.clusterIP"))).is_private


@box("API Server should have Endpoints and EndpointSlices pointing to API Server")
async def test_endpoints_and_slices_of_the_api_server_say_the_same(cluster: Cluster) -> None:
    endpoints = await cluster.ask("GET", f"{DEFAULT}/endpoints/kubernetes")
    in_endpoints = {
        (address["ip"], port["name"], port["port"])
        for subset in _listed(endpoints.at("subsets"))
        for address in subset["addresses"]
        for port in subset["ports"]
    }
    slices: list[Any] = list(
        await cluster.items(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            labelSelector="kubernetes.io/service-name=kubernetes",
        )
    )
    in_slices = {
        (address, port["name"], port["port"])
        for piece in slices
        for endpoint in piece["endpoints"]
        for address in endpoint["addresses"]
        for port in piece["ports"]
    }
    assert in_endpoints == in_slices
    assert [name for _, name, _ in in_endpoints] == ["https"]
    # It keeps to what it is told, however long it lasts: no mirror adds another slice.
    await cluster.pass_time(5)
    assert len(slices) == 1


def _listed(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value
