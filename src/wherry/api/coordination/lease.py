"""A promise with a time limit: I hold this, I am alive."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class LeaseSpec(Struct):
    holder_identity: str = ""
    lease_duration_seconds: int | None = None
    acquire_time: str = ""
    renew_time: str = ""
    lease_transitions: int | None = None


class Lease(Struct):
    """A promise with a time limit: I hold this, I am alive."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: LeaseSpec = field(default_factory=LeaseSpec)


def _validate(new: Lease, old: Lease | None) -> list[FieldError]:
    errors = []
    duration_s = new.spec.lease_duration_seconds
    if duration_s is not None and duration_s <= 0:
        errors.append(invalid("spec.leaseDurationSeconds", duration_s, "must be greater than 0"))
    transitions = new.spec.lease_transitions
    if transitions is not None and transitions < 0:
        errors.append(invalid("spec.leaseTransitions", transitions, "must be greater than or equal to 0"))
    return errors


def _row(lease: Lease, now_s: float) -> tuple[object, ...]:
    meta = lease.metadata
    return meta.name, lease.spec.holder_identity, age_since(meta.creation_timestamp, now_s)


LEASES = resource_type(
    Lease,
    kind="Lease",
    plural="leases",
    group="coordination.k8s.io",
    validate=_validate,
    columns=(NAME_COLUMN, Column("Holder", description="Who holds it."), AGE_COLUMN),
    row=_row,
    is_heartbeat=True,
)
