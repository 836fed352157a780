from __future__ import annotations

from wherry.api.core.service import Service, ServicePort, ServiceSpec
from wherry.api.discovery.endpointslice import Endpoint, EndpointConditions, EndpointPort, EndpointSlice
from wherry.apimachinery.meta import ObjectMeta
from wherry.network.services.rules import SERVICE_NAME_LABEL, Backend, plan_rules


def service(name: str = "web", ip: str = "10.96.0.7", **spec: object) -> Service:
    ports = spec.pop("ports", (ServicePort(name="http", port=80, protocol="TCP"),))
    return Service(
        metadata=ObjectMeta(name=name, namespace="default"),
        spec=ServiceSpec(cluster_ip=ip, ports=ports, **spec),  # type: ignore[arg-type]  # tests name single fields
    )


def endpoint(ip: str, *, ready: bool | None = True, serving: bool | None = None, terminating: bool = False) -> Endpoint:
    return Endpoint(
        addresses=(ip,), conditions=EndpointConditions(ready=ready, serving=serving, terminating=terminating)
    )


def slice_of(*endpoints: Endpoint, name: str = "web", port: int = 8080, port_name: str = "http") -> EndpointSlice:
    return EndpointSlice(
        metadata=ObjectMeta(name=f"{name}-x", namespace="default", labels={SERVICE_NAME_LABEL: name}),
        address_type="IPv4",
        endpoints=endpoints,
        ports=(EndpointPort(name=port_name, port=port, protocol="TCP"),),
    )


def backends_of(*slices: EndpointSlice) -> list[str]:
    (rule,) = plan_rules([service()], slices).ports
    return [f"{backend.ip}:{backend.port}" for backend in rule.backends]


def test_ready_endpoints_of_all_slices_are_backends() -> None:
    pieces = [slice_of(endpoint("10.244.0.9"), endpoint("10.244.0.5", ready=None)), slice_of(endpoint("10.244.0.7"))]
    assert backends_of(*pieces) == ["10.244.0.5:8080", "10.244.0.7:8080", "10.244.0.9:8080"]


def test_an_endpoint_that_is_not_ready_gets_nothing() -> None:
    assert backends_of(slice_of(endpoint("10.244.0.5", ready=False))) == []


def test_terminating_endpoints_serve_only_while_none_is_ready() -> None:
    leaving = endpoint("10.244.0.5", ready=False, serving=True, terminating=True)
    assert backends_of(slice_of(leaving)) == ["10.244.0.5:8080"]
    assert backends_of(slice_of(leaving, endpoint("10.244.0.6"))) == ["10.244.0.6:8080"]


def test_ports_match_by_name() -> None:
    assert backends_of(slice_of(endpoint("10.244.0.5"), port_name="other")) == []


def test_slices_of_other_services_namespaces_and_families_do_not_count() -> None:
    v6 = EndpointSlice(metadata=slice_of().metadata, address_type="IPv6", endpoints=(endpoint("fd00::1"),))
    assert backends_of(slice_of(endpoint("10.244.0.5"), name="db"), v6) == []


def test_services_without_a_cluster_ip_have_no_rules() -> None:
    rules = plan_rules([service(ip="None"), service(ip=""), service(ip="10.96.0.8", type="ExternalName")], [])
    assert rules.ports == ()


def test_a_service_keeps_its_rule_without_backends() -> None:
    (rule,) = plan_rules([service(session_affinity="ClientIP")], []).ports
    assert (rule.cluster_ip, rule.port, rule.backends, rule.sticky) == ("10.96.0.7", 80, (), True)


def test_what_is_no_address_never_reaches_a_rule() -> None:
    rules = plan_rules(
        [service(ip="10.96.0.7; flush ruleset"), service("b", ports=(ServicePort(port=80, protocol="SCTP"),))],
        [slice_of(endpoint("1.2.3.4 } ; flush"))],
    )
    assert rules.ports == ()
    assert len(rules.warnings) == 2
    assert backends_of(slice_of(endpoint("x"), endpoint("10.0.0.1"), port=70000)) == []


def test_external_ips_are_ignored_with_a_warning() -> None:
    rules = plan_rules([service(external_ips=("1.2.3.4",))], [slice_of(endpoint("10.244.0.5"))])
    assert rules.warnings == ("Service default/web: externalIPs are not supported and were ignored",)
    assert rules.ports[0].backends == (Backend("10.244.0.5", 8080),)


def test_who_ends_is_not_among_those_that_stay_even_where_it_is_published_as_ready() -> None:
    rules = plan_rules(
        [service()],
        [
            slice_of(
                endpoint("10.244.0.5"),
                endpoint("10.244.0.6", ready=False, serving=True, terminating=True),
                endpoint("10.244.0.7", ready=True, serving=True, terminating=True),
            )
        ],
    )
    assert rules.ready == {"10.244.0.5"}
