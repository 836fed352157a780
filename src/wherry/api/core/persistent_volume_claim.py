"""A request for storage: how much, how shared, of which class."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.persistent_volume import (
    ACCESS_MODES,
    NEEDS_MODE,
    shorten_access_modes,
    validate_storage_amount,
)
from wherry.api.documents import find, put_absent, put_canonical_quantities, section
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, key, required
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


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


class ModifyVolumeStatus(Struct):
    target_volume_attributes_class_name: str = ""


class PersistentVolumeClaimStatus(Struct):
    phase: str = ""
    access_modes: tuple[str, ...] = ()
    capacity: dict[str, QuantityText] = field(default_factory=dict)
    allocated_resources: dict[str, QuantityText] = field(default_factory=dict)
    current_volume_attributes_class_name: str = ""
    modify_volume_status: ModifyVolumeStatus | None = None


class PersistentVolumeClaim(Struct):
    """A request for storage: how much, how shared, of which class."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PersistentVolumeClaimSpec = field(default_factory=PersistentVolumeClaimSpec)
    status: PersistentVolumeClaimStatus = field(default_factory=PersistentVolumeClaimStatus)


FROZEN = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
MUTABLE = ("resources", "volumeAttributesClassName")


def default_claim(new: Document) -> None:
    """Fill in a claim, or a StatefulSet's template of claims."""
    spec = section(new, "spec")
    put_absent(spec, volumeMode="Filesystem")
    for name in ("limits", "requests"):
        put_canonical_quantities(find(spec, "resources", name))
    put_absent(section(new, "status"), phase="Pending")


def validate_claim_spec(spec: PersistentVolumeClaimSpec, path: str) -> list[FieldError]:
    """What a claim must say, also in a StatefulSet's template."""
    errors = [] if spec.access_modes else [required(child(path, "accessModes"), NEEDS_MODE)]
    for mode in spec.access_modes:
        errors += one_of(child(path, "accessModes"), mode, ACCESS_MODES)
    requests = spec.resources.requests if spec.resources else {}
    place = key(child(path, "resources"), "storage")
    if "storage" not in requests:
        errors.append(required(place))
    else:
        errors += validate_storage_amount(requests["storage"], place)
    if spec.selector is not None:
        errors += validate_label_selector(spec.selector, child(path, "selector"))
    return errors + one_of(child(path, "volumeMode"), spec.volume_mode, ("Block", "Filesystem"))


def _validate(new: PersistentVolumeClaim, old: PersistentVolumeClaim | None) -> list[FieldError]:
    return validate_claim_spec(new.spec, "spec")


def _validate_update(new: Document, old: Document | None) -> list[FieldError]:
    if old is None:
        return []
    new_spec, old_spec = dict(section(new, "spec")), dict(section(old, "spec"))
    for name in ("volumeName", "storageClassName"):
        # The binder fills these in, once.
        if not old_spec.get(name):
            new_spec.pop(name, None)
            old_spec.pop(name, None)
    shrunk = _is_shrunk(new, old)
    if find(old, "status", "phase") == "Bound":
        for name in MUTABLE:
            new_spec.pop(name, None)
            old_spec.pop(name, None)
    errors = [] if new_spec == old_spec else [forbidden("spec", FROZEN)]
    if shrunk:
        errors.append(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"))
    return errors


def _is_shrunk(new: Document, old: Document) -> bool:
    amounts = [find(document, "spec", "resources", "requests", "storage") for document in (new, old)]
    try:
        wanted, had = (parse_quantity(amount) for amount in amounts if isinstance(amount, str | int | float))
    except (QuantityError, ValueError):
        return False
    return wanted < had


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"phase": "Pending"}


def _row(claim: PersistentVolumeClaim, now_s: float) -> tuple[object, ...]:
    meta, spec = claim.metadata, claim.spec
    is_bound = bool(spec.volume_name)
    return (
        meta.name,
        "Terminating" if meta.is_being_deleted else claim.status.phase,
        spec.volume_name,
        str(claim.status.capacity.get("storage", "")) if is_bound else "",
        shorten_access_modes(claim.status.access_modes) if is_bound else "",
        spec.storage_class_name,
        "<unset>",
        age_since(meta.creation_timestamp, now_s),
        spec.volume_mode,
    )


PERSISTENT_VOLUME_CLAIMS = resource_type(
    PersistentVolumeClaim,
    kind="PersistentVolumeClaim",
    plural="persistentvolumeclaims",
    short_names=("pvc",),
    subresources=(STATUS,),
    default=default_claim,
    prepare=_prepare,
    validate=_validate,
    validate_documents=_validate_update,
    columns=(
        NAME_COLUMN,
        Column("Status"),
        Column("Volume"),
        Column("Capacity"),
        Column("Access Modes"),
        Column("StorageClass"),
        Column("VolumeAttributesClass"),
        AGE_COLUMN,
        Column("VolumeMode", priority=1),
    ),
    row=_row,
    tracks_generation=False,
    delete_returns_object=True,
)
