"""A range from which Services get their addresses."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.field_formats import cidr_wrong, fitting, is_cidr
from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.field_errors import FieldError, index, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

CIDRS = "spec.cidrs"
CIDRS_MAX = 2
ONE_PER_FAMILY = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


class ServiceCIDRSpec(Struct):
    cidrs: tuple[str, ...] = ()


class ServiceCIDRStatus(Struct):
    conditions: tuple[Condition, ...] = ()


class ServiceCIDR(Struct):
    """A range from which Services get their addresses."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ServiceCIDRSpec = field(default_factory=ServiceCIDRSpec)
    status: ServiceCIDRStatus = field(default_factory=ServiceCIDRStatus)


def _validate(new: ServiceCIDR, old: ServiceCIDR | None) -> list[FieldError]:
    cidrs = new.spec.cidrs
    if old is None:
        return _validate_cidrs(cidrs)
    was = old.spec.cidrs
    if len(was) != len(cidrs) and (len(was), len(cidrs)) != (1, CIDRS_MAX):
        return [invalid(CIDRS, cidrs, IMMUTABLE)]
    errors = [
        invalid(index(CIDRS, position), now, IMMUTABLE)
        for position, (now, before) in enumerate(zip(cidrs, was, strict=False))
        if now != before
    ]
    # A second range, of the other family, may come later.
    return errors if len(was) == len(cidrs) else errors + _validate_cidrs(cidrs)


def _validate_cidrs(cidrs: tuple[str, ...]) -> list[FieldError]:
    if not cidrs:
        return [required(CIDRS, "at least one CIDR required")]
    if len(cidrs) > CIDRS_MAX:
        return [invalid(CIDRS, {"CIDRs": cidrs}, "may only hold up to 2 values")]
    errors = [
        error for position, text in enumerate(cidrs) for error in fitting(index(CIDRS, position), text, cidr_wrong)
    ]
    if all(is_cidr(text) for text in cidrs) and len({":" in text for text in cidrs}) < len(cidrs):
        errors.append(invalid(CIDRS, cidrs, ONE_PER_FAMILY))
    return errors


def _row(service_cidr: ServiceCIDR, now_s: float) -> tuple[object, ...]:
    meta = service_cidr.metadata
    return meta.name, ",".join(service_cidr.spec.cidrs), age_since(meta.creation_timestamp, now_s)


SERVICE_CIDRS = resource_type(
    ServiceCIDR,
    kind="ServiceCIDR",
    plural="servicecidrs",
    group="networking.k8s.io",
    namespaced=False,
    subresources=(STATUS,),
    validate=_validate,
    columns=(NAME_COLUMN, Column("CIDRs", description="The ranges, at most one of each family."), AGE_COLUMN),
    row=_row,
    tracks_generation=False,
    acted_on_by="nobody",
)
