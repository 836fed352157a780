"""Who may talk to the pods of a namespace, and to whom they may talk."""

from __future__ import annotations

import ipaddress

from msgspec import field

from wherry.api.documents import find, put_absent, section, sections
from wherry.api.field_formats import cidr_wrong, fitting, is_cidr, port_number
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, not_supported, required
from wherry.apimachinery.labels import LabelSelector, format_selector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import port_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

POLICY_TYPES = ("Egress", "Ingress")
PROTOCOLS = ("SCTP", "TCP", "UDP")


class IPBlock(Struct):
    cidr: str = ""
    except_: tuple[str, ...] = field(default=(), name="except")


class NetworkPolicyPeer(Struct):
    ip_block: IPBlock | None = None
    namespace_selector: LabelSelector | None = None
    pod_selector: LabelSelector | None = None


class NetworkPolicyPort(Struct):
    end_port: int | None = None
    port: int | str | None = None
    protocol: str = ""


class NetworkPolicyIngressRule(Struct):
    from_: tuple[NetworkPolicyPeer, ...] = field(default=(), name="from")
    ports: tuple[NetworkPolicyPort, ...] = ()


class NetworkPolicyEgressRule(Struct):
    ports: tuple[NetworkPolicyPort, ...] = ()
    to: tuple[NetworkPolicyPeer, ...] = ()


class NetworkPolicySpec(Struct):
    egress: tuple[NetworkPolicyEgressRule, ...] = ()
    ingress: tuple[NetworkPolicyIngressRule, ...] = ()
    pod_selector: LabelSelector = field(default_factory=LabelSelector)
    policy_types: tuple[str, ...] = ()


class NetworkPolicy(Struct):
    """Who may talk to the pods of a namespace, and to whom they may talk."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: NetworkPolicySpec = field(default_factory=NetworkPolicySpec)


def _default(new: Document) -> None:
    spec = section(new, "spec")
    # Go writes the selector even when it chooses every pod.
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if find(spec, "egress") else ["Ingress"]
    for rule in (*sections(spec, "ingress"), *sections(spec, "egress")):
        for port in sections(rule, "ports"):
            put_absent(port, protocol="TCP")


def _validate(new: NetworkPolicy, old: NetworkPolicy | None) -> list[FieldError]:
    spec = new.spec
    # A range that was there before stays allowed, wherever it stands now.
    known = _cidrs_of(old.spec) if old is not None else frozenset()
    errors = validate_label_selector(spec.pod_selector, "spec.podSelector")
    for position, incoming in enumerate(spec.ingress):
        place = index("spec.ingress", position)
        errors += _validate_ports(incoming.ports, child(place, "ports"))
        errors += _validate_peers(incoming.from_, child(place, "from"), known)
    for position, outgoing in enumerate(spec.egress):
        place = index("spec.egress", position)
        errors += _validate_ports(outgoing.ports, child(place, "ports"))
        errors += _validate_peers(outgoing.to, child(place, "to"), known)
    if len(spec.policy_types) > len(POLICY_TYPES):
        detail = "may not specify more than two policyTypes"
        return [*errors, invalid("spec.policyTypes", spec.policy_types, detail)]
    for position, name in enumerate(spec.policy_types):
        if name not in POLICY_TYPES:
            errors.append(not_supported(index("spec.policyTypes", position), name, POLICY_TYPES))
    return errors


def _cidrs_of(spec: NetworkPolicySpec) -> frozenset[str]:
    peers = [peer for rule in spec.ingress for peer in rule.from_] + [peer for rule in spec.egress for peer in rule.to]
    blocks = [peer.ip_block for peer in peers if peer.ip_block is not None]
    return frozenset(cidr for block in blocks for cidr in (block.cidr, *block.except_))


def _validate_ports(ports: tuple[NetworkPolicyPort, ...], path: str) -> list[FieldError]:
    return [error for position, port in enumerate(ports) for error in _validate_port(port, index(path, position))]


def _validate_port(port: NetworkPolicyPort, path: str) -> list[FieldError]:
    errors = one_of(child(path, "protocol"), port.protocol, PROTOCOLS)
    end = child(path, "endPort")
    if port.port is None:
        if port.end_port is not None:
            errors.append(invalid(end, port.end_port, "may not be specified when `port` is not specified"))
    elif isinstance(port.port, str):
        if port.end_port is not None:
            errors.append(invalid(end, port.end_port, "may not be specified when `port` is non-numeric"))
        errors += fitting(child(path, "port"), port.port, port_name)
    else:
        errors += port_number(child(path, "port"), port.port)
        if port.end_port is not None:
            if port.end_port < port.port:
                errors.append(invalid(end, port.end_port, "must be greater than or equal to `port`"))
            errors += port_number(end, port.end_port)
    return errors


def _validate_peers(peers: tuple[NetworkPolicyPeer, ...], path: str, known: frozenset[str]) -> list[FieldError]:
    errors = []
    for position, peer in enumerate(peers):
        place = index(path, position)
        if peer.pod_selector is not None:
            errors += validate_label_selector(peer.pod_selector, child(place, "podSelector"))
        if peer.namespace_selector is not None:
            errors += validate_label_selector(peer.namespace_selector, child(place, "namespaceSelector"))
        if peer.ip_block is not None:
            errors += _validate_block(peer.ip_block, child(place, "ipBlock"), known)
        given = [part for part in (peer.pod_selector, peer.namespace_selector, peer.ip_block) if part is not None]
        if not given:
            errors.append(required(place, "must specify a peer"))
        elif len(given) > 1 and peer.ip_block is not None:
            errors.append(forbidden(place, "may not specify both ipBlock and another peer"))
    return errors


def _validate_block(block: IPBlock, path: str, known: frozenset[str]) -> list[FieldError]:
    if not block.cidr:
        return [required(child(path, "cidr"))]
    errors = _validate_cidr(child(path, "cidr"), block.cidr, known)
    if not is_cidr(block.cidr):
        return errors
    whole = ipaddress.ip_network(block.cidr, strict=False)
    for position, text in enumerate(block.except_):
        place = index(child(path, "except"), position)
        errors += _validate_cidr(place, text, known)
        if not is_cidr(text):
            continue
        part = ipaddress.ip_network(text, strict=False)
        if part.network_address not in whole or whole.prefixlen >= part.prefixlen:
            errors.append(invalid(place, text, "must be a strict subset of `cidr`"))
    return errors


def _validate_cidr(path: str, text: str, known: frozenset[str]) -> list[FieldError]:
    return [] if text in known else fitting(path, text, cidr_wrong)


def _row(policy: NetworkPolicy, now_s: float) -> tuple[object, ...]:
    meta = policy.metadata
    return meta.name, format_selector(policy.spec.pod_selector), age_since(meta.creation_timestamp, now_s)


NETWORK_POLICIES = resource_type(
    NetworkPolicy,
    kind="NetworkPolicy",
    plural="networkpolicies",
    group="networking.k8s.io",
    short_names=("netpol",),
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Pod-Selector", description="Which pods the policy is about."), AGE_COLUMN),
    row=_row,
    tracks_generation=True,
    acted_on_by="nobody",
)
