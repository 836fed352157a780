"""What Nodes, Namespaces, Endpoints, Secrets and ServiceAccounts may say, in Kubernetes' words."""

from __future__ import annotations

import base64

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import created
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.endpoints import ENDPOINTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.node import NODES
from wherry.api.core.secret import SECRETS
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.api.documents import section
from wherry.api.object_meta import validate_finalizer
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

TAINT: Document = {"key": "a", "effect": "NoSchedule"}
ADDRESS: Document = {"type": "InternalIP", "address": "10.0.0.1"}
PORT: Document = {"port": 80}
HOST = "subsets[0].addresses[0]"


TOO_MANY = [
    f"status.{part}Replicas: Invalid value: 0: cannot be greater than status.replicas"
    for part in ("ready", "current", "updated", "available")
]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def ends(address: Document, *ports: Document) -> Document:
    return {"subsets": [{"addresses": [address], "ports": list(ports or (PORT,))}]}


def login(text: str, kind: str = "dockerconfigjson") -> Document:
    return {"type": f"kubernetes.io/{kind}", "data": {f".{kind}": encoded(text)}}


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (
            NODES,
            {"spec": {"taints": [{"key": "a b", "effect": "No"}]}},
            ["metadata.taints[0].key: Invalid", "me"],
        ),
        (NODES, {"spec": {"taints": [{"key": "a", "effect": ""}]}}, ["metadata.taints[0].effect: Required value"]),
        (
            NODES,
            {"spec": {"taints": [TAINT, {**TAINT, "value": "x"}]}},
            [
                'metadata.taints[1]: Duplicate value: {"key":"a","value":"x","effect":"NoSchedule"}: '
                "taints must be unique by key and effect pair"
            ],
        ),
        (NODES, {"spec": {"podCIDR": "10.0.0.0/24"}}, []),
        (NODES, {"spec": {"podCIDRs": ["ten"]}}, ['spec.podCIDRs[0]: Invalid value: "ten": must be a valid CIDR']),
        (
            NODES,
            {"spec": {"podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]}},
            ['spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for'],
        ),
        (NODES, {"status": {"capacity": {"cpu": "-1"}}}, ['status.capacity.cpu: Invalid value: "-1": must be', "s"]),
        (
            NODES,
            {"status": {"allocatable": {"pods": "1.5"}}},
            ['status.allocatable.pods: Invalid value: "1500m"'],
        ),
        (ENDPOINTS, ends({"ip": "10.0.0.1", "nodeName": "n1", "hostname": "web-0"}), []),
        (ENDPOINTS, ends({"ip": "x"}), [f'{HOST}.ip: Invalid value: "x": must be a valid IP address']),
        (ENDPOINTS, ends({"ip": "127.0.0.1"}), [f'{HOST}.ip: Invalid value: "127.0.0.1": may not be in the loopback']),
        (ENDPOINTS, ends({"ip": "169.254.169.254"}), [f'{HOST}.ip: Invalid value: "169.254.169.254": may not be in']),
        (
            ENDPOINTS,
            ends({"ip": "10.0.0.1", "nodeName": "N", "hostname": "a.b"}),
            [
                f'{HOST}.hostname: Invalid value: "a.b": a lowercase RFC 1123 label',
                f'{HOST}.nodeName: Invalid value: "N"',
            ],
        ),
        (
            ENDPOINTS,
            ends({"ip": "10.0.0.1"}, {"port": 0, "name": "A"}, {"port": 1, "protocol": "X", "appProtocol": "/"}),
            [
                'subsets[0].ports[0].name: Invalid value: "A": a lowercase RFC 1123 label',
                "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "subsets[0].ports[1].name: Required value",
                'subsets[0].ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
                'subsets[0].ports[1].appProtocol: Invalid value: "/": ',
            ],
        ),
        (
            SECRETS,
            {"type": "kubernetes.io/ssh-auth", "data": {"ssh-privatekey": ""}},
            ["data[ssh-privatekey]: Req"],
        ),
        (SECRETS, login("{}"), []),
        (SECRETS, login("{}", "dockercfg"), []),
        (SECRETS, {"type": "kubernetes.io/dockercfg", "data": {}}, ["data[.dockercfg]: Required value"]),
        (
            SECRETS,
            login(""),
            ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input'],
        ),
        (
            SECRETS,
            login("user"),
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": '
                "invalid character 'u' looking for beginning of value"
            ],
        ),
        (
            SECRETS,
            login("[]"),
            [
                'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": '
                "json: cannot unmarshal array into Go value of type map[string]interface {}"
            ],
        ),
    ],
)
def test_a_wrong_object_is_refused(resource: AnyResourceType, changes: Document, wanted: list[str]) -> None:
    found = errors_of(resource, changes)
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (
            {"spec": {"podCIDRs": ["10.0.1.0/24"]}},
            "spec.podCIDRs: Forbidden: node updates may not change podCIDR",
        ),
        ({"spec": {"providerID": "b"}}, "spec.providerID: Forbidden: node updates may not change providerID except"),
        (
            {"status": {"addresses": [ADDRESS, ADDRESS]}},
            'status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"10.0.0.1"}',
        ),
        ({"spec": {"unschedulable": True}}, ""),
    ],
)
def test_what_a_node_may_not_change(change: Document, wanted: str) -> None:
    old = created(NODES)
    section(old, "spec").update(podCIDR="10.0.0.0/24", podCIDRs=["10.0.0.0/24"], providerID="a")
    found = errors_of(NODES, change, old)
    assert [error[: len(wanted)] for error in found] == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    ("deleted", "phase", "wanted"),
    [
        (
            "",
            "Terminating",
            "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if",
        ),
        (
            "2026-11-23T07:05:00Z",
            "Odd",
            "status.Phase: Invalid value: \"Odd\": may only be 'Terminating' if `deletionTimestamp` is not empty",
        ),
        ("2026-11-23T07:05:00Z", "Terminating", ""),
    ],
)
def test_a_namespace_ends_when_it_is_being_deleted_and_not_before(deleted: str, phase: str, wanted: str) -> None:
    old = created(NAMESPACES)
    if deleted:
        section(old, "metadata")["deletionTimestamp"] = deleted
    found = errors_of(NAMESPACES, {"status": {"phase": phase}}, old)
    assert [error[: len(wanted)] for error in found] == ([wanted] if wanted else [])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("kubernetes", ""),
        ("example.com/x", ""),
        ("mine", "name is neither a standard finalizer name nor is it fully qualified"),
        ("a b", "name part must consist of alphanumeric characters"),
    ],
)
def test_a_finalizer_says_whose_it_is(name: str, wrong: str) -> None:
    assert all(wrong in str(error) for error in validate_finalizer(name, "spec.finalizers[0]")) is True
    assert bool(validate_finalizer(name, "spec.finalizers[0]")) is bool(wrong)


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ({"replicas": 2, "readyReplicas": 2, "availableReplicas": 2}, []),
        ({"replicas": -1}, ["status.replicas: Invalid value: -1: must be greater than or equal to 0", *TOO_MANY]),
        (
            {"replicas": 2, "updatedReplicas": 3},
            ["status.updatedReplicas: Invalid value: 3: cannot be greater than status.replicas"],
        ),
        (
            {"replicas": 2, "readyReplicas": 1, "availableReplicas": 2},
            ["status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas"],
        ),
    ],
)
def test_the_counts_of_a_stateful_set_fit_together(status: Document, wanted: list[str]) -> None:
    assert errors_of(STATEFUL_SETS, {"status": status}, created(STATEFUL_SETS)) == wanted


@pytest.mark.parametrize(
    ("certificate", "key", "wanted"),
    [
        ("-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----", []),
        ("x", "y", ["tls: failed to find any PEM data in certificate input"]),
        ("-----BEGIN CERTIFICATE-----", "y", ["tls: failed to find any PEM data in key input"]),
    ],
)
def test_a_certificate_that_nobody_can_use_is_worth_a_warning(certificate: str, key: str, wanted: list[str]) -> None:
    data: Document = {"tls.crt": encoded(certificate), "tls.key": encoded(key)}
    assert SECRETS.warn({"type": "kubernetes.io/tls", "data": data}, None) == wanted


def test_an_account_that_newly_limits_its_secrets_is_told_of_the_better_way() -> None:
    account: Document = {"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}}
    assert SERVICE_ACCOUNTS.warn(account, {"metadata": {}}) == SERVICE_ACCOUNTS.warn(account, None) == [
        "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; "
        "prefer separate namespaces to isolate access to mounted secrets"
    ]  # fmt: skip
    assert SERVICE_ACCOUNTS.warn(account, account) == []
