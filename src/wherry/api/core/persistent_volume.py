"""A piece of storage that exists apart from any pod."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.persistent_volume_parts import (
    LocalVolumeSource,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
    VolumeNodeAffinity,
)
from wherry.api.core.persistent_volume_validation import validate_volume_spec, validate_volume_update
from wherry.api.core.persistent_volume_warnings import warnings_of_volume
from wherry.api.core.pod_defaults import default_remote_volume
from wherry.api.core.storage_terms import shorten_access_modes
from wherry.api.core.volume import HostPathVolumeSource as PersistentHostPath
from wherry.api.documents import put_absent, put_canonical_quantities, section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

__all__ = [
    "PERSISTENT_VOLUMES",
    "LocalVolumeSource",
    "PersistentHostPath",
    "PersistentVolume",
    "PersistentVolumeSpec",
    "PersistentVolumeStatus",
    "VolumeNodeAffinity",
]


class PersistentVolume(Struct):
    """A piece of storage that exists apart from any pod."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PersistentVolumeSpec = field(default_factory=PersistentVolumeSpec)
    status: PersistentVolumeStatus = field(default_factory=PersistentVolumeStatus)


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    put_canonical_quantities(spec.get("capacity"))
    default_remote_volume(spec)
    put_absent(section(new, "status"), phase="Pending")


def _validate(new: PersistentVolume, old: PersistentVolume | None) -> list[FieldError]:
    return validate_volume_spec(new.spec)


def _validate_update(new: Document, old: Document | None) -> list[FieldError]:
    return validate_volume_update(new, old) if old is not None else []


def _warn(new: Document, old: Document | None) -> list[str]:
    volume = PERSISTENT_VOLUMES.from_document(new)
    return warnings_of_volume(volume.spec, volume.metadata.annotations)


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"phase": "Pending"}


def _row(volume: PersistentVolume, now_s: float) -> tuple[object, ...]:
    meta, spec = volume.metadata, volume.spec
    claim = spec.claim_ref
    return (
        meta.name,
        str(spec.capacity.get("storage", "")),
        shorten_access_modes(spec.access_modes),
        spec.persistent_volume_reclaim_policy,
        "Terminating" if meta.is_being_deleted else volume.status.phase,
        f"{claim.namespace}/{claim.name}" if claim else "",
        spec.storage_class_name,
        spec.volume_attributes_class_name or "<unset>",
        volume.status.reason,
        age_since(meta.creation_timestamp, now_s),
        spec.volume_mode,
    )


PERSISTENT_VOLUMES = resource_type(
    PersistentVolume,
    kind="PersistentVolume",
    plural="persistentvolumes",
    namespaced=False,
    short_names=("pv",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    validate_documents=_validate_update,
    warn=_warn,
    columns=(
        NAME_COLUMN,
        Column("Capacity"),
        Column("Access Modes"),
        Column("Reclaim Policy"),
        Column("Status"),
        Column("Claim"),
        Column("StorageClass"),
        Column("VolumeAttributesClass"),
        Column("Reason"),
        AGE_COLUMN,
        Column("VolumeMode", priority=1),
    ),
    row=_row,
    tracks_generation=False,
    delete_returns_object=True,
)
