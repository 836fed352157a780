"""network/endpointslicemirroring.go: Endpoints of somebody's own, followed by a slice."""

from __future__ import annotations

from typing import Any

from suites.conformance import box
from suites.conformance_cluster import Cluster

PORTS = [{"name": "example", "port": 80, "protocol": "TCP"}]


@box("EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete")
async def test_a_slice_follows_endpoints_that_people_write(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    core, slices = f"/api/v1/namespaces/{namespace}", f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    service = {"metadata": {"name": "custom"}, "spec": {"ports": [{"name": "example", "port": 80}]}}
    await cluster.must("POST", f"{core}/services", service)

    async def mirrored() -> list[Any]:
        return list(await cluster.items(slices, labelSelector="kubernetes.io/service-name=custom"))

    async def until_it_says(*addresses: str) -> Any:
        async def does_it() -> bool:
            found = [endpoint["addresses"] for piece in await mirrored() for endpoint in piece["endpoints"]]
            return found == [[address] for address in addresses]

        await cluster.until(does_it, f"a slice with {addresses}")
        [piece] = await mirrored()
        return piece

    body: Any = {"metadata": {"name": "custom"}, "subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": PORTS}]}
    await cluster.must("POST", f"{core}/endpoints", body)
    piece = await until_it_says("10.1.2.3")
    labels = piece["metadata"]["labels"]
    assert labels["endpointslice.kubernetes.io/managed-by"] == "endpointslicemirroring-controller.k8s.io"
    assert (piece["addressType"], piece["ports"]) == ("IPv4", PORTS)
    changed: Any = await cluster.must("GET", f"{core}/endpoints/custom")
    changed["subsets"][0]["addresses"] = [{"ip": "10.2.3.4"}]
    await cluster.must("PUT", f"{core}/endpoints/custom", changed)
    same = await until_it_says("10.2.3.4")
    assert same["metadata"]["uid"] == piece["metadata"]["uid"]
    await cluster.must("DELETE", f"{core}/endpoints/custom")

    async def are_gone() -> bool:
        return not await mirrored()

    await cluster.until(are_gone, "the end of the slice")
