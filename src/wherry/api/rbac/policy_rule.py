"""What a role allows: rules, and the checks that Role and ClusterRole share.

Source: kubernetes pkg/apis/rbac/validation.
"""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.field_errors import FieldError, child, index, invalid, required
from wherry.apimachinery.struct import Struct

RBAC_GROUP = "rbac.authorization.k8s.io"


class PolicyRule(Struct):
    """Verbs on resources, or on paths that are no resources; everything that is listed is allowed."""

    verbs: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = field(default=(), name="nonResourceURLs")


def path_segment(name: str) -> str:
    """What is wrong with the name of a role or binding, which may hold colons and capitals; "" for a good one."""
    if name in (".", ".."):
        return f"may not be '{name}'"
    return "; ".join(f"may not contain '{sign}'" for sign in ("/", "%") if sign in name)


def validate_rules(rules: tuple[PolicyRule, ...], *, namespaced: bool) -> list[FieldError]:
    """All that is wrong with the rules of a role."""
    return [
        error for place, rule in enumerate(rules) for error in _validate_rule(rule, index("rules", place), namespaced)
    ]


def _validate_rule(rule: PolicyRule, path: str, namespaced: bool) -> list[FieldError]:
    errors = []
    if not rule.verbs:
        errors.append(required(child(path, "verbs"), "verbs must contain at least one value"))
    urls = list(rule.non_resource_urls)
    if urls:
        place = child(path, "nonResourceURLs")
        if namespaced:
            errors.append(invalid(place, urls, "namespaced rules cannot apply to non-resource URLs"))
        if rule.api_groups or rule.resources or rule.resource_names:
            detail = "rules cannot apply to both regular resources and non-resource URLs"
            errors.append(invalid(place, urls, detail))
        return errors
    if not rule.api_groups:
        errors.append(required(child(path, "apiGroups"), "resource rules must supply at least one api group"))
    if not rule.resources:
        errors.append(required(child(path, "resources"), "resource rules must supply at least one resource"))
    return errors
