"""A piece of storage that exists apart from any pod."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.affinity import NodeSelector
from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class PersistentHostPath(Struct):
    path: str = ""
    type: str = ""


class LocalVolumeSource(Struct):
    fs_type: str = ""
    path: str = ""


class VolumeNodeAffinity(Struct):
    required: NodeSelector | None = None


class PersistentVolumeSpec(Struct):
    capacity: dict[str, QuantityText] = field(default_factory=dict)
    host_path: PersistentHostPath | None = None
    local: LocalVolumeSource | None = None
    access_modes: tuple[str, ...] = ()
    claim_ref: ObjectReference | None = None
    persistent_volume_reclaim_policy: str = ""
    storage_class_name: str = ""
    volume_mode: str = ""
    node_affinity: VolumeNodeAffinity | None = None
    mount_options: tuple[str, ...] = ()


class PersistentVolumeStatus(Struct):
    last_phase_transition_time: str = ""
    message: str = ""
    phase: str = ""
    reason: str = ""


class PersistentVolume(Struct):
    """A piece of storage that exists apart from any pod."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PersistentVolumeSpec = field(default_factory=PersistentVolumeSpec)
    status: PersistentVolumeStatus = field(default_factory=PersistentVolumeStatus)

PERSISTENT_VOLUMES = resource_type(
    PersistentVolume,
    kind="PersistentVolume",
    plural="persistentvolumes",
    namespaced=False,
    short_names=("pv",),
    subresources=(STATUS,),
)
