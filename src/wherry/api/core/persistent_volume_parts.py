"""What a PersistentVolume is made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.api.core.affinity import NodeSelector
from wherry.api.core.binding import ObjectReference
from wherry.api.core.volume import HostPathVolumeSource
from wherry.api.core.volume_sources import CSIPersistentVolumeSource, RemoteVolume
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import KEPT, Struct


class LocalVolumeSource(Struct):
    path: str = ""


class VolumeNodeAffinity(Struct):
    required: NodeSelector | None = None


class PersistentVolumeSpec(RemoteVolume):
    capacity: dict[str, QuantityText] = field(default_factory=dict)
    host_path: HostPathVolumeSource | None = None
    local: LocalVolumeSource | None = None
    csi: Annotated[CSIPersistentVolumeSource | None, KEPT] = None
    access_modes: tuple[str, ...] = ()
    claim_ref: ObjectReference | None = None
    persistent_volume_reclaim_policy: str = ""
    storage_class_name: str = ""
    volume_attributes_class_name: Annotated[str | None, KEPT] = None
    volume_mode: str = ""
    node_affinity: VolumeNodeAffinity | None = None
    mount_options: tuple[str, ...] = ()


class PersistentVolumeStatus(Struct):
    last_phase_transition_time: str = ""
    message: str = ""
    phase: str = ""
    reason: str = ""
