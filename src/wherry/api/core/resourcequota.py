"""How much a whole namespace may have: objects, and what its pods and claims ask for together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from msgspec import field

from wherry.api.core.resource_names import COMPUTE, is_for_quota, validate_amount, validate_quota_resource_name
from wherry.api.documents import find, put_canonical_quantities
from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, key, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ScopedResourceSelectorRequirement(Struct):
    operator: str = ""
    scope_name: str = ""
    values: tuple[str, ...] = ()


class ScopeSelector(Struct):
    match_expressions: tuple[ScopedResourceSelectorRequirement, ...] = ()


class ResourceQuotaSpec(Struct):
    hard: dict[str, QuantityText] = field(default_factory=dict)
    scope_selector: ScopeSelector | None = None
    scopes: tuple[str, ...] = ()


class ResourceQuotaStatus(Struct):
    hard: dict[str, QuantityText] = field(default_factory=dict)
    used: dict[str, QuantityText] = field(default_factory=dict)


class ResourceQuota(Struct):
    """How much a whole namespace may have: objects, and what its pods and claims ask for together."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ResourceQuotaSpec = field(default_factory=ResourceQuotaSpec)
    status: ResourceQuotaStatus = field(default_factory=ResourceQuotaStatus)


BEST_EFFORT, NOT_BEST_EFFORT = "BestEffort", "NotBestEffort"
TERMINATING, NOT_TERMINATING = "Terminating", "NotTerminating"
PRIORITY_CLASS, CROSS_NAMESPACE_POD_AFFINITY = "PriorityClass", "CrossNamespacePodAffinity"
VOLUME_ATTRIBUTES_CLASS = "VolumeAttributesClass"

_POD_COUNT = frozenset(("pods",))
_POD_COMPUTE = _POD_COUNT.union(
    (name for name in COMPUTE if name != "ephemeral-storage"),
    ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory"),
)
# Which of the names that every quota knows make sense under a scope.
SCOPES: dict[str, frozenset[str]] = {
    TERMINATING: _POD_COMPUTE,
    NOT_TERMINATING: _POD_COMPUTE,
    BEST_EFFORT: _POD_COUNT,
    NOT_BEST_EFFORT: _POD_COMPUTE,
    PRIORITY_CLASS: _POD_COMPUTE,
    CROSS_NAMESPACE_POD_AFFINITY: _POD_COMPUTE,
    VOLUME_ATTRIBUTES_CLASS: frozenset(("persistentvolumeclaims", "requests.storage")),
}
# These hold or do not hold; there is nothing to compare.
WITHOUT_VALUES = (BEST_EFFORT, NOT_BEST_EFFORT, TERMINATING, NOT_TERMINATING, CROSS_NAMESPACE_POD_AFFINITY)
CONTRADICTIONS = ({BEST_EFFORT, NOT_BEST_EFFORT}, {TERMINATING, NOT_TERMINATING})

ONLY_EXISTS = (
    "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)


def _default(new: Document) -> None:
    for path in (("spec", "hard"), ("status", "hard"), ("status", "used")):
        put_canonical_quantities(find(new, *path))


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {}


def _validate(new: ResourceQuota, old: ResourceQuota | None) -> list[FieldError]:
    errors = _validate_amounts(new.spec.hard, "spec.hard")
    errors += _validate_scopes(new.spec)
    errors += _validate_selector(new.spec)
    errors += _validate_amounts(new.status.hard, "status.hard")
    errors += _validate_amounts(new.status.used, "status.used")
    if old is not None and set(new.spec.scopes) != set(old.spec.scopes):
        errors.append(invalid("spec.scopes", list(new.spec.scopes), IMMUTABLE))
    return errors


def _validate_amounts(amounts: Mapping[str, QuantityText], path: str) -> list[FieldError]:
    errors = []
    for name, amount in amounts.items():
        errors += validate_quota_resource_name(name, key(path, name))
        errors += validate_amount(name, amount, key(path, name))
    return errors


def _validate_scopes(spec: ResourceQuotaSpec) -> list[FieldError]:
    path, shown = "spec.scopes", list(spec.scopes)
    errors = []
    for scope in spec.scopes:
        if scope not in SCOPES:
            errors.append(invalid(path, shown, "unsupported scope"))
        errors += [invalid(path, shown, "unsupported scope applied to resource") for _ in _misfits(scope, spec.hard)]
    return errors + [invalid(path, shown, "conflicting scopes") for _ in _contradictions(spec.scopes)]


def _validate_selector(spec: ResourceQuotaSpec) -> list[FieldError]:
    if spec.scope_selector is None:
        return []
    # Upstream names the whole list, not the item that is wrong.
    path, shown = "spec.scopeSelector.matchExpressions", msgspec.to_builtins(spec.scope_selector)
    errors = []
    for requirement in spec.scope_selector.match_expressions:
        scope = requirement.scope_name
        if scope not in SCOPES:
            errors.append(invalid(f"{path}.scopeName", scope, "unsupported scope"))
        errors += [invalid(path, shown, "unsupported scope applied to resource") for _ in _misfits(scope, spec.hard)]
        if scope in WITHOUT_VALUES and requirement.operator != "Exists":
            errors.append(invalid(f"{path}.operator", requirement.operator, ONLY_EXISTS))
        errors += _validate_operator(requirement, path)
    scopes = [requirement.scope_name for requirement in spec.scope_selector.match_expressions]
    return errors + [invalid(path, list(spec.scopes), "conflicting scopes") for _ in _contradictions(scopes)]


def _validate_operator(requirement: ScopedResourceSelectorRequirement, path: str) -> list[FieldError]:
    match requirement.operator:
        case "In" | "NotIn":
            if not requirement.values:
                detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                return [required(f"{path}.values", detail)]
        case "Exists" | "DoesNotExist":
            if requirement.values:
                detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                return [invalid(f"{path}.values", list(requirement.values), detail)]
        case _:
            return [invalid(f"{path}.operator", requirement.operator, "not a valid selector operator")]
    return []


def _misfits(scope: str, hard: Iterable[str]) -> list[str]:
    """The resources that have no meaning under this scope."""
    if scope not in SCOPES:
        return []
    return [name for name in sorted(hard) if is_for_quota(name) and name not in SCOPES[scope]]


def _contradictions(scopes: Iterable[str]) -> list[set[str]]:
    given = set(scopes)
    return [pair for pair in CONTRADICTIONS if pair <= given]


def _row(quota: ResourceQuota, now_s: float) -> tuple[object, ...]:
    status = quota.status
    told = {name: f"{name}: {status.used.get(name, 0)}/{status.hard[name]}" for name in sorted(status.hard)}
    return (
        quota.metadata.name,
        ", ".join(text for name, text in told.items() if not name.startswith("limits.")),
        ", ".join(text for name, text in told.items() if name.startswith("limits.")),
        age_since(quota.metadata.creation_timestamp, now_s),
    )


RESOURCE_QUOTAS = resource_type(
    ResourceQuota,
    kind="ResourceQuota",
    plural="resourcequotas",
    short_names=("quota",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Request", description="How much is asked for, of how much may be."),
        Column("Limit", description="How much may be used at most, of how much may be."),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=False,
    delete_returns_object=True,
)
