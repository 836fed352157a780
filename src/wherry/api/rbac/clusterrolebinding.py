"""Lends a cluster role to users, groups and service accounts, everywhere."""

from __future__ import annotations

from msgspec import field

from wherry.api.rbac.policy_rule import RBAC_GROUP, path_segment
from wherry.api.rbac.role_ref import (
    BINDING_COLUMNS,
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


class ClusterRoleBinding(Struct):
    """Lends a cluster role to users, groups and service accounts, everywhere."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    role_ref: RoleRef = field(default_factory=RoleRef)
    subjects: tuple[Subject, ...] = ()


def _validate(new: ClusterRoleBinding, old: ClusterRoleBinding | None) -> list[FieldError]:
    before = None if old is None else old.role_ref
    return validate_binding(new.role_ref, new.subjects, ("ClusterRole",), before, namespaced=False)


def _row(binding: ClusterRoleBinding, now_s: float) -> tuple[object, ...]:
    return binding_row(binding.metadata, binding.role_ref, binding.subjects, now_s)


CLUSTER_ROLE_BINDINGS = resource_type(
    ClusterRoleBinding,
    kind="ClusterRoleBinding",
    plural="clusterrolebindings",
    group=RBAC_GROUP,
    namespaced=False,
    name_rule=path_segment,
    default=default_binding,
    validate=_validate,
    columns=BINDING_COLUMNS,
    row=_row,
)
