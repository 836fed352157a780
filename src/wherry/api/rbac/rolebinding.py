"""Lends a role to users, groups and service accounts within its namespace."""

from __future__ import annotations

from msgspec import field

from wherry.api.rbac.policy_rule import RBAC_GROUP, path_segment
from wherry.api.rbac.role_ref import (
    BINDING_COLUMNS,
    ROLE_KINDS,
    RoleRef,
    Subject,
    binding_row,
    default_binding,
    validate_binding,
)
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class RoleBinding(Struct):
    """Lends a role to users, groups and service accounts within its namespace."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    role_ref: RoleRef = field(default_factory=RoleRef)
    subjects: tuple[Subject, ...] = ()


def _validate(new: RoleBinding, old: RoleBinding | None) -> list[FieldError]:
    before = None if old is None else old.role_ref
    return validate_binding(new.role_ref, new.subjects, ROLE_KINDS, before, namespaced=True)


def _row(binding: RoleBinding, now_s: float) -> tuple[object, ...]:
    return binding_row(binding.metadata, binding.role_ref, binding.subjects, now_s)


ROLE_BINDINGS = resource_type(
    RoleBinding,
    kind="RoleBinding",
    plural="rolebindings",
    group=RBAC_GROUP,
    namespaced=True,
    name_rule=path_segment,
    default=default_binding,
    validate=_validate,
    columns=BINDING_COLUMNS,
    row=_row,
)
