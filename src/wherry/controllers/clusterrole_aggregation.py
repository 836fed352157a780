"""Gives cluster roles with an aggregationRule the rules of all cluster roles that it selects.

Source: kubernetes pkg/controller/clusterroleaggregation.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.api.rbac.clusterrole import CLUSTER_ROLES, ClusterRole
from wherry.api.rbac.policy_rule import PolicyRule
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, matched


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the role has other rules than those that it gathers."""
    role = view.lister(CLUSTER_ROLES).get(*key)
    if role is None or role.aggregation_rule is None:
        return []
    gathered = gather(role, view)
    if gathered == role.rules:
        return []
    # Compared and written as a whole: what somebody has added by hand goes again.
    patch = {"rules": [msgspec.to_builtins(rule) for rule in gathered]}
    why = "its rules are those of the roles that it selects, and these have changed"
    return [Patch(CLUSTER_ROLES, "", key.name, {**patch}, why, resource_version=role.metadata.resource_version)]


def gather(role: ClusterRole, view: View) -> tuple[PolicyRule, ...]:
    """The rules of all selected roles, role by role in the order of their names, each rule once."""
    assert role.aggregation_rule is not None
    rules: dict[PolicyRule, None] = {}
    roles = sorted(view.lister(CLUSTER_ROLES).list(), key=lambda one: one.metadata.name)
    for selector in map(selector_from, role.aggregation_rule.cluster_role_selectors):
        for other in roles:
            if other.metadata.name != role.metadata.name and selector.matches(other.metadata.labels):
                rules |= dict.fromkeys(other.rules)
    return tuple(rules)


def _gatherers(role: ClusterRole, view: View) -> list[ObjectKey]:
    return [one.metadata.key for one in view.lister(CLUSTER_ROLES).list() if one.aggregation_rule is not None]


CLUSTER_ROLE_AGGREGATION_CONTROLLER = Controller(
    name="clusterrole-aggregation-controller",
    primary=CLUSTER_ROLES,
    sources=(for_kind(CLUSTER_ROLES), matched(CLUSTER_ROLES, _gatherers)),
    plan=plan,
)
