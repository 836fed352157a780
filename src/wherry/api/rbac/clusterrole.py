"""What may be done in the whole cluster, or wherever a RoleBinding lends it to a namespace."""

from __future__ import annotations

from msgspec import field

from wherry.api.label_selector import validate_label_selector
from wherry.api.rbac.policy_rule import RBAC_GROUP, PolicyRule, path_segment, validate_rules
from wherry.api.rbac.role import CREATED_COLUMN
from wherry.apimachinery.field_errors import FieldError, index, required
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import NAME_COLUMN, resource_type
from wherry.apimachinery.struct import Struct

SELECTORS = "aggregationRule.clusterRoleSelectors"


class AggregationRule(Struct):
    """The rules are those of all cluster roles that one of these selects; a controller copies them."""

    cluster_role_selectors: tuple[LabelSelector, ...] = ()


class ClusterRole(Struct):
    """What may be done in the whole cluster."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    rules: tuple[PolicyRule, ...] = ()
    aggregation_rule: AggregationRule | None = None


def _validate(new: ClusterRole, old: ClusterRole | None) -> list[FieldError]:
    errors = validate_rules(new.rules, namespaced=False)
    if new.aggregation_rule is None:
        return errors
    selectors = new.aggregation_rule.cluster_role_selectors
    if not selectors:
        detail = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        errors.append(required(SELECTORS, detail))
    for place, selector in enumerate(selectors):
        errors += validate_label_selector(selector, index(SELECTORS, place))
    return errors


def _row(role: ClusterRole, now_s: float) -> tuple[object, ...]:
    return role.metadata.name, role.metadata.creation_timestamp


CLUSTER_ROLES = resource_type(
    ClusterRole,
    kind="ClusterRole",
    plural="clusterroles",
    group=RBAC_GROUP,
    namespaced=False,
    name_rule=path_segment,
    validate=_validate,
    columns=(NAME_COLUMN, CREATED_COLUMN),
    row=_row,
)
