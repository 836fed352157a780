"""What a driver offers on a node, or on several: one part of a pool of devices."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.affinity import NodeSelector
from wherry.api.core.affinity_validation import validate_node_selector_terms
from wherry.api.field_formats import fitting, unchanged
from wherry.api.resource.claim_validation import unique_names
from wherry.api.resource.device import Counter, Device, validate_device
from wherry.api.resource.names import validate_pool_name
from wherry.api.storage.parameters import validate_driver_name
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required, too_many
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

DEVICES_MAX = 128
# Devices with taints or counters cost more to look at.
COSTLY_DEVICES_MAX = 64
COUNTER_SETS_MAX = 8
TERMS = "nodeSelector.nodeSelectorTerms"


class ResourcePool(Struct):
    generation: int = 0
    name: str = ""
    resource_slice_count: int = 0


class CounterSet(Struct):
    """Something that the devices share, counted."""

    counters: dict[str, Counter] = field(default_factory=dict)
    name: str = ""


class ResourceSliceSpec(Struct):
    all_nodes: bool | None = None
    devices: tuple[Device, ...] = ()
    driver: str = ""
    node_name: str | None = None
    node_selector: NodeSelector | None = None
    per_device_node_selection: bool | None = None
    pool: ResourcePool = field(default_factory=ResourcePool)
    shared_counters: tuple[CounterSet, ...] = ()


class ResourceSlice(Struct):
    """What a driver offers on a node, or on several: one part of a pool of devices."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ResourceSliceSpec = field(default_factory=ResourceSliceSpec)


def _validate(new: ResourceSlice, old: ResourceSlice | None) -> list[FieldError]:
    spec = new.spec
    errors = validate_driver_name("spec.driver", spec.driver)
    errors += _validate_pool(spec.pool)
    if old is not None:
        errors += unchanged("spec.pool.name", spec.pool.name, old.spec.pool.name)
        errors += unchanged("spec.driver", spec.driver, old.spec.driver)
        errors += unchanged("spec.nodeName", spec.node_name, old.spec.node_name)
    errors += _validate_place(spec)
    errors += _validate_counters(spec.shared_counters, "spec.sharedCounters")
    return errors + _validate_devices(spec)


def _validate_pool(pool: ResourcePool) -> list[FieldError]:
    errors = validate_pool_name("spec.pool.name", pool.name)
    if pool.resource_slice_count <= 0:
        count = pool.resource_slice_count
        errors.append(invalid("spec.pool.resourceSliceCount", count, "must be greater than zero"))
    if pool.generation < 0:
        errors.append(invalid("spec.pool.generation", pool.generation, "must be greater than or equal to zero"))
    return errors


def _validate_place(spec: ResourceSliceSpec) -> list[FieldError]:
    """Where the devices can be used: said once, for all of them or by each of them."""
    given = [
        name
        for name, is_set in (
            ("`nodeName`", bool(spec.node_name)),
            ("`nodeSelector`", spec.node_selector is not None),
            ("`allNodes`", bool(spec.all_nodes)),
            ("`perDeviceNodeSelection`", bool(spec.per_device_node_selection)),
        )
        if is_set
    ]
    errors = _validate_nodes("spec", spec.node_name, spec.node_selector)
    detail = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
    if not given:
        errors.append(required("spec", detail))
    elif len(given) > 1:
        errors.append(invalid("spec", f"{{{', '.join(given)}}}", f"{detail}, but multiple fields are set"))
    return errors


def _validate_nodes(path: str, name: str | None, selector: NodeSelector | None) -> list[FieldError]:
    errors = fitting(child(path, "nodeName"), name, dns1123_subdomain) if name else []
    if selector is not None:
        terms = selector.node_selector_terms
        errors += validate_node_selector_terms(terms, child(path, TERMS))
        if len(terms) != 1:
            errors.append(invalid(child(path, TERMS), len(terms), "must have exactly one node selector term"))
    return errors


def _validate_counters(sets: tuple[CounterSet, ...], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for position, one in enumerate(sets):
        place = index(path, position)
        errors += fitting(child(place, "name"), one.name, dns1123_label)
        if not one.counters:
            errors.append(required(child(place, "counters")))
        for name in one.counters:
            errors += fitting(f"{child(place, 'counters')}[{name}]", name, dns1123_label)
    if len(sets) > COUNTER_SETS_MAX:
        errors.append(too_many(path, len(sets), COUNTER_SETS_MAX))
    return errors + unique_names(path, [one.name for one in sets])


def _validate_devices(spec: ResourceSliceSpec) -> list[FieldError]:
    path = "spec.devices"
    sets = {one.name: frozenset(one.counters) for one in spec.shared_counters}
    errors: list[FieldError] = []
    for position, device in enumerate(spec.devices):
        place = index(path, position)
        errors += validate_device(device, place, sets)
        errors += _validate_device_place(device, place, by_device=bool(spec.per_device_node_selection))
    is_costly = any(device.taints or device.consumes_counters for device in spec.devices)
    most = COSTLY_DEVICES_MAX if is_costly else DEVICES_MAX
    if len(spec.devices) > most:
        errors.append(too_many(path, len(spec.devices), most))
    return errors + unique_names(path, [device.name for device in spec.devices])


def _validate_device_place(device: Device, path: str, *, by_device: bool) -> list[FieldError]:
    fields = (("nodeName", device.node_name), ("nodeSelector", device.node_selector), ("allNodes", device.all_nodes))
    given = [name for name, value in fields if value is not None]
    if not by_device:
        detail = "`{}` can only be specified if `perDeviceNodeSelection` is true"
        return [invalid(child(path, name), None, detail.format(name)) for name in given]
    errors = _validate_nodes(path, device.node_name, device.node_selector)
    detail = (
        "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is true"
    )
    if len(given) != 1:
        errors.append(required(path, detail) if not given else invalid(path, ", ".join(given), detail))
    return errors


def _row(slice_: ResourceSlice, now_s: float) -> tuple[object, ...]:
    meta, spec = slice_.metadata, slice_.spec
    return meta.name, spec.node_name or "", spec.driver, spec.pool.name, age_since(meta.creation_timestamp, now_s)


RESOURCE_SLICES = resource_type(
    ResourceSlice,
    kind="ResourceSlice",
    plural="resourceslices",
    group="resource.k8s.io",
    namespaced=False,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Node", description="The node that has the devices."),
        Column("Driver", description="Who offers them."),
        Column("Pool", description="What they belong to."),
        AGE_COLUMN,
    ),
    row=_row,
    selectable_fields={
        "spec.driver": lambda slice_: slice_.spec.driver,
        "spec.nodeName": lambda slice_: slice_.spec.node_name or "",
    },
    tracks_generation=True,
    delete_returns_object=True,
    acted_on_by="nobody",
)
