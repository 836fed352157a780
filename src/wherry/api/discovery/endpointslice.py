"""The addresses behind a Service, in slices."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.api.documents import put_absent, sections
from wherry.api.field_formats import fitting, special_ip, unchanged
from wherry.api.ip_addresses import is_ip
from wherry.api.object_meta import one_of, validate_labels
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, required, too_many
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, label_value, qualified_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class EndpointConditions(Struct):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ForZone(Struct):
    name: str = ""


class EndpointHints(Struct):
    """From where an endpoint is best used."""

    for_nodes: tuple[ForZone, ...] = ()
    for_zones: tuple[ForZone, ...] = ()


class Endpoint(Struct):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions | None = None
    deprecated_topology: dict[str, str] | None = None
    hints: EndpointHints | None = None
    hostname: str = ""
    target_ref: ObjectReference | None = None
    node_name: str = ""


class EndpointPort(Struct):
    app_protocol: str = ""
    name: str = ""
    port: int | None = None
    protocol: str = ""


class EndpointSlice(Struct):
    """The addresses behind a Service, in slices."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    address_type: str
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


ENDPOINTS_MAX = 1000
ADDRESSES_MAX = 100
SHOWN_MAX = 3
PORTS_MAX = 100
TOPOLOGY_MAX = 16
HINTS_MAX = 8


def _default(new: Document) -> None:
    for port in sections(new, "ports"):
        put_absent(port, protocol="TCP")
        port.setdefault("name", "")


def _validate(new: EndpointSlice, old: EndpointSlice | None) -> list[FieldError]:
    errors = one_of("addressType", new.address_type, ("FQDN", "IPv4", "IPv6"), may_be_absent=False)
    if old is not None:
        errors += unchanged("addressType", new.address_type, old.address_type)
    if len(new.endpoints) > ENDPOINTS_MAX:
        errors.append(too_many("endpoints", len(new.endpoints), ENDPOINTS_MAX))
    else:
        for position, endpoint in enumerate(new.endpoints):
            errors += _validate_endpoint(endpoint, new.address_type, index("endpoints", position))
    if len(new.ports) > PORTS_MAX:
        return [*errors, too_many("ports", len(new.ports), PORTS_MAX)]
    names = [port.name for port in new.ports]
    for position, port in enumerate(new.ports):
        place = index("ports", position)
        if port.name:
            errors += fitting(child(place, "name"), port.name, dns1123_label)
        if port.name in names[:position]:
            errors.append(duplicate(child(place, "name"), port.name))
        errors += one_of(child(place, "protocol"), port.protocol, ("SCTP", "TCP", "UDP"), may_be_absent=False)
        if port.app_protocol:
            errors += fitting(child(place, "appProtocol"), port.app_protocol, qualified_name)
    return errors


def _validate_endpoint(endpoint: Endpoint, address_type: str, path: str) -> list[FieldError]:
    place = child(path, "addresses")
    errors = []
    if not endpoint.addresses:
        errors.append(required(place, "must contain at least 1 address"))
    if len(endpoint.addresses) > ADDRESSES_MAX:
        errors.append(too_many(place, len(endpoint.addresses), ADDRESSES_MAX))
    for position, address in enumerate(endpoint.addresses):
        errors += _validate_address(index(place, position), address, address_type)
    if endpoint.node_name:
        errors += fitting(child(path, "nodeName"), endpoint.node_name, dns1123_subdomain)
    place = child(path, "deprecatedTopology")
    topology = endpoint.deprecated_topology or {}
    if len(topology) > TOPOLOGY_MAX:
        errors.append(too_many(place, len(topology), TOPOLOGY_MAX))
    errors += validate_labels(topology, place)
    if endpoint.hostname:
        errors += fitting(child(path, "hostname"), endpoint.hostname, dns1123_label)
    if endpoint.hints is not None:
        errors += _validate_hints(child(path, "hints.forZones"), endpoint.hints.for_zones, label_value)
        errors += _validate_hints(child(path, "hints.forNodes"), endpoint.hints.for_nodes, dns1123_subdomain)
    return errors


def _validate_address(path: str, address: str, address_type: str) -> list[FieldError]:
    if address_type == "FQDN":
        wrong = dns1123_subdomain(address.removesuffix("."))
        if not wrong and "." not in address.removesuffix("."):
            wrong = "should be a domain with at least two segments separated by dots"
        return [invalid(path, address, wrong)] if wrong else []
    if address_type not in ("IPv4", "IPv6"):
        return []
    if not is_ip(address) or (":" in address) != (address_type == "IPv6"):
        return [invalid(path, address, f"must be a valid {address_type} address")]
    wrong = special_ip(address)
    return [invalid(path, address, wrong)] if wrong else []


def _validate_hints(path: str, given: tuple[ForZone, ...], rule: Callable[[str], str]) -> list[FieldError]:
    if len(given) > HINTS_MAX:
        return [too_many(path, len(given), HINTS_MAX)]
    errors = []
    for position, one in enumerate(given):
        place = child(index(path, position), "name")
        if one in given[:position]:
            errors.append(duplicate(place, one.name))
        errors += fitting(place, one.name, rule)
    return errors


def _shorten(items: list[str], nothing: str) -> str:
    if len(items) > SHOWN_MAX:
        return f"{','.join(items[:SHOWN_MAX])} + {len(items) - SHOWN_MAX} more..."
    return ",".join(items) or nothing


def _row(endpoint_slice: EndpointSlice, now_s: float) -> tuple[object, ...]:
    ports = [str(port.port) if port.port else "*" for port in endpoint_slice.ports]
    addresses = [address for endpoint in endpoint_slice.endpoints for address in endpoint.addresses]
    return (
        endpoint_slice.metadata.name,
        endpoint_slice.address_type,
        _shorten(ports, "<unset>"),
        _shorten(addresses, "<unset>"),
        age_since(endpoint_slice.metadata.creation_timestamp, now_s),
    )


ENDPOINT_SLICES = resource_type(
    EndpointSlice,
    kind="EndpointSlice",
    plural="endpointslices",
    group="discovery.k8s.io",
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("AddressType"), Column("Ports"), Column("Endpoints"), AGE_COLUMN),
    row=_row,
    tracks_generation=True,
)
