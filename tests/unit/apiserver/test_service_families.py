"""The families of addresses that services get in a cluster with IPv4, and the ports of their health checks."""

from __future__ import annotations

import pytest

from suites.api_harness import Api, make_api
from wherry.api.core.service_families import settle_families
from wherry.apimachinery.document import Document
from wherry.kit.clock import FakeClock

SERVICES = "/api/v1/namespaces/default/services"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


@pytest.mark.parametrize(
    ("spec", "old", "policy", "families"),
    [
        ({}, {}, "SingleStack", ["IPv4"]),
        ({"ipFamilyPolicy": "PreferDualStack"}, {}, "PreferDualStack", ["IPv4"]),
        ({"clusterIP": "None"}, {}, "RequireDualStack", ["IPv4", "IPv6"]),
        ({"clusterIP": "None", "ipFamilyPolicy": "SingleStack"}, {}, "SingleStack", ["IPv4"]),
        ({"clusterIP": "None", "selector": {"a": "b"}}, {}, "SingleStack", ["IPv4"]),
        ({}, {"ipFamilyPolicy": "PreferDualStack"}, "PreferDualStack", ["IPv4"]),
        (
            {"clusterIP": "None", "ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4", "IPv6"]},
            {"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]},
            "SingleStack",
            ["IPv4"],
        ),
    ],
)
def test_families_are_filled_in(spec: Document, old: Document, policy: str, families: list[str]) -> None:
    assert settle_families(spec, old, "IPv4") == []
    assert (spec["ipFamilyPolicy"], spec["ipFamilies"]) == (policy, families)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            {"ipFamilyPolicy": "RequireDualStack"},
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": '
            "this cluster is not configured for dual-stack services",
        ),
        ({"ipFamilies": ["IPv6"]}, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'),
        (
            {"clusterIP": "fd00::1", "clusterIPs": ["fd00::1"]},
            'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
        ),
        (
            {"ipFamilies": ["IPv4", "IPv6"]},
            "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' "
            "when multiple IP families are specified",
        ),
    ],
)
def test_what_the_cluster_lacks_is_refused(spec: Document, wanted: str) -> None:
    assert [str(error) for error in settle_families(spec, {}, "IPv4")] == [wanted]


async def test_a_balancer_for_local_traffic_gets_a_port_for_its_questions_and_keeps_it(api: Api) -> None:
    spec: Document = {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": [{"port": 80}]}
    made = await api.must("POST", SERVICES, {"metadata": {"name": "one"}, "spec": spec})
    given = made["spec"]["healthCheckNodePort"]  # type: ignore[index]
    assert 30000 <= given <= 32767
    again = await api.must("PUT", f"{SERVICES}/one", {"metadata": {"name": "one"}, "spec": spec})
    assert again["spec"]["healthCheckNodePort"] == given  # type: ignore[index]
    wanted: Document = {**spec, "healthCheckNodePort": given}
    taken = await api.ask("POST", SERVICES, {"metadata": {"name": "two"}, "spec": wanted})
    assert str(taken.at("message")).endswith(f"Invalid value: {given}: provided port is already allocated")
    cluster: Document = {"metadata": {"name": "one"}, "spec": {**wanted, "type": "ClusterIP"}}
    freed = await api.ask("PUT", f"{SERVICES}/one", cluster)
    assert freed.status == 200, freed.body
    assert freed.at("spec.healthCheckNodePort") is None
