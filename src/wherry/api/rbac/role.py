"""What may be done in one namespace."""

from __future__ import annotations

from msgspec import field

from wherry.api.rbac.policy_rule import RBAC_GROUP, PolicyRule, path_segment, validate_rules
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct

CREATED_COLUMN = Column("Created At", "date", "When the role was made.")


class Role(Struct):
    """What may be done in one namespace."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    rules: tuple[PolicyRule, ...] = ()


def _validate(new: Role, old: Role | None) -> list[FieldError]:
    return validate_rules(new.rules, namespaced=True)


def _row(role: Role, now_s: float) -> tuple[object, ...]:
    return role.metadata.name, role.metadata.creation_timestamp


ROLES = resource_type(
    Role,
    kind="Role",
    plural="roles",
    group=RBAC_GROUP,
    name_rule=path_segment,
    validate=_validate,
    columns=(NAME_COLUMN, CREATED_COLUMN),
    row=_row,
)
