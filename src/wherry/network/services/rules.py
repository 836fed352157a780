"""From Services and EndpointSlices to what the kernel shall do with packets. Pure.

Everything that comes from an object is checked here: what leaves this module is addresses and numbers,
safe to be written into an nftables script. Addresses that are none are left out with a warning.

Source: kubernetes pkg/proxy (topology.go: which endpoints count).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherry.api.core.service import Service, ServicePort
from wherry.api.discovery.endpointslice import Endpoint, EndpointSlice
from wherry.apimachinery.meta import ObjectKey

SERVICE_NAME_LABEL = "kubernetes.io/service-name"
PROTOCOLS = ("tcp", "udp")


@dataclass(frozen=True, slots=True, order=True)
class Backend:
    """Where a connection may be sent: an IPv4 address and a port."""

    ip: str
    port: int


@dataclass(frozen=True, slots=True, order=True)
class ServicePortRule:
    """One port of one Service.

    `backends` is sorted and may be empty (refuse connections); `node_port` 0 means none; a `sticky` one
    sends the same client to the same backend for as long as the backends stay the same.
    """

    service: ObjectKey
    port_name: str
    cluster_ip: str
    protocol: str
    port: int
    node_port: int = 0
    backends: tuple[Backend, ...] = ()
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All Service ports, in order, and what could not be done. `ready`: the addresses of what is ready and stays."""

    ports: tuple[ServicePortRule, ...] = ()
    warnings: tuple[str, ...] = ()
    ready: frozenset[str] = frozenset()


def plan_rules(services: Iterable[Service], slices: Iterable[EndpointSlice]) -> RuleSet:
    """Decide for each Service port where its connections go."""
    slices_of: dict[ObjectKey, list[EndpointSlice]] = {}
    ready: set[str] = set()
    for piece in slices:
        name = piece.metadata.labels.get(SERVICE_NAME_LABEL, "")
        if name and piece.address_type == "IPv4":
            slices_of.setdefault(ObjectKey(piece.metadata.namespace, name), []).append(piece)
            ready.update(ip for endpoint in piece.endpoints if _stays(endpoint) for ip in endpoint.addresses[:1])
    rules: list[ServicePortRule] = []
    warnings: list[str] = []
    for service in services:
        if not _has_cluster_ip(service):
            continue
        if service.spec.external_ips:
            warnings.append(f"Service {service.metadata.key}: externalIPs are not supported and were ignored")
        for port in service.spec.ports:
            rule = _plan_port(service, port, slices_of.get(service.metadata.key, ()), warnings)
            if rule is not None:
                rules.append(rule)
    return RuleSet(tuple(sorted(rules)), tuple(sorted(warnings)), frozenset(ready))


def _plan_port(
    service: Service, port: ServicePort, slices: Sequence[EndpointSlice], warnings: list[str]
) -> ServicePortRule | None:
    spec = service.spec
    protocol = (port.protocol or "TCP").lower()
    if protocol not in PROTOCOLS:
        warnings.append(f"Service {service.metadata.key}: protocol {port.protocol} is not supported")
        return None
    if not is_ipv4(spec.cluster_ip) or not _is_port(port.port):
        warnings.append(f"Service {service.metadata.key}: {spec.cluster_ip}:{port.port} is no IPv4 address and port")
        return None
    return ServicePortRule(
        service=service.metadata.key,
        port_name=port.name,
        cluster_ip=spec.cluster_ip,
        protocol=protocol,
        port=port.port,
        node_port=port.node_port if port.node_port is not None and _is_port(port.node_port) else 0,
        backends=tuple(sorted(_backends(port, slices))),
        sticky=spec.session_affinity == "ClientIP",
    )


def _backends(port: ServicePort, slices: Sequence[EndpointSlice]) -> set[Backend]:
    ready: set[Backend] = set()
    leaving: set[Backend] = set()
    for piece in slices:
        for slice_port in piece.ports:
            if slice_port.name != port.name or slice_port.port is None or not _is_port(slice_port.port):
                continue
            if (slice_port.protocol or "TCP") != (port.protocol or "TCP"):
                continue
            for endpoint in piece.endpoints:
                found = {Backend(ip, slice_port.port) for ip in endpoint.addresses[:1] if is_ipv4(ip)}
                if is_ready(endpoint):
                    ready |= found
                elif _is_serving_to_the_end(endpoint):
                    leaving |= found
    # Pods that are shutting down but still answer are better than a refused connection.
    return ready or leaving


def is_ready(endpoint: Endpoint) -> bool:
    """Whether an endpoint takes new connections (an unknown state counts as ready)."""
    return endpoint.conditions is None or endpoint.conditions.ready is not False


def _stays(endpoint: Endpoint) -> bool:
    # Where not ready ones are published, too, a pod that ends is chosen until it is gone: no use in waiting.
    return is_ready(endpoint) and (endpoint.conditions is None or endpoint.conditions.terminating is not True)


def _is_serving_to_the_end(endpoint: Endpoint) -> bool:
    conditions = endpoint.conditions
    return conditions is not None and conditions.terminating is True and conditions.serving is True


def _has_cluster_ip(service: Service) -> bool:
    return service.spec.type != "ExternalName" and service.spec.cluster_ip not in ("", "None")


def is_ipv4(text: str) -> bool:
    """Whether a text is an IPv4 address in its usual form."""
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_port(number: int) -> bool:
    return 0 < number < 65536
