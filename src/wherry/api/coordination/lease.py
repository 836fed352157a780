"""A promise with a time limit: I hold this, I am alive."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


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

LEASES = resource_type(
    Lease,
    kind="Lease",
    plural="leases",
    group="coordination.k8s.io",
)
