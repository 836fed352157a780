"""What endpoint slices, leases and priority classes refuse, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created
from wherry.api.coordination.lease import LEASES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.api.scheduling.priorityclass import PRIORITY_CLASSES
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

LABEL = "a lowercase RFC 1123 label must consist of"


def endpoint(**change: object) -> Document:
    return {"endpoints": [{"addresses": ["10.0.0.1"], **change}]}


def ports(*ports: Document) -> Document:
    return {"ports": list(ports)}


def address(text: str, address_type: str = "IPv4") -> Document:
    return {"addressType": address_type, **endpoint(addresses=[text])}


ADDRESS = "endpoints[0].addresses[0]: Invalid value: "


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (ENDPOINT_SLICES, address("fd00::1", "IPv6"), []),
        (ENDPOINT_SLICES, address("10.0.0.1", "IPv6"), [f'{ADDRESS}"10.0.0.1": must be a valid IPv6 address']),
        (ENDPOINT_SLICES, address("web.example.com", "FQDN"), []),
        (ENDPOINT_SLICES, address("web", "FQDN"), [f'{ADDRESS}"web": should be a domain with at least two segments']),
        (ENDPOINT_SLICES, address("127.0.0.1"), [f'{ADDRESS}"127.0.0.1": may not be in the loopback range']),
        (ENDPOINT_SLICES, address("0.0.0.0"), [f'{ADDRESS}"0.0.0.0": may not be unspecified (0.0.0.0)']),
        (ENDPOINT_SLICES, address("169.254.1.1"), [f'{ADDRESS}"169.254.1.1": may not be in the link-local range']),
        (
            ENDPOINT_SLICES,
            address("224.0.0.5"),
            [f'{ADDRESS}"224.0.0.5": may not be in the link-local multicast range'],
        ),
        (ENDPOINT_SLICES, endpoint(addresses=[]), ["endpoints[0].addresses: Required value: must contain at least 1"]),
        (
            ENDPOINT_SLICES,
            endpoint(addresses=["10.0.0.1"] * 101),
            ["endpoints[0].addresses: Too many: 101: must have at most 100 items"],
        ),
        (
            ENDPOINT_SLICES,
            {"endpoints": [{"addresses": ["10.0.0.1"]}] * 1001},
            ["endpoints: Too many: 1001: must have at most 1000 items"],
        ),
        (ENDPOINT_SLICES, endpoint(hostname="A"), [f'endpoints[0].hostname: Invalid value: "A": {LABEL}']),
        (ENDPOINT_SLICES, endpoint(nodeName="A"), ['endpoints[0].nodeName: Invalid value: "A": a lowercase RFC 1123']),
        (
            ENDPOINT_SLICES,
            endpoint(hints={"forZones": [{"name": "a"}, {"name": "a"}, {"name": "-"}]}),
            [
                'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
                'endpoints[0].hints.forZones[2].name: Invalid value: "-": a valid label',
            ],
        ),
        (
            ENDPOINT_SLICES,
            endpoint(hints={"forZones": [{"name": f"z{number}"} for number in range(9)]}),
            ["endpoints[0].hints.forZones: Too many: 9: must have at most 8 items"],
        ),
        (
            ENDPOINT_SLICES,
            endpoint(deprecatedTopology={f"k{number}": "v" for number in range(17)}),
            ["endpoints[0].deprecatedTopology: Too many: 17: must have at most 16 items"],
        ),
        (ENDPOINT_SLICES, ports({"name": "A_b"}), [f'ports[0].name: Invalid value: "A_b": {LABEL}']),
        (ENDPOINT_SLICES, ports({"port": 1}, {"port": 2}), ['ports[1].name: Duplicate value: ""']),
        (ENDPOINT_SLICES, ports({"protocol": "ICMP"}), ['ports[0].protocol: Unsupported value: "ICMP"']),
        (ENDPOINT_SLICES, ports({"appProtocol": "-"}), ['ports[0].appProtocol: Invalid value: "-": name part']),
        (
            ENDPOINT_SLICES,
            {"ports": [{"name": f"p{number}"} for number in range(101)]},
            ["ports: Too many: 101: must have at most 100 items"],
        ),
        (
            LEASES,
            {"spec": {"leaseTransitions": -1}},
            ["spec.leaseTransitions: Invalid value: -1: must be greater than"],
        ),
        (
            PRIORITY_CLASSES,
            {"metadata": {"name": "system-mine"}},
            [
                "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use "
                "only. error: system-mine is not a known system priority class"
            ],
        ),
        (
            PRIORITY_CLASSES,
            {"metadata": {"name": "system-node-critical"}, "value": 5},
            [
                "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use "
                "only. error: value of system-node-critical PriorityClass must be 2000001000"
            ],
        ),
        (PRIORITY_CLASSES, {"preemptionPolicy": "Always"}, ['preemptionPolicy: Unsupported value: "Always"']),
    ],
)
def test_a_wrong_object_is_refused(resource: AnyResourceType, changes: Document, wanted: list[str]) -> None:
    errors = errors_of(resource, changes)
    assert len(errors) == len(wanted), errors
    assert all(error.startswith(start) for error, start in zip(errors, wanted, strict=True)), errors


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (ENDPOINT_SLICES, address("fd00::1", "IPv6"), 'addressType: Invalid value: "IPv6": field is immutable'),
        (
            PRIORITY_CLASSES,
            {"preemptionPolicy": "Never"},
            'preemptionPolicy: Invalid value: "Never": field is immutable',
        ),
        (PRIORITY_CLASSES, {"value": 8}, "value: Forbidden: may not be changed in an update."),
    ],
)
def test_what_is_for_life_cannot_be_changed(resource: AnyResourceType, changes: Document, wanted: str) -> None:
    assert errors_of(resource, changes, created(resource)) == [wanted]
