"""Nobody may lend rights that they do not have: the check of a new or changed role or binding.

Source: kubernetes pkg/registry/rbac (policybased storages) and rbac/validation.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.rbac.policy_rule import RBAC_GROUP, PolicyRule
from wherry.api.rbac.role_ref import RoleRef
from wherry.apimachinery.errors import forbidden, not_found
from wherry.apiserver.authorization.authorizers import MASTERS_GROUP, Authorizers
from wherry.apiserver.authorization.rules import compact, describe, uncovered
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.request import UserInfo

EVERYTHING = (
    PolicyRule(verbs=("*",), api_groups=("*",), resources=("*",)),
    PolicyRule(verbs=("*",), non_resource_urls=("*",)),
)
NO_AGGREGATION = "must have cluster-admin privileges to use an aggregationRule"


def confirm_role(
    authorizers: Authorizers,
    user: UserInfo,
    plural: str,
    namespace: str,
    name: str,
    rules: Sequence[PolicyRule],
    *,
    aggregates: bool,
) -> None:
    """Raise Forbidden unless the user has all that the role gives, or the right to `escalate` it."""
    if MASTERS_GROUP in user.groups:
        return
    if authorizers.is_allowed(user, Access("escalate", RBAC_GROUP, plural, "", namespace, name)):
        return
    if aggregates and missing_rights(authorizers, user, namespace, EVERYTHING):
        raise forbidden(plural, RBAC_GROUP, name, NO_AGGREGATION)
    if refusal := missing_rights(authorizers, user, namespace, rules):
        raise forbidden(plural, RBAC_GROUP, name, refusal)


def confirm_binding(
    authorizers: Authorizers, user: UserInfo, plural: str, namespace: str, name: str, reference: RoleRef
) -> None:
    """Raise Forbidden unless the user has all that the bound role gives, or the right to `bind` it."""
    if MASTERS_GROUP in user.groups:
        return
    roles = "roles" if reference.kind == "Role" else "clusterroles"
    if authorizers.is_allowed(user, Access("bind", reference.api_group, roles, "", namespace, reference.name)):
        return
    rules = authorizers.role(namespace if reference.kind == "Role" else "", reference.name)
    if rules is None:
        raise not_found(roles, RBAC_GROUP, reference.name)
    if refusal := missing_rights(authorizers, user, namespace, rules):
        raise forbidden(plural, RBAC_GROUP, name, refusal)


def missing_rights(authorizers: Authorizers, user: UserInfo, namespace: str, wanted: Sequence[PolicyRule]) -> str:
    """The sentence that names what the user lacks; "" when they have everything that is wanted."""
    missing = uncovered(authorizers.held_rules(user, namespace), wanted)
    if not missing:
        return ""
    groups = " ".join(f'"{group}"' for group in user.groups)
    lines = sorted({describe(rule) for rule in compact(missing)})
    return (
        f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n'
        + "\n".join(lines)
    )
