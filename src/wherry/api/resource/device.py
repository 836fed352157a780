"""A device that a driver offers: what it is, how much it can do, who may not use it.

Source: kubernetes pkg/apis/resource/validation.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import field

from wherry.api.core.affinity import NodeSelector
from wherry.api.field_formats import fitting
from wherry.api.object_meta import one_of
from wherry.api.resource.names import validate_property_name
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    index,
    invalid,
    key,
    not_found,
    required,
    too_long,
    too_many,
)
from wherry.apimachinery.names import dns1123_label, label_value, qualified_name
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import Struct

PROPERTIES_MAX = 32
TAINTS_MAX = 16
VALUE_LENGTH_MAX = 64
EFFECTS = ("NoExecute", "NoSchedule", "None")
ONE_VALUE = "exactly one value must be specified"

_NUMBER = r"(0|[1-9]\d*)"
_PART = r"(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_is_semantic_version = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PART}(\.{_PART})*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
).fullmatch


class DeviceAttribute(Struct):
    """One property; which of the fields is set says of which type it is."""

    bool_: bool | None = field(default=None, name="bool")
    int_: int | None = field(default=None, name="int")
    string: str | None = None
    version: str | None = None
    bools: tuple[bool, ...] | None = None
    ints: tuple[int, ...] | None = None
    strings: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None


class DeviceCapacity(Struct):
    value: QuantityText = "0"


class DeviceTaint(Struct):
    effect: str = ""
    key: str = ""
    value: str = ""


class Counter(Struct):
    value: QuantityText = "0"


class DeviceCounterConsumption(Struct):
    counter_set: str = ""
    counters: dict[str, Counter] = field(default_factory=dict)


class Device(Struct):
    all_nodes: bool | None = None
    attributes: dict[str, DeviceAttribute] = field(default_factory=dict)
    capacity: dict[str, DeviceCapacity] = field(default_factory=dict)
    consumes_counters: tuple[DeviceCounterConsumption, ...] = ()
    name: str = ""
    node_name: str | None = None
    node_selector: NodeSelector | None = None
    taints: tuple[DeviceTaint, ...] = ()


def validate_device(device: Device, path: str, counter_sets: dict[str, frozenset[str]]) -> list[FieldError]:
    """`counter_sets` are the counters of the slice, by their set."""
    errors = fitting(child(path, "name"), device.name, dns1123_label)
    for name, attribute in device.attributes.items():
        place = key(child(path, "attributes"), name)
        errors += validate_property_name(place, name)
        errors += _validate_attribute(attribute, place)
    for name in device.capacity:
        errors += validate_property_name(key(child(path, "capacity"), name), name)
    count = len(device.attributes) + len(device.capacity)
    if count > PROPERTIES_MAX:
        detail = f"the total number of attributes and capacities must not exceed {PROPERTIES_MAX}"
        errors.append(invalid(path, count, detail))
    for position, taint in enumerate(device.taints):
        errors += _validate_taint(taint, index(child(path, "taints"), position))
    if len(device.taints) > TAINTS_MAX:
        errors.append(too_many(child(path, "taints"), len(device.taints), TAINTS_MAX))
    for position, consumption in enumerate(device.consumes_counters):
        errors += _validate_consumption(consumption, index(child(path, "consumesCounters"), position), counter_sets)
    return errors


def _validate_attribute(attribute: DeviceAttribute, path: str) -> list[FieldError]:
    errors = _validate_values(child(path, "string"), () if attribute.string is None else (attribute.string,))
    errors += _validate_values(child(path, "strings"), attribute.strings or ())
    versions = (() if attribute.version is None else (attribute.version,), attribute.versions or ())
    for name, values in zip(("version", "versions"), versions, strict=True):
        errors += [
            invalid(child(path, name), value, "must be a string compatible with semver.org spec 2.0.0")
            for value in values
            if not _is_semantic_version(value)
        ]
        errors += _validate_values(child(path, name), values)
    single = (attribute.bool_, attribute.int_, attribute.string, attribute.version)
    several = (attribute.bools, attribute.ints, attribute.strings, attribute.versions)
    given = [value for value in (*single, *several) if value is not None]
    if not given:
        errors.append(required(path, ONE_VALUE))
    elif len(given) > 1:
        errors.append(invalid(path, msgspec.to_builtins(attribute), ONE_VALUE))
    return errors


def _validate_values(path: str, values: tuple[str, ...]) -> list[FieldError]:
    return [too_long(path, VALUE_LENGTH_MAX) for value in values if len(value) > VALUE_LENGTH_MAX]


def _validate_taint(taint: DeviceTaint, path: str) -> list[FieldError]:
    errors = fitting(child(path, "key"), taint.key, qualified_name)
    errors += fitting(child(path, "value"), taint.value, label_value)
    return errors + one_of(child(path, "effect"), taint.effect, EFFECTS, may_be_absent=False)


def _validate_consumption(
    consumption: DeviceCounterConsumption, path: str, counter_sets: dict[str, frozenset[str]]
) -> list[FieldError]:
    place = child(path, "counterSet")
    if not consumption.counter_set:
        errors = [required(place)]
    elif consumption.counter_set not in counter_sets:
        errors = [not_found(place, consumption.counter_set)]
    else:
        errors = []
    if not consumption.counters:
        errors.append(required(child(path, "counters")))
    known = counter_sets.get(consumption.counter_set)
    if known is not None:
        errors += [
            not_found(key(child(path, "counters"), name), name) for name in consumption.counters if name not in known
        ]
    return errors
