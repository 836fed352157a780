"""What an evaluator is: how one kind of object is counted, and which quotas it concerns."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import msgspec

from wherry.api.core.resourcequota import ResourceQuotaSpec, ScopedResourceSelectorRequirement
from wherry.apimachinery.amounts import Amounts


def in_no_scope(thing: msgspec.Struct, requirement: ScopedResourceSelectorRequirement) -> bool:
    """For kinds that know no scopes: a quota with scopes never concerns them."""
    return False


def no_constraint(thing: msgspec.Struct, names: Collection[str]) -> str:
    """For kinds of which nothing must be said."""
    return ""


def never_changes(old: msgspec.Struct, new: msgspec.Struct) -> bool:
    """For kinds that cost the same for as long as they exist."""
    return False


@dataclass(frozen=True, slots=True)
class Evaluator:
    """How objects of one kind are counted. All functions are pure.

    `usage(object, now_s)` is what it costs. `covers(name)` says whether a quota's `name` is about this kind.
    `is_in_scope` decides one scope of a quota. `constraint(object, names)` says what the object must state
    because the quota limits `names`, or "". `charged_updates` are the subresources ("" the object itself)
    whose update may change the cost, `cost_changed(old, new)` whether one did that admission does not see.
    """

    usage: Callable[[msgspec.Struct, float], Amounts]
    covers: Callable[[str], bool]
    is_in_scope: Callable[[msgspec.Struct, ScopedResourceSelectorRequirement], bool] = in_no_scope
    constraint: Callable[[msgspec.Struct, Collection[str]], str] = no_constraint
    charged_updates: frozenset[str] = frozenset()
    cost_changed: Callable[[msgspec.Struct, msgspec.Struct], bool] = never_changes

    def concerns(self, spec: ResourceQuotaSpec, thing: msgspec.Struct) -> bool:
        """Whether the object is in all scopes of a quota."""
        return all(self.is_in_scope(thing, requirement) for requirement in scopes_of(spec))


def scopes_of(spec: ResourceQuotaSpec) -> list[ScopedResourceSelectorRequirement]:
    """All that a quota demands of the objects that it counts."""
    short = [ScopedResourceSelectorRequirement(scope_name=scope, operator="Exists") for scope in spec.scopes]
    return [*short, *(spec.scope_selector.match_expressions if spec.scope_selector else ())]


def matches_names(requirement: ScopedResourceSelectorRequirement, names: Collection[str]) -> bool:
    """Whether one of `names` (none: a thing without a name) is what a scope selector asks for."""
    match requirement.operator:
        case "Exists":
            return bool(names)
        case "DoesNotExist":
            return not names
        case "In":
            return any(name in requirement.values for name in names)
        case "NotIn":
            return not names or any(name not in requirement.values for name in names)
        case _:
            return False
