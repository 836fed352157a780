"""A request for storage: how much, how shared, of which class."""

from __future__ import annotations

import copy

from msgspec import field

from wherry.api.core.persistent_volume_claim_parts import (
    ModifyVolumeStatus,
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus,
    VolumeResourceRequirements,
)
from wherry.api.core.persistent_volume_claim_validation import (
    validate_claim_spec,
    validate_claim_status,
    validate_claim_update,
)
from wherry.api.core.persistent_volume_warnings import warnings_of_claim
from wherry.api.core.storage_terms import shorten_access_modes
from wherry.api.documents import find, find_section, put_absent, put_canonical_quantities, section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

__all__ = [
    "PERSISTENT_VOLUME_CLAIMS",
    "ModifyVolumeStatus",
    "PersistentVolumeClaim",
    "PersistentVolumeClaimSpec",
    "PersistentVolumeClaimStatus",
    "VolumeResourceRequirements",
    "default_claim",
    "validate_claim_spec",
]


class PersistentVolumeClaim(Struct):
    """A request for storage: how much, how shared, of which class."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PersistentVolumeClaimSpec = field(default_factory=PersistentVolumeClaimSpec)
    status: PersistentVolumeClaimStatus = field(default_factory=PersistentVolumeClaimStatus)


def default_claim(new: Document) -> None:
    """Fill in a claim, or a StatefulSet's template of claims."""
    spec = section(new, "spec")
    put_absent(spec, volumeMode="Filesystem")
    for name in ("limits", "requests"):
        put_canonical_quantities(find(spec, "resources", name))
    put_absent(section(new, "status"), phase="Pending")


def _validate(new: PersistentVolumeClaim, old: PersistentVolumeClaim | None) -> list[FieldError]:
    errors = validate_claim_spec(new.spec, "spec")
    return errors + validate_claim_status(new.status) if old is not None and new.status != old.status else errors


def _validate_update(new: Document, old: Document | None) -> list[FieldError]:
    return validate_claim_update(new, old) if old is not None else []


def _warn(new: Document, old: Document | None) -> list[str]:
    claim = PERSISTENT_VOLUME_CLAIMS.from_document(new)
    resources = claim.spec.resources
    return warnings_of_claim(resources.requests if resources else {}, claim.metadata.annotations, "spec")


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"phase": "Pending"}
    match_data_sources(section(new, "spec"))


def match_data_sources(spec: Document) -> None:
    """The older field and the newer one name the same, as long as it is in the claim's own namespace."""
    source, ref = spec.get("dataSource"), find_section(spec, "dataSourceRef")
    if source is not None and ref is None:
        spec["dataSourceRef"] = copy.deepcopy(source)
    elif ref is not None and source is None and not ref.get("namespace"):
        spec["dataSource"] = {name: value for name, value in ref.items() if name != "namespace"}


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
        spec.volume_attributes_class_name or "<unset>",
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
    warn=_warn,
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
