"""A kind of device that can be asked for, by name."""

from __future__ import annotations

from msgspec import field

from wherry.api.field_formats import fitting
from wherry.api.resource.names import (
    CONFIGS_MAX,
    DeviceConfiguration,
    DeviceSelector,
    validate_configuration,
    validate_selectors,
)
from wherry.apimachinery.field_errors import FieldError, index, invalid, too_many
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

EXTENDED = "spec.extendedResourceName"
NATIVE_DOMAIN = "kubernetes.io/"


class DeviceClassSpec(Struct):
    config: tuple[DeviceConfiguration, ...] = ()
    extended_resource_name: str | None = None
    selectors: tuple[DeviceSelector, ...] = ()


class DeviceClass(Struct):
    """A kind of device that can be asked for, by name."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: DeviceClassSpec = field(default_factory=DeviceClassSpec)


def _validate(new: DeviceClass, old: DeviceClass | None) -> list[FieldError]:
    spec = new.spec
    # What was accepted once is not compiled again.
    errors = validate_selectors("spec.selectors", spec.selectors) if old is None or old.spec != spec else []
    for position, configuration in enumerate(spec.config):
        errors += validate_configuration(index("spec.config", position), configuration)
    if len(spec.config) > CONFIGS_MAX:
        errors.append(too_many("spec.config", len(spec.config), CONFIGS_MAX))
    if spec.extended_resource_name is not None:
        errors += _validate_extended(spec.extended_resource_name)
    return errors


def _validate_extended(name: str) -> list[FieldError]:
    """The name under which pods may ask for the devices as for CPU and memory."""
    if "/" not in name or NATIVE_DOMAIN in name:
        return [invalid(EXTENDED, name, "must be a valid extended resource name")]
    return fitting(EXTENDED, name, qualified_name)


def _row(device_class: DeviceClass, now_s: float) -> tuple[object, ...]:
    return device_class.metadata.name, age_since(device_class.metadata.creation_timestamp, now_s)


DEVICE_CLASSES = resource_type(
    DeviceClass,
    kind="DeviceClass",
    plural="deviceclasses",
    group="resource.k8s.io",
    namespaced=False,
    validate=_validate,
    columns=(NAME_COLUMN, AGE_COLUMN),
    row=_row,
    tracks_generation=True,
    delete_returns_object=True,
    acted_on_by="nobody",
)
