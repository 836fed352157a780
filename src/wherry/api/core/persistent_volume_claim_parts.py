"""What a claim is made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import KEPT, Struct


class TypedObjectReference(Struct):
    """What a claim's volume is filled from."""

    api_group: str | None = None
    kind: str = ""
    name: str = ""
    namespace: str | None = None


class VolumeResourceRequirements(Struct):
    limits: dict[str, QuantityText] = field(default_factory=dict)
    requests: dict[str, QuantityText] = field(default_factory=dict)


class PersistentVolumeClaimSpec(Struct):
    access_modes: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    resources: VolumeResourceRequirements | None = None
    volume_name: str = ""
    storage_class_name: str = ""
    volume_mode: str = ""
    volume_attributes_class_name: str = ""
    data_source: Annotated[TypedObjectReference | None, KEPT] = None
    data_source_ref: Annotated[TypedObjectReference | None, KEPT] = None


class ModifyVolumeStatus(Struct):
    target_volume_attributes_class_name: str = ""


class PersistentVolumeClaimStatus(Struct):
    phase: str = ""
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, QuantityText] = field(default_factory=dict)
    allocated_resources: dict[str, QuantityText] = field(default_factory=dict)
    allocated_resource_statuses: dict[str, str] = field(default_factory=dict)
    current_volume_attributes_class_name: str = ""
    modify_volume_status: ModifyVolumeStatus | None = None
