"""Properties of a volume that can be changed while it is used, by name: how fast, how many operations."""

from __future__ import annotations

from msgspec import field

from wherry.api.storage.parameters import validate_parameters, validate_provisioner
from wherry.apimachinery.field_errors import FieldError, forbidden
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class VolumeAttributesClass(Struct):
    """Properties of a volume that can be changed while it is used, by name."""

    driver_name: str = ""
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    parameters: dict[str, str] = field(default_factory=dict)


def _validate(new: VolumeAttributesClass, old: VolumeAttributesClass | None) -> list[FieldError]:
    errors = []
    if old is not None and new.driver_name != old.driver_name:
        errors.append(forbidden("driverName", "updates to driverName are forbidden."))
    if old is not None and new.parameters != old.parameters:
        errors.append(forbidden("parameters", "updates to parameters are forbidden."))
    errors += validate_provisioner("driverName", new.driver_name)
    return errors + validate_parameters("parameters", new.parameters, may_be_empty=False)


def _row(one: VolumeAttributesClass, now_s: float) -> tuple[object, ...]:
    return one.metadata.name, one.driver_name, age_since(one.metadata.creation_timestamp, now_s)


VOLUME_ATTRIBUTES_CLASSES = resource_type(
    VolumeAttributesClass,
    kind="VolumeAttributesClass",
    plural="volumeattributesclasses",
    group="storage.k8s.io",
    namespaced=False,
    short_names=("vac",),
    validate=_validate,
    columns=(NAME_COLUMN, Column("DriverName", description="The driver that knows the properties."), AGE_COLUMN),
    row=_row,
    delete_returns_object=True,
    acted_on_by="nobody",
)
