"""From Services and EndpointSlices to names. Pure; knows nothing of DNS messages.

What Kubernetes' DNS specification (1.1) promises, with `web.default.svc.cluster.local` as the example:

    web.default.svc                 A      the cluster IP; of a headless Service every ready endpoint's address
    _http._tcp.web.default.svc      SRV    a named port; of a headless Service one per endpoint
    web-0.web.default.svc           A      an endpoint with a hostname (a StatefulSet's pod)
    10-244-0-5.web.default.svc      A      a headless Service's endpoint without one
    10-244-0-5.default.pod          A      any pod's address
    other.default.svc               CNAME  an ExternalName Service
    5.0.244.10.in-addr.arpa         PTR    a cluster IP, or a headless Service's endpoint

A name that only has names below it exists without records of its own: it is answered "no data", not
"no such name", because resolvers conclude from the latter that nothing below it exists.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from wherry.api.core.service import Service
from wherry.api.discovery.endpointslice import Endpoint, EndpointSlice
from wherry.apimachinery.meta import ObjectKey
from wherry.network.services.rules import SERVICE_NAME_LABEL, is_ipv4, is_ready

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class ServerRecord:
    """An SRV record: where a named port is served."""

    port: int
    target: str


@dataclass(slots=True)
class Node:
    """What a name has. All names are absolute, lower case and without the last dot."""

    addresses: list[str] = field(default_factory=list)
    servers: list[ServerRecord] = field(default_factory=list)
    alias: str = ""
    pointer: str = ""


class Zone:
    """All names of one cluster at one moment."""

    def __init__(self, domain: str, reverse_cidrs: Sequence[str] = ()) -> None:
        """`reverse_cidrs` are the ranges for whose addresses nobody else can give names."""
        self.domain = domain
        self._names: dict[str, Node] = {domain: Node(), f"svc.{domain}": Node(), f"pod.{domain}": Node()}
        self._ranges = [ipaddress.IPv4Network(cidr) for cidr in reverse_cidrs]

    def is_ours(self, name: str) -> bool:
        """Whether this zone alone answers for a name."""
        if name == self.domain or name.endswith(f".{self.domain}"):
            return True
        address = _address_of_reverse(name)
        return address is not None and any(address in cidr for cidr in self._ranges)

    def find(self, name: str) -> Node | None:
        """What a name has; None when there is no such name."""
        return self._names.get(name) or self._pod_by_address(name)

    def node(self, name: str) -> Node:
        """The name's entry, made if need be, together with the names above it."""
        found = self._names.get(name)
        if found is None:
            found = self._names[name] = Node()
            parent = name.partition(".")[2]
            if parent.endswith(self.domain):
                self.node(parent)
        return found

    def _pod_by_address(self, name: str) -> Node | None:
        suffix = f".pod.{self.domain}"
        if not name.endswith(suffix):
            return None
        dashed, _, namespace = name[: -len(suffix)].partition(".")
        address = dashed.replace("-", ".")
        if not namespace or "." in namespace or not is_ipv4(address):
            return None
        return Node(addresses=[address])


def build_zone(
    domain: str,
    services: Iterable[Service],
    slices: Iterable[EndpointSlice],
    *,
    reverse_cidrs: Sequence[str] = (),
) -> Zone:
    """All names that these objects have."""
    zone = Zone(domain.lower().rstrip("."), reverse_cidrs)
    slices_of: dict[ObjectKey, list[EndpointSlice]] = {}
    for piece in slices:
        name = piece.metadata.labels.get(SERVICE_NAME_LABEL, "")
        if name and piece.address_type == "IPv4":
            slices_of.setdefault(ObjectKey(piece.metadata.namespace, name), []).append(piece)
    for service in services:
        meta, spec = service.metadata, service.spec
        name = f"{meta.name}.{meta.namespace}.svc.{zone.domain}"
        if spec.type == "ExternalName":
            zone.node(name).alias = spec.external_name.lower().rstrip(".")
        elif spec.cluster_ip == "None":
            _add_headless(zone, name, service, slices_of.get(meta.key, ()))
        elif is_ipv4(spec.cluster_ip):
            _add_cluster_ip(zone, name, service)
    return zone


def reverse_name(address: str) -> str:
    """The name under which an address's own name is kept."""
    return f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa"


def _add_cluster_ip(zone: Zone, name: str, service: Service) -> None:
    zone.node(name).addresses.append(service.spec.cluster_ip)
    zone.node(reverse_name(service.spec.cluster_ip)).pointer = name
    for port in service.spec.ports:
        if port.name:
            _add_server(zone, name, port.name, port.protocol, ServerRecord(port.port, name))


def _add_headless(zone: Zone, name: str, service: Service, slices: Sequence[EndpointSlice]) -> None:
    top = zone.node(name)
    shows_all = service.spec.publish_not_ready_addresses is True
    for piece in slices:
        for endpoint in piece.endpoints:
            address = endpoint.addresses[0] if endpoint.addresses else ""
            if not is_ipv4(address) or not (shows_all or is_ready(endpoint)):
                continue
            own_name = f"{_own_label(endpoint, address)}.{name}"
            _add_once(top.addresses, address)
            _add_once(zone.node(own_name).addresses, address)
            zone.node(reverse_name(address)).pointer = own_name
            for port in piece.ports:
                if port.name and port.port is not None:
                    _add_server(zone, name, port.name, port.protocol, ServerRecord(port.port, own_name))


def _own_label(endpoint: Endpoint, address: str) -> str:
    return endpoint.hostname.lower() or address.replace(".", "-")


def _add_server(zone: Zone, name: str, port_name: str, protocol: str, server: ServerRecord) -> None:
    _add_once(zone.node(f"_{port_name}._{(protocol or 'TCP').lower()}.{name}").servers, server)


def _add_once(listing: list[T], entry: T) -> None:
    if entry not in listing:
        listing.append(entry)


def _address_of_reverse(name: str) -> ipaddress.IPv4Address | None:
    labels = name.removesuffix(".in-addr.arpa").split(".")
    if not name.endswith(".in-addr.arpa") or len(labels) != 4:
        return None
    try:
        return ipaddress.IPv4Address(".".join(reversed(labels)))
    except ValueError:
        return None
