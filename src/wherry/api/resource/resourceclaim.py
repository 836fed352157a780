"""The wish for devices, and which ones have been given."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import section
from wherry.api.field_formats import unchanged
from wherry.api.resource.allocation import ResourceClaimStatus, validate_claim_status
from wherry.api.resource.claim_validation import validate_device_claim
from wherry.api.resource.device_claim import ResourceClaimSpec, default_claim_spec, request_names
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ResourceClaim(Struct):
    """The wish for devices, and which ones have been given."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ResourceClaimSpec = field(default_factory=ResourceClaimSpec)
    status: ResourceClaimStatus = field(default_factory=ResourceClaimStatus)


def _default(new: Document) -> None:
    default_claim_spec(section(new, "spec"))


def _validate(new: ResourceClaim, old: ResourceClaim | None) -> list[FieldError]:
    errors = unchanged("spec", new.spec, old.spec) if old is not None else []
    errors += validate_device_claim(new.spec.devices, "spec.devices")
    if old is not None and new.status != old.status:
        names = request_names(new.spec.devices)
        is_being_deleted = new.metadata.is_being_deleted
        errors += validate_claim_status(new.status, old.status, names, is_being_deleted=is_being_deleted)
    return errors


def _state_cell(claim: ResourceClaim) -> str:
    states = ["deleted"] if claim.metadata.is_being_deleted else []
    if claim.status.allocation is not None:
        states.append("allocated")
        if claim.status.reserved_for:
            states.append("reserved")
    elif not states:
        states.append("pending")
    return ",".join(states)


def _row(claim: ResourceClaim, now_s: float) -> tuple[object, ...]:
    meta = claim.metadata
    return meta.name, _state_cell(claim), age_since(meta.creation_timestamp, now_s)


RESOURCE_CLAIMS = resource_type(
    ResourceClaim,
    kind="ResourceClaim",
    plural="resourceclaims",
    group="resource.k8s.io",
    subresources=(STATUS,),
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("State", description="A summary of the current state (allocated, pending, reserved, etc.)."),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=False,
    delete_returns_object=True,
    acted_on_by="nobody",
)
