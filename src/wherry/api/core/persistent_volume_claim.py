"""A request for storage: how much, how shared, of which class."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


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


class PersistentVolumeClaimCondition(Struct):
    last_probe_time: str = ""
    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class PersistentVolumeClaimStatus(Struct):
    phase: str = ""
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, QuantityText] = field(default_factory=dict)
    conditions: tuple[PersistentVolumeClaimCondition, ...] = ()


class PersistentVolumeClaim(Struct):
    """A request for storage: how much, how shared, of which class."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PersistentVolumeClaimSpec = field(default_factory=PersistentVolumeClaimSpec)
    status: PersistentVolumeClaimStatus = field(default_factory=PersistentVolumeClaimStatus)

PERSISTENT_VOLUME_CLAIMS = resource_type(
    PersistentVolumeClaim,
    kind="PersistentVolumeClaim",
    plural="persistentvolumeclaims",
    short_names=("pvc",),
    subresources=(STATUS,),
)
