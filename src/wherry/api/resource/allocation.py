"""Which devices a claim has got, and who uses them: the status of a claim.

Source: kubernetes pkg/apis/resource/validation.
"""

from __future__ import annotations

import ipaddress

from msgspec import field

from wherry.api.condition import Condition, validate_conditions
from wherry.api.core.affinity import NodeSelector
from wherry.api.core.affinity_validation import validate_node_selector_terms
from wherry.api.field_formats import CIDR_WRONG, fitting, is_cidr, unchanged, unique
from wherry.api.object_meta import one_of
from wherry.api.resource.claim_validation import request_name, validate_request_names
from wherry.api.resource.names import (
    CONFIGS_MAX,
    DeviceConfiguration,
    validate_configuration,
    validate_pool_name,
    validate_size,
)
from wherry.api.storage.parameters import validate_driver_name
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    required,
    too_long,
    too_many,
)
from wherry.apimachinery.names import dns1123_label
from wherry.apimachinery.struct import Struct

CONSUMERS_MAX = 256
RESULTS_MAX = 32
CONDITIONS_MAX = 8
ADDRESSES_MAX = 16
INTERFACE_LENGTH_MAX = 256
HARDWARE_LENGTH_MAX = 128
SOURCES = ("FromClass", "FromClaim")


class DeviceResult(Struct):
    """One device for one request."""

    device: str = ""
    driver: str = ""
    pool: str = ""
    request: str = ""


class AllocatedConfiguration(DeviceConfiguration):
    """Settings, and whether they come from the class or from the claim."""

    source: str = ""


class DeviceAllocationResult(Struct):
    config: tuple[AllocatedConfiguration, ...] = ()
    results: tuple[DeviceResult, ...] = ()


class AllocationResult(Struct):
    devices: DeviceAllocationResult = field(default_factory=DeviceAllocationResult)
    node_selector: NodeSelector | None = None


class NetworkDeviceData(Struct):
    hardware_address: str = ""
    interface_name: str = ""
    ips: tuple[str, ...] = ()


class AllocatedDeviceStatus(Struct):
    """What a driver reports about a device that it has given away."""

    conditions: tuple[Condition, ...] = ()
    data: Document | None = None
    device: str = ""
    driver: str = ""
    network_data: NetworkDeviceData | None = None
    pool: str = ""
    share_id: str = field(default="", name="shareID")


class ConsumerReference(Struct):
    name: str = ""
    resource: str = ""
    uid: str = ""


class ResourceClaimStatus(Struct):
    allocation: AllocationResult | None = None
    devices: tuple[AllocatedDeviceStatus, ...] = ()
    reserved_for: tuple[ConsumerReference, ...] = ()


def validate_claim_status(
    new: ResourceClaimStatus, old: ResourceClaimStatus, names: frozenset[str], *, is_being_deleted: bool
) -> list[FieldError]:
    """`names` are the claim's requests; an allocation is for life, once it is made."""
    path = "status"
    errors = _validate_consumers(new, old, child(path, "reservedFor"), is_being_deleted=is_being_deleted)
    results = new.allocation.devices.results if new.allocation is not None else ()
    allocated = {(result.driver, result.pool, result.device) for result in results}
    place = child(path, "devices")
    seen: set[tuple[str, ...]] = set()
    for position, device in enumerate(new.devices):
        errors += _validate_device(device, index(place, position), allocated)
        key = (device.driver, device.pool, device.device, device.share_id)
        if key in seen:
            errors.append(duplicate(child(index(place, position), "deviceID"), "/".join(key[:3])))
        seen.add(key)
    place = child(path, "allocation")
    if new.allocation is not None and old.allocation is not None:
        errors += unchanged(place, new.allocation, old.allocation)
    elif new.allocation is not None:
        errors += _validate_allocation(new.allocation, place, names)
    return errors


