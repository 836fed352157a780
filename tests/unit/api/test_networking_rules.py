"""What the kinds of networking.k8s.io refuse, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created, sample
from wherry.api.documents import find
from wherry.api.networking.ingress import INGRESSES
from wherry.api.networking.ingressclass import INGRESS_CLASSES
from wherry.api.networking.ipaddress import IP_ADDRESSES
from wherry.api.networking.networkpolicy import NETWORK_POLICIES
from wherry.api.networking.servicecidr import SERVICE_CIDRS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

SERVICE: Document = {"service": {"name": "web", "port": {"number": 80}}}


def rules(path: Document, host: str = "a.example.com") -> Document:
    return {"spec": {"rules": [{"host": host, "http": {"paths": [path]}}]}}


def path(**changes: object) -> Document:
    return {"path": "/", "pathType": "Prefix", "backend": SERVICE, **changes}


def backend(**service: object) -> Document:
    return rules(path(backend={"service": {"name": "web", **service}}))


FIRST = "spec.rules[0].http.paths[0]"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"spec": {"rules": None}},
            ["spec: Invalid value: null: either `defaultBackend` or `rules` must be specified"],
        ),
        ({"spec": {"rules": None, "defaultBackend": SERVICE}}, []),
        (rules(path(), "*.example.com"), []),
        (rules(path(), "*.*.com"), ['spec.rules[0].host: Invalid value: "*.*.com": a wildcard DNS-1123 subdomain']),
        (rules(path(), "10.0.0.1"), ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP']),
        ({"spec": {"rules": [{"http": {"paths": []}}]}}, ["spec.rules[0].http.paths: Required value"]),
        (rules(path(pathType="")), [f"{FIRST}.pathType: Required value: pathType must be specified"]),
        (
            rules(path(pathType="Guess")),
            [
                f'{FIRST}.pathType: Unsupported value: "Guess": '
                'supported values: "Exact", "ImplementationSpecific", "Prefix"'
            ],
        ),
        (rules(path(path="x")), [f'{FIRST}.path: Invalid value: "x": must be an absolute path']),
        (rules(path(path="/a//b")), [f"{FIRST}.path: Invalid value: \"/a//b\": must not contain '//'"]),
        (rules(path(path="/a/..")), [f"{FIRST}.path: Invalid value: \"/a/..\": cannot end with '/..'"]),
        (rules(path(pathType="ImplementationSpecific", path="")), []),
        (
            rules(path(backend={})),
            [f'{FIRST}.backend: Invalid value: "": resource or service backend is required'],
        ),
        (
            rules(path(backend={**SERVICE, "resource": {"kind": "Bucket", "name": "b"}})),
            [f'{FIRST}.backend: Invalid value: "": cannot set both resource and service backends'],
        ),
        (rules(path(backend={"resource": {"kind": "Bucket"}})), [f"{FIRST}.backend.resource.name: Required value"]),
        (backend(), [f"{FIRST}.backend: Required value: port name or number is required"]),
        (
            backend(port={"name": "http", "number": 80}),
            [f'{FIRST}.backend: Invalid value: "": cannot set both port name & port number'],
        ),
        (
            backend(port={"number": 70000}),
            [f"{FIRST}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive"],
        ),
        (backend(name="", port={"number": 80}), [f"{FIRST}.backend.service.name: Required value"]),
        ({"spec": {"tls": [{"hosts": ["A"]}]}}, ['spec.tls[0].hosts[0]: Invalid value: "A": a lowercase RFC 1123']),
        ({"spec": {"ingressClassName": "A"}}, ['spec.ingressClassName: Invalid value: "A": a lowercase RFC 1123']),
        (
            {"spec": {"ingressClassName": "a"}, "metadata": {"annotations": {"kubernetes.io/ingress.class": "b"}}},
            [
                'annotations.kubernetes.io/ingress.class: Invalid value: "b": '
                "must match `ingressClassName` when both are specified"
            ],
        ),
    ],
)
def test_an_ingress_says_where_every_request_goes(changes: Document, wanted: list[str]) -> None:
    errors = errors_of(INGRESSES, changes)
    assert len(errors) == len(wanted), errors
    assert all(error.startswith(start) for error, start in zip(errors, wanted, strict=True)), errors


def test_the_address_of_an_ingress_is_checked_when_it_is_reported() -> None:
    old = created(INGRESSES)
    status: Document = {"loadBalancer": {"ingress": [{"ip": "ten"}, {"hostname": "10.0.0.1"}]}}
    assert errors_of(INGRESSES, {"status": status}, old) == [
        'status.loadBalancer.ingress[0].ip: Invalid value: "ten": must be a valid IP address',
        'status.loadBalancer.ingress[1].hostname: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"controller": ""}, ["spec.controller: Required value"]),
        (
            {"controller": "nginx"},
            ['spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'],
        ),
        ({"parameters": {"kind": "X", "name": "x"}}, []),
        ({"parameters": {"kind": "X"}}, ["spec.parameters.name: Required value"]),
        (
            {"parameters": {"kind": "X", "name": "x", "scope": "Namespace"}},
            ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
        ),
        (
            {"parameters": {"kind": "X", "name": "x", "namespace": "n"}},
            ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
        ),
    ],
)
def test_an_ingress_class_names_its_controller(spec: Document, wanted: list[str]) -> None:
    assert errors_of(INGRESS_CLASSES, {"spec": spec}) == wanted


def test_the_controller_of_an_ingress_class_is_for_life() -> None:
    assert errors_of(INGRESS_CLASSES, {"spec": {"controller": "other.example/x"}}, created(INGRESS_CLASSES)) == [
        'spec.controller: Invalid value: "other.example/x": field is immutable'
    ]


def peer(**one: object) -> Document:
    return {"spec": {"ingress": [{"from": [one]}]}}


def port(**one: object) -> Document:
    return {"spec": {"egress": [{"ports": [one]}]}}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (peer(), ["spec.ingress[0].from[0]: Required value: must specify a peer"]),
        (
            peer(ipBlock={"cidr": "10.0.0.0/8"}, podSelector={}),
            ["spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer"],
        ),
        (peer(ipBlock={}), ["spec.ingress[0].from[0].ipBlock.cidr: Required value"]),
        (
            peer(ipBlock={"cidr": "10.0.0.0"}),
            [
                'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0": '
                "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
            ],
        ),
        (
            peer(ipBlock={"cidr": "10.0.0.0/16", "except": ["10.1.0.0/24", "10.0.0.0/16", "10.0.1.0/24"]}),
            [
                'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.1.0.0/24": '
                "must be a strict subset of `cidr`",
                'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "10.0.0.0/16": '
                "must be a strict subset of `cidr`",
            ],
        ),
        (port(port=80, endPort=90), []),
        (
            port(port=80, endPort=70),
            ["spec.egress[0].ports[0].endPort: Invalid value: 70: must be greater than or equal to `port`"],
        ),
        (
            port(endPort=70),
            ["spec.egress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is not specified"],
        ),
        (
            port(port="web", endPort=70),
            ["spec.egress[0].ports[0].endPort: Invalid value: 70: may not be specified when `port` is non-numeric"],
        ),
        (
            port(protocol="ICMP"),
            ['spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
        ),
        (
            {"spec": {"policyTypes": ["Ingress", "Both"]}},
            ['spec.policyTypes[1]: Unsupported value: "Both": supported values: "Egress", "Ingress"'],
        ),
        (
            {"spec": {"policyTypes": ["Ingress", "Egress", "Egress"]}},
            [
                'spec.policyTypes: Invalid value: ["Ingress","Egress","Egress"]: '
                "may not specify more than two policyTypes"
            ],
        ),
    ],
)
def test_a_network_policy_says_who_may_talk(changes: Document, wanted: list[str]) -> None:
    assert errors_of(NETWORK_POLICIES, changes) == wanted


def test_a_range_that_was_there_stays_allowed_in_a_network_policy() -> None:
    old = created(NETWORK_POLICIES, ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}])
    moved: Document = {"spec": {"ingress": [], "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}]}}
    assert errors_of(NETWORK_POLICIES, moved, old) == []
    assert len(errors_of(NETWORK_POLICIES, moved)) == 1


@pytest.mark.parametrize(("egress", "wanted"), [([], ["Ingress"]), ([{}], ["Ingress", "Egress"])])
def test_a_network_policy_is_about_outgoing_traffic_only_if_it_speaks_of_it(
    egress: list[Document], wanted: list[str]
) -> None:
    policy = created(NETWORK_POLICIES, egress=egress)
    assert find(policy, "spec", "policyTypes") == wanted


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("192.0.2.1", ""),
        ("2001:db8::1", ""),
        ("192.0.2", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        ("192.0.2.01", "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        ("2001:DB8::1", 'must be in canonical form ("2001:db8::1")'),
        ("::ffff:192.0.2.1", "must not be an IPv4-mapped IPv6 address"),
    ],
)
def test_the_name_of_an_ip_address_is_the_address(name: str, wrong: str) -> None:
    assert IP_ADDRESSES.name_rule is not None
    assert IP_ADDRESSES.name_rule(name) == wrong


def test_an_ip_address_belongs_to_one_object_for_life() -> None:
    assert errors_of(IP_ADDRESSES, {"spec": {"parentRef": None}}) == ["spec.parentRef: Required value"]
    assert errors_of(IP_ADDRESSES, {"spec": {"parentRef": {"resource": "services"}}}) == [
        "spec.parentRef.name: Required value"
    ]
    other = {"resource": "services", "namespace": "default", "name": "other"}
    (error,) = errors_of(IP_ADDRESSES, {"spec": {"parentRef": other}}, created(IP_ADDRESSES))
    assert error.startswith("spec.parentRef: Invalid value: ")
    assert error.endswith(": field is immutable")


@pytest.mark.parametrize(
    ("cidrs", "wanted"),
    [
        ([], ["spec.cidrs: Required value: at least one CIDR required"]),
        (["10.96.0.0/16", "fd00::/112"], []),
        (
            ["10.96.0.0/16", "10.97.0.0/16"],
            [
                'spec.cidrs: Invalid value: ["10.96.0.0/16","10.97.0.0/16"]: may specify no more than one IP for each '
                "IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
            ],
        ),
        (
            ["10.96.0.1/16"],
            ['spec.cidrs[0]: Invalid value: "10.96.0.1/16": must not have bits set beyond the prefix length'],
        ),
    ],
)
def test_a_service_cidr_holds_one_range_of_each_family(cidrs: list[str], wanted: list[str]) -> None:
    assert errors_of(SERVICE_CIDRS, {"spec": {"cidrs": cidrs}}) == wanted


@pytest.mark.parametrize(
    ("cidrs", "wanted"),
    [
        (["10.97.0.0/24", "fd00::/112"], []),
        (["10.98.0.0/24"], ['spec.cidrs[0]: Invalid value: "10.98.0.0/24": field is immutable']),
        ([], ["spec.cidrs: Invalid value: []: field is immutable"]),
    ],
)
def test_a_service_cidr_may_only_gain_the_other_family(cidrs: list[str], wanted: list[str]) -> None:
    assert errors_of(SERVICE_CIDRS, {"spec": {"cidrs": cidrs}}, created(SERVICE_CIDRS)) == wanted


@pytest.mark.parametrize(
    ("resource", "cells"),
    [
        (INGRESSES, ("web", "<none>", "www.example.com", "", "80")),
        (INGRESS_CLASSES, ("web", "example.com/ingress", "<none>")),
        (IP_ADDRESSES, ("192.0.2.1", "services/default/web")),
        (NETWORK_POLICIES, ("web", "app=web")),
        (SERVICE_CIDRS, ("web", "10.97.0.0/24")),
    ],
)
def test_the_table_shows_what_kubectl_shows(resource: AnyResourceType, cells: tuple[object, ...]) -> None:
    assert resource.row is not None
    assert tuple(resource.row(sample(resource), 0.0))[:-1] == cells


def test_the_table_of_ingresses_shortens_many_hosts_and_joins_addresses() -> None:
    ingress = sample(INGRESSES)
    ingress["spec"] = {
        "ingressClassName": "nginx",
        "rules": [{"host": f"{letter}.example.com"} for letter in "abcde"],
        "tls": [{}],
    }
    ingress["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}, {"hostname": "lb.example.com"}]}}
    assert INGRESSES.row is not None
    assert tuple(INGRESSES.row(ingress, 0.0))[1:-1] == (
        "nginx",
        "a.example.com,b.example.com,c.example.com + 2 more...",
        "192.0.2.9,lb.example.com",
        "80, 443",
    )
