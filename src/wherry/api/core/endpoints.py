"""The addresses behind a Service, in the older form."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.api.documents import put_absent, sections
from wherry.api.field_formats import fitting, port_number, special_ip
from wherry.api.ip_addresses import is_ip, validate_ip
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, qualified_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class EndpointAddress(Struct):
    hostname: str = ""
    ip: str = ""
    node_name: str = ""
    target_ref: ObjectReference | None = None


class EndpointsPort(Struct):
    app_protocol: str = ""
    name: str = ""
    port: int = 0
    protocol: str = ""


class EndpointSubset(Struct):
    addresses: tuple[EndpointAddress, ...] = ()
    not_ready_addresses: tuple[EndpointAddress, ...] = ()
    ports: tuple[EndpointsPort, ...] = ()


class Endpoints(Struct):
    """The addresses behind a Service, in the older form."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    subsets: tuple[EndpointSubset, ...] = ()


SHOWN_MAX = 3


def _default(new: Document) -> None:
    for subset in sections(new, "subsets"):
        for port in sections(subset, "ports"):
            put_absent(port, protocol="TCP")


def _validate(new: Endpoints, old: Endpoints | None) -> list[FieldError]:
    errors: list[FieldError] = []
    for position, subset in enumerate(new.subsets):
        path = index("subsets", position)
        if not subset.addresses and not subset.not_ready_addresses:
            errors.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
        for name, addresses in (("addresses", subset.addresses), ("notReadyAddresses", subset.not_ready_addresses)):
            for number, address in enumerate(addresses):
                errors += _validate_address(address, index(child(path, name), number))
        for number, port in enumerate(subset.ports):
            errors += _validate_port(port, index(child(path, "ports"), number), is_only=len(subset.ports) == 1)
    return errors


def _validate_address(address: EndpointAddress, path: str) -> list[FieldError]:
    place = child(path, "ip")
    wrong = special_ip(address.ip) if is_ip(address.ip) else ""
    errors = [invalid(place, address.ip, wrong)] if wrong else validate_ip(address.ip, place)
    if address.hostname:
        errors += fitting(child(path, "hostname"), address.hostname, dns1123_label)
    if address.node_name:
        errors += fitting(child(path, "nodeName"), address.node_name, dns1123_subdomain)
    return errors


def _validate_port(port: EndpointsPort, path: str, *, is_only: bool) -> list[FieldError]:
    if port.name:
        errors = fitting(child(path, "name"), port.name, dns1123_label)
    else:
        errors = [] if is_only else [required(child(path, "name"))]
    errors += port_number(child(path, "port"), port.port)
    errors += one_of(child(path, "protocol"), port.protocol, ("SCTP", "TCP", "UDP"), may_be_absent=False)
    if port.app_protocol:
        errors += fitting(child(path, "appProtocol"), port.app_protocol, qualified_name)
    return errors


def _places(endpoints: Endpoints) -> str:
    places: list[str] = []
    for subset in endpoints.subsets:
        if not subset.ports:
            places += [address.ip for address in subset.addresses]
        for port in subset.ports:
            places += [
                f"[{address.ip}]:{port.port}" if ":" in address.ip else f"{address.ip}:{port.port}"
                for address in subset.addresses
            ]
    shown = ",".join(places[:SHOWN_MAX])
    more = len(places) - SHOWN_MAX
    return (f"{shown} + {more} more..." if more > 0 else shown) or "<none>"


def _row(endpoints: Endpoints, now_s: float) -> tuple[object, ...]:
    meta = endpoints.metadata
    return meta.name, _places(endpoints), age_since(meta.creation_timestamp, now_s)


ENDPOINTS = resource_type(
    Endpoints,
    kind="Endpoints",
    plural="endpoints",
    short_names=("ep",),
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Endpoints", description="Addresses and ports."), AGE_COLUMN),
    row=_row,
    deprecation_warning="v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
)
