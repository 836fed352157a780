"""Which devices somebody wants: the parts that claims and their templates share."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import find_section, put_absent, section, sections
from wherry.api.resource.names import DeviceConfiguration, DeviceSelector
from wherry.apimachinery.document import Document
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import Struct


class DeviceToleration(Struct):
    effect: str = ""
    key: str = ""
    operator: str = ""
    value: str = ""


class CapacityRequirements(Struct):
    requests: dict[str, QuantityText] = field(default_factory=dict)


class ExactDeviceRequest(Struct):
    """So many devices of a class; as one of several choices it has a name of its own."""

    allocation_mode: str = ""
    capacity: CapacityRequirements | None = None
    count: int = 0
    device_class_name: str = ""
    name: str = ""
    selectors: tuple[DeviceSelector, ...] = ()
    tolerations: tuple[DeviceToleration, ...] = ()


class DeviceRequest(Struct):
    exactly: ExactDeviceRequest | None = None
    first_available: tuple[ExactDeviceRequest, ...] = ()
    name: str = ""


class DeviceConstraint(Struct):
    """What the devices of several requests must have in common, or must not."""

    distinct_attribute: str | None = None
    match_attribute: str | None = None
    requests: tuple[str, ...] = ()


class DeviceClaim(Struct):
    config: tuple[DeviceConfiguration, ...] = ()
    constraints: tuple[DeviceConstraint, ...] = ()
    requests: tuple[DeviceRequest, ...] = ()


class ResourceClaimSpec(Struct):
    devices: DeviceClaim = field(default_factory=DeviceClaim)


def default_claim_spec(spec: Document) -> None:
    """One device where nothing is said, and tolerations that compare."""
    section(spec, "devices")
    for request in sections(spec, "devices", "requests"):
        exactly = find_section(request, "exactly")
        for one in (*([exactly] if exactly is not None else []), *sections(request, "firstAvailable")):
            put_absent(one, allocationMode="ExactCount")
            if one["allocationMode"] == "ExactCount" and not one.get("count"):
                one["count"] = 1
            for toleration in sections(one, "tolerations"):
                put_absent(toleration, operator="Equal")


def request_names(claim: DeviceClaim) -> frozenset[str]:
    """How the claim's requests, and the choices within them, may be called elsewhere in it."""
    names = {request.name for request in claim.requests}
    names |= {f"{request.name}/{one.name}" for request in claim.requests for one in request.first_available}
    return frozenset(names)