def _validate_consumers(
    new: ResourceClaimStatus, old: ResourceClaimStatus, path: str, *, is_being_deleted: bool
) -> list[FieldError]:
    errors = []
    for position, consumer in enumerate(new.reserved_for):
        place = index(path, position)
        for name, value in (("resource", consumer.resource), ("name", consumer.name), ("uid", consumer.uid)):
            if not value:
                errors.append(required(child(place, name)))
        if consumer.uid in [other.uid for other in new.reserved_for[:position]]:
            errors.append(duplicate(child(place, "uid"), consumer.uid))
    if len(new.reserved_for) > CONSUMERS_MAX:
        errors.append(too_many(path, len(new.reserved_for), CONSUMERS_MAX))
    if new.reserved_for and new.allocation is None:
        errors.append(forbidden(path, "may not be specified when `allocated` is not set"))
    elif is_being_deleted and any(consumer not in old.reserved_for for consumer in new.reserved_for):
        detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"
        errors.append(forbidden(path, detail))
    return errors


def _validate_allocation(allocation: AllocationResult, path: str, names: frozenset[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    place = child(path, "devices.results")
    for position, result in enumerate(allocation.devices.results):
        where = index(place, position)
        errors += request_name(child(where, "request"), result.request, names)
        errors += _validate_identity(where, result.driver, result.pool, result.device)
    if len(allocation.devices.results) > RESULTS_MAX:
        errors.append(too_many(place, len(allocation.devices.results), RESULTS_MAX))
    place = child(path, "devices.config")
    for position, configuration in enumerate(allocation.devices.config):
        where = index(place, position)
        errors += one_of(child(where, "source"), configuration.source, SOURCES, may_be_absent=False)
        errors += validate_request_names(child(where, "requests"), configuration.requests, names)
        errors += validate_configuration(where, configuration)
    if len(allocation.devices.config) > 2 * CONFIGS_MAX:
        errors.append(too_many(place, len(allocation.devices.config), 2 * CONFIGS_MAX))
    if allocation.node_selector is not None:
        place = child(path, "nodeSelector.nodeSelectorTerms")
        errors += validate_node_selector_terms(allocation.node_selector.node_selector_terms, place)
    return errors


def _validate_identity(path: str, driver: str, pool: str, device: str) -> list[FieldError]:
    errors = validate_driver_name(child(path, "driver"), driver)
    errors += validate_pool_name(child(path, "pool"), pool)
    return errors + fitting(child(path, "device"), device, dns1123_label)


def _validate_device(
    device: AllocatedDeviceStatus, path: str, allocated: set[tuple[str, str, str]]
) -> list[FieldError]:
    errors = _validate_identity(path, device.driver, device.pool, device.device)
    if (device.driver, device.pool, device.device) not in allocated:
        shown = f"{device.driver}/{device.pool}/{device.device}"
        errors.append(invalid(path, shown, "must be an allocated device in the claim"))
    if len(device.conditions) > CONDITIONS_MAX:
        errors.append(too_many(child(path, "conditions"), len(device.conditions), CONDITIONS_MAX))
    errors += validate_conditions(device.conditions, child(path, "conditions"))
    if device.data is not None:
        errors += validate_size(child(path, "data"), device.data)
    return errors + _validate_network(device.network_data, child(path, "networkData"))


def _validate_network(data: NetworkDeviceData | None, path: str) -> list[FieldError]:
    if data is None:
        return []
    errors = []
    for name, text, most in (
        ("interfaceName", data.interface_name, INTERFACE_LENGTH_MAX),
        ("hardwareAddress", data.hardware_address, HARDWARE_LENGTH_MAX),
    ):
        if len(text) > most:
            errors.append(too_long(child(path, name), most))
    place = child(path, "ips")
    for position, text in enumerate(data.ips):
        if wrong := _interface_wrong(text):
            errors.append(invalid(index(place, position), text, wrong))
    if len(data.ips) > ADDRESSES_MAX:
        errors.append(too_many(place, len(data.ips), ADDRESSES_MAX))
    return errors + unique(place, data.ips)


def _interface_wrong(text: str) -> str:
    """What is wrong with an address and its network, such as `10.0.0.5/24`, or ""."""
    if not is_cidr(text):
        return CIDR_WRONG
    canonical = str(ipaddress.ip_interface(text))
    return "" if canonical == text else f'must be in canonical form ("{canonical}")'
