"""A piece of storage that exists apart from any pod."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.affinity import NodeSelector
from wherry.api.core.binding import ObjectReference
from wherry.api.documents import find_section, put_absent, put_canonical_quantities, section
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, forbidden, invalid, key, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class PersistentHostPath(Struct):
    path: str = ""
    type: str = ""


class LocalVolumeSource(Struct):
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


ACCESS_MODES = {
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOnce": "RWO",
    "ReadWriteOncePod": "RWOP",
}
# In the order in which kubectl shows them.
SHOWN_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
NEEDS_MODE = "at least 1 access mode is required"


def shorten_access_modes(modes: tuple[str, ...]) -> str:
    """`RWO,ROX`: as kubectl prints them."""
    return ",".join(ACCESS_MODES[mode] for mode in SHOWN_MODES if mode in modes)


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    put_canonical_quantities(spec.get("capacity"))
    host_path = find_section(spec, "hostPath")
    if host_path is not None:
        host_path.setdefault("type", "")
    put_absent(section(new, "status"), phase="Pending")


def _validate(new: PersistentVolume, old: PersistentVolume | None) -> list[FieldError]:
    spec = new.spec
    errors = [] if spec.access_modes else [required("spec.accessModes", NEEDS_MODE)]
    for mode in spec.access_modes:
        errors += one_of("spec.accessModes", mode, ACCESS_MODES)
    if "storage" not in spec.capacity:
        errors.append(required("spec.capacity" if not spec.capacity else key("spec.capacity", "storage")))
    else:
        errors += validate_storage_amount(spec.capacity["storage"], key("spec.capacity", "storage"))
    errors += one_of("spec.persistentVolumeReclaimPolicy", spec.persistent_volume_reclaim_policy, RECLAIM_POLICIES)
    errors += one_of("spec.volumeMode", spec.volume_mode, ("Block", "Filesystem"))
    if spec.host_path is not None and spec.local is not None:
        errors.append(forbidden("spec.local", "may not specify more than 1 volume type"))
    if spec.host_path is not None and not spec.host_path.path:
        errors.append(required("spec.hostPath.path"))
    if spec.local is not None:
        if not spec.local.path:
            errors.append(required("spec.local.path"))
        if spec.node_affinity is None:
            errors.append(required("spec.nodeAffinity", "Local volume requires node affinity"))
    if old is not None and (spec.host_path, spec.local) != (old.spec.host_path, old.spec.local):
        detail = "spec.persistentvolumesource is immutable after creation"
        errors.append(forbidden("spec.persistentvolumesource", detail))
    return errors


def validate_storage_amount(amount: QuantityText, path: str) -> list[FieldError]:
    """An amount of storage: readable, and more than nothing."""
    try:
        if parse_quantity(amount) > 0:
            return []
    except QuantityError as err:
        return [invalid(path, amount, str(err))]
    return [invalid(path, str(amount), "must be greater than zero")]


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
        "<unset>",
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
