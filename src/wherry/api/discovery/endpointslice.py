"""The addresses behind a Service, in slices."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.api.documents import put_absent, sections
from wherry.api.ip_addresses import is_ip
from wherry.api.object_meta import IMMUTABLE, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class EndpointConditions(Struct):
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Struct):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions | None = None
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


def _default(new: Document) -> None:
    for port in sections(new, "ports"):
        put_absent(port, protocol="TCP")
        port.setdefault("name", "")


def _validate(new: EndpointSlice, old: EndpointSlice | None) -> list[FieldError]:
    errors = one_of("addressType", new.address_type, ("FQDN", "IPv4", "IPv6"), may_be_absent=False)
    if old is not None and new.address_type != old.address_type:
        errors.append(invalid("addressType", new.address_type, IMMUTABLE))
    if len(new.endpoints) > ENDPOINTS_MAX:
        detail = f"Too many: {len(new.endpoints)}: must have at most {ENDPOINTS_MAX} items"
        errors.append(FieldError("FieldValueTooMany", "endpoints", detail))
    for position, endpoint in enumerate(new.endpoints):
        path = child(index("endpoints", position), "addresses")
        if not endpoint.addresses:
            errors.append(required(path, "must contain at least 1 address"))
        if len(endpoint.addresses) > ADDRESSES_MAX:
            detail = f"Too many: {len(endpoint.addresses)}: must have at most {ADDRESSES_MAX} items"
            errors.append(FieldError("FieldValueTooMany", path, detail))
        if new.address_type in ("IPv4", "IPv6"):
            for number, address in enumerate(endpoint.addresses):
                if not is_ip(address) or (":" in address) != (new.address_type == "IPv6"):
                    detail = f"must be a valid {new.address_type} address"
                    errors.append(invalid(index(path, number), address, detail))
    names = [port.name for port in new.ports]
    for position, port in enumerate(new.ports):
        place = index("ports", position)
        if names.index(port.name) != position:
            errors.append(FieldError("FieldValueDuplicate", child(place, "name"), f'Duplicate value: "{port.name}"'))
        errors += one_of(child(place, "protocol"), port.protocol, ("SCTP", "TCP", "UDP"), may_be_absent=False)
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
