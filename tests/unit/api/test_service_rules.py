"""What a Service may say, may change and is warned of, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created
from wherry.api.core.service import SERVICES
from wherry.api.core.service_parts import ServiceSpec
from wherry.api.core.service_warnings import warnings_of_service
from wherry.api.documents import section
from wherry.apimachinery.document import Document

ONLY_BALANCED = "Forbidden: may only be used when `type` is 'LoadBalancer'"
NO_NAME = "Forbidden: may not be set for ExternalName services"
PORT: Document = {"port": 80}
BALANCED: Document = {"type": "LoadBalancer"}
LOCAL: Document = {**BALANCED, "externalTrafficPolicy": "Local"}
STICKY = "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less"


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"clusterIP": "None", "ports": []}, []),
        ({"type": "ExternalName", "externalName": "db.example.com.", "ports": []}, []),
        (
            {"type": "ExternalName", "externalName": "a_b", "clusterIP": "10.96.0.9", "ipFamilyPolicy": "SingleStack"},
            [
                f"spec.clusterIPs: {NO_NAME}",
                f"spec.ipFamilyPolicy: {NO_NAME}",
                'spec.externalName: Invalid value: "a_b": a lowercase RFC 1123 subdomain',
            ],
        ),
        ({**BALANCED, "ports": [{"port": 10250}]}, ["spec.ports[0]: Invalid value: 10250: may not expose port 10250"]),
        (
            {"type": "NodePort", "clusterIP": "None"},
            ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
        ),
        ({"ports": [{"port": 80, "name": "Web"}]}, ['spec.ports[0].name: Invalid value: "Web": a lowercase RFC 1123']),
        (
            {"ports": [{"port": 1, "name": "a"}, {"port": 2, "name": "a"}]},
            ['spec.ports[1].name: Duplicate value: "a"'],
        ),
        (
            {"ports": [{"port": 1, "name": "a"}, {"port": 1, "name": "b"}]},
            ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}'],
        ),
        (
            {"ports": [{**PORT, "protocol": "ICMP"}]},
            ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
        ),
        ({"ports": [{**PORT, "targetPort": "a_b"}]}, ['spec.ports[0].targetPort: Invalid value: "a_b": must contain']),
        ({"ports": [{**PORT, "appProtocol": ""}]}, ['spec.ports[0].appProtocol: Invalid value: "": name part must be']),
        (
            {"ports": [{**PORT, "nodePort": 30080}]},
            ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
        ),
        (
            {
                "type": "NodePort",
                "ports": [{"port": 1, "name": "a", "nodePort": 30080}, {"port": 2, "name": "b", "nodePort": 30080}],
            },
            ["spec.ports[1].nodePort: Duplicate value: 30080"],
        ),
        (
            {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10}}},
            ["spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None"],
        ),
        ({"sessionAffinity": "ClientIP"}, []),
        (
            {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 86401}}},
            [f"{STICKY} than 86400"],
        ),
        ({"sessionAffinity": "Cookie"}, ['spec.sessionAffinity: Unsupported value: "Cookie": supported values:']),
        (
            {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.8"]},
            ['spec.clusterIPs: Invalid value: ["10.96.0.8"]: first value must match `clusterIP`'],
        ),
        (
            {"clusterIPs": ["10.96.0.8", "10.96.0.9"]},
            [
                'spec.clusterIPs: Invalid value: ["10.96.0.8","10.96.0.9"]: '
                "may specify no more than one IP for each IP family"
            ],
        ),
        (
            {"clusterIPs": ["None", "10.96.0.9"]},
            ['spec.clusterIPs: Invalid value: ["None","10.96.0.9"]: \'None\' must be the first and only value'],
        ),
        (
            {"ipFamilies": ["IPv5", "IPv4", "IPv4"]},
            [
                'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
                'spec.ipFamilies[2]: Duplicate value: "IPv4"',
            ],
        ),
        (
            {"clusterIP": "10.96.0.9", "ipFamilies": ["IPv6"]},
            ['spec.clusterIPs[0]: Invalid value: "10.96.0.9": expected an IPv6 value as indicated by `ipFamilies[0]`'],
        ),
        (
            {"ipFamilyPolicy": "Dual"},
            [
                'spec.ipFamilyPolicy: Unsupported value: "Dual": '
                'supported values: "PreferDualStack", "RequireDualStack", "SingleStack"'
            ],
        ),
        (
            {"externalIPs": ["1.2.3", "127.0.0.1"]},
            [
                'spec.externalIPs[0]: Invalid value: "1.2.3": must be a valid IP address',
                'spec.externalIPs[1]: Invalid value: "127.0.0.1": may not be in the loopback range',
            ],
        ),
        (
            {"loadBalancerSourceRanges": ["10.0.0.0/8", "ten"], **BALANCED},
            ['spec.LoadBalancerSourceRanges[1]: Invalid value: "ten": must be a valid CIDR value'],
        ),
        ({"loadBalancerSourceRanges": ["10.0.0.0/8"]}, [f"spec.LoadBalancerSourceRanges: {ONLY_BALANCED}"]),
        ({"allocateLoadBalancerNodePorts": False}, [f"spec.allocateLoadBalancerNodePorts: {ONLY_BALANCED}"]),
        ({"loadBalancerClass": "x.io/y"}, [f"spec.loadBalancerClass: {ONLY_BALANCED}"]),
        ({**BALANCED, "loadBalancerClass": "/"}, ['spec.loadBalancerClass: Invalid value: "/": prefix part']),
        (
            {"externalTrafficPolicy": "Local"},
            ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
        ),
        ({"externalTrafficPolicy": "Local", "externalIPs": ["203.0.113.9"]}, []),
        (
            {"type": "NodePort", "externalTrafficPolicy": "Near"},
            ['spec.externalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"'],
        ),
        (LOCAL, ["spec.healthCheckNodePort: Required value"]),
        ({**LOCAL, "healthCheckNodePort": 30000}, []),
        (
            {**BALANCED, "healthCheckNodePort": 30000},
            ["spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and"],
        ),
        (
            {"internalTrafficPolicy": "Near"},
            ['spec.internalTrafficPolicy: Unsupported value: "Near": supported values: "Cluster", "Local"'],
        ),
        (
            {"trafficDistribution": "Near"},
            [
                'spec.trafficDistribution: Unsupported value: "Near": '
                'supported values: "PreferClose", "PreferSameNode", "PreferSameZone"'
            ],
        ),
    ],
)
def test_a_wrong_service_is_refused(spec: Document, wanted: list[str]) -> None:
    found = errors_of(SERVICES, {"spec": spec})
    assert len(found) == len(wanted), found
    assert all(error.startswith(start) for error, start in zip(found, wanted, strict=True)), found


def given(**spec: object) -> Document:
    old = created(SERVICES)
    section(old, "spec").update(
        clusterIP="10.96.0.5", clusterIPs=["10.96.0.5"], ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack", **spec
    )
    return old


BALANCER: dict[str, object] = {
    "type": "LoadBalancer",
    "allocateLoadBalancerNodePorts": True,
    "externalTrafficPolicy": "Local",
    "healthCheckNodePort": 31000,
    "loadBalancerClass": "x.io/y",
}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"type": "ClusterIP"}, []),
        ({"type": "ExternalName", "externalName": "example.com"}, []),
        ({"healthCheckNodePort": None}, []),
        ({"healthCheckNodePort": 31001}, ["spec.healthCheckNodePort: Forbidden: field is immutable"]),
        (
            {"loadBalancerClass": "x.io/z"},
            ['spec.loadBalancerClass: Invalid value: "x.io/z": may not change once set'],
        ),
        ({"clusterIP": "10.96.0.6"}, ['spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set']),
        ({"ipFamilies": ["IPv6"]}, ['spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set']),
    ],
)
def test_a_change_leaves_behind_what_the_new_type_lacks_and_nothing_else(change: Document, wanted: list[str]) -> None:
    old = given(**BALANCER)
    found = errors_of(SERVICES, {"spec": change}, old)
    assert found[: len(wanted)] == wanted
    # A family of its own makes the address wrong, too.
    assert len(found) == len(wanted) + ("ipFamilies" in change)


@pytest.mark.parametrize(
    ("ingress", "wanted"),
    [
        ([{"ip": "203.0.113.1"}], []),
        ([{"ip": "x"}], ['[0].ip: Invalid value: "x": must be a valid IP address']),
        ([{"hostname": "a.example.com"}], []),
        ([{"hostname": "1.2.3.4"}], ['[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address']),
        ([{"ipMode": "VIP"}], ["[0].ipMode: Forbidden: may not be specified when `ip` is not set"]),
        (
            [{"ip": "203.0.113.1", "ipMode": "X"}],
            ['[0].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"'],
        ),
    ],
)
def test_what_a_balancer_says_is_checked(ingress: list[Document], wanted: list[str]) -> None:
    old = given(**BALANCER)
    found = errors_of(SERVICES, {"status": {"loadBalancer": {"ingress": ingress}}}, old)
    assert [error.removeprefix("status.loadBalancer.ingress")[: len(start)] for error, start in
            zip(found, wanted, strict=True)] == wanted  # fmt: skip


def test_only_a_balancer_has_an_address_outside() -> None:
    changed: Document = {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}]}}}
    assert errors_of(SERVICES, changed, given(type="ClusterIP")) == [
        'status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is "LoadBalancer"'
    ]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (ServiceSpec(type="ClusterIP", session_affinity="None"), []),
        (
            ServiceSpec(
                type="ClusterIP",
                cluster_ip="None",
                session_affinity="ClientIP",
                external_ips=("203.0.113.9",),
                load_balancer_ip="1.2.3.4",
            ),
            [
                "spec.loadBalancerIP is ignored for headless services",
                "spec.externalIPs is ignored for headless services",
                "spec.SessionAffinity is ignored for headless services",
            ],
        ),
        (
            ServiceSpec(type="ClusterIP", external_ips=("203.0.113.9",), external_name="x"),
            [
                "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
                'spec.externalName is ignored when spec.type is not "ExternalName"',
            ],
        ),
        (
            ServiceSpec(type="ClusterIP", traffic_distribution="PreferClose"),
            ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
        ),
        (
            ServiceSpec(
                type="LoadBalancer",
                load_balancer_ip="2001:DB8::1",
                load_balancer_source_ranges=("10.0.0.1/8", "2001:DB8::/64"),
            ),
            [
                'spec.loadBalancerIP: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format '
                '("2001:db8::1")',
                'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context '
                '(should be "10.0.0.0/8" or "10.0.0.1/32"?)',
                'spec.loadBalancerSourceRanges[1]: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 '
                'canonical format ("2001:db8::/64")',
            ],
        ),
    ],
)
def test_a_writer_is_told_what_is_ignored_or_on_its_way_out(spec: ServiceSpec, wanted: list[str]) -> None:
    assert warnings_of_service(spec, {}) == wanted


def test_the_older_annotation_is_deprecated_and_must_agree() -> None:
    hints, mode = "service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode"
    assert warnings_of_service(ServiceSpec(), {hints: "Auto"}) == [
        f"annotation {hints} is deprecated, please use {mode} instead"
    ]
    assert errors_of(SERVICES, {"metadata": {"annotations": {hints: "Auto", mode: "Disabled"}}}) == [
        f'metadata.annotations[{mode}]: Invalid value: "Disabled": must match annotations[{hints}] '
        "when both are specified"
    ]
