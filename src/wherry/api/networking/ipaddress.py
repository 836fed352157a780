"""An address of the cluster that is taken, and by whom. The object's name is the address."""

from __future__ import annotations

from msgspec import field

from wherry.api.field_formats import fitting, ip_wrong, named, unchanged
from wherry.apimachinery.field_errors import FieldError, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain, path_segment
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

PARENT = "spec.parentRef"


class ParentReference(Struct):
    group: str = ""
    name: str = ""
    namespace: str = ""
    resource: str = ""


class IPAddressSpec(Struct):
    parent_ref: ParentReference | None = None


class IPAddress(Struct):
    """An address of the cluster that is taken, and by whom."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: IPAddressSpec = field(default_factory=IPAddressSpec)


def _validate(new: IPAddress, old: IPAddress | None) -> list[FieldError]:
    parent = new.spec.parent_ref
    if old is not None:
        return unchanged(PARENT, parent, old.spec.parent_ref)
    if parent is None:
        return [required(PARENT)]
    # The group of Services is "", so that it cannot be demanded.
    errors = fitting(f"{PARENT}.group", parent.group, dns1123_subdomain) if parent.group else []
    errors += named(f"{PARENT}.resource", parent.resource, path_segment)
    errors += named(f"{PARENT}.name", parent.name, path_segment)
    return errors + fitting(f"{PARENT}.namespace", parent.namespace, path_segment)


def _parent_cell(parent: ParentReference | None) -> str:
    if parent is None:
        return "<none>"
    resource = f"{parent.resource}.{parent.group}" if parent.group else parent.resource
    return "/".join(part for part in (resource.lower(), parent.namespace, parent.name) if part)


def _row(address: IPAddress, now_s: float) -> tuple[object, ...]:
    meta = address.metadata
    return meta.name, _parent_cell(address.spec.parent_ref), age_since(meta.creation_timestamp, now_s)


IP_ADDRESSES = resource_type(
    IPAddress,
    kind="IPAddress",
    plural="ipaddresses",
    group="networking.k8s.io",
    namespaced=False,
    short_names=("ip",),
    validate=_validate,
    name_rule=ip_wrong,
    columns=(NAME_COLUMN, Column("ParentRef", description="What the address belongs to."), AGE_COLUMN),
    row=_row,
    acted_on_by="nobody",
)
