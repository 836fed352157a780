"""How much a container, or a whole pod, may ask for and may use at most.

Source: kubernetes pkg/apis/core/validation, ValidateContainerResourceRequirements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction

from wherry.api.core.container import ContainerResizePolicy, ResourceClaim, ResourceRequirements
from wherry.api.core.pod_spec import PodSpec
from wherry.api.core.resource_names import (
    HUGE_PAGES_PREFIX,
    is_huge_pages,
    may_overcommit,
    validate_amount,
    validate_container_resource_name,
)
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    key,
    not_found,
    required,
)
from wherry.apimachinery.quantity import QuantityError, QuantityText, format_quantity, parse_quantity

NEEDS_LIMIT = "Limit must be set for non overcommitable resources"
RESIZABLE = ("cpu", "memory")
RESIZE_POLICIES = ("NotRequired", "RestartContainer")
POD_LEVEL = ("cpu", "memory")


def validate_resources(resources: ResourceRequirements, path: str, claims: Collection[str] = ()) -> list[FieldError]:
    """Names that exist, amounts that make sense, and no request above its limit; `claims` are the pod's."""
    limits, errors = _amounts(resources.limits, child(path, "limits"))
    requests, request_errors = _amounts(resources.requests, child(path, "requests"))
    errors += request_errors
    for name, amount in requests.items():
        errors += _validate_request(name, amount, limits.get(name), resources, path)
    given = {*resources.limits, *resources.requests}
    if any(is_huge_pages(name) for name in given) and not given & {"cpu", "memory"}:
        errors.append(forbidden(path, "HugePages require cpu or memory"))
    return errors + _validate_claims(resources.claims, child(path, "claims"), claims)


def _validate_request(
    name: str, amount: Fraction, limit: Fraction | None, resources: ResourceRequirements, path: str
) -> list[FieldError]:
    if limit is None:
        return [] if may_overcommit(name) else [required(child(path, "limits"), NEEDS_LIMIT)]
    place, shown = child(path, "requests"), str(resources.requests[name])
    if not may_overcommit(name):
        if amount != limit:
            return [invalid(place, shown, f"must be equal to {name} limit of {resources.limits[name]}")]
    elif amount > limit:
        return [invalid(place, shown, f"must be less than or equal to {name} limit of {resources.limits[name]}")]
    return []


def _amounts(amounts: Mapping[str, QuantityText], path: str) -> tuple[dict[str, Fraction], list[FieldError]]:
    parsed: dict[str, Fraction] = {}
    errors = []
    for name, amount in amounts.items():
        place = key(path, name)
        errors += validate_container_resource_name(name, place)
        errors += validate_amount(name, amount, place)
        try:
            parsed[name] = parse_quantity(amount)
        except QuantityError:
            continue
        if is_huge_pages(name) and not _is_multiple(parsed[name], name):
            errors.append(invalid(place, str(amount), f"{amount} is not positive integer multiple of {name}"))
    return parsed, errors


def _is_multiple(amount: Fraction, name: str) -> bool:
    try:
        page = parse_quantity(name.removeprefix(HUGE_PAGES_PREFIX))
    except QuantityError:
        return False
    return page > 0 and amount % page == 0


def _validate_claims(claims: Iterable[ResourceClaim], path: str, known: Collection[str]) -> list[FieldError]:
    errors = []
    taken: set[tuple[str, str]] = set()
    for position, claim in enumerate(claims):
        place = index(path, position)
        if not claim.name:
            errors.append(required(place))
            continue
        if (claim.name, claim.request) in taken:
            errors.append(duplicate(place, f"{claim.name}/{claim.request}" if claim.request else claim.name))
        taken.add((claim.name, claim.request))
        if claim.name not in known:
            there = f": {', '.join(sorted(known))}" if known else " which is empty"
            detail = f"must be one of the names in pod.spec.resourceClaims{there}"
            found = not_found(place, claim.name)
            errors.append(FieldError(found.reason, found.field, f"{found.message}: {detail}"))
    return errors


def validate_resize_policies(
    policies: Iterable[ContainerResizePolicy], restart_policy: str, path: str
) -> list[FieldError]:
    """What a change of an amount does to the running container."""
    errors = []
    taken: set[str] = set()
    for position, policy in enumerate(policies):
        if policy.resource_name in taken:
            errors.append(duplicate(index(path, position), policy.resource_name))
        taken.add(policy.resource_name)
        # Upstream names the list, not the item.
        errors += one_of(path, policy.resource_name, RESIZABLE, may_be_absent=False)
        errors += one_of(path, policy.restart_policy, RESIZE_POLICIES, may_be_absent=False)
        if restart_policy == "Never" and policy.restart_policy != "NotRequired":
            detail = "must be 'NotRequired' when `restartPolicy` is 'Never'"
            errors.append(invalid(path, policy.restart_policy, detail))
    return errors


def validate_pod_resources(spec: PodSpec, path: str) -> list[FieldError]:
    """What the pod as a whole asks for: no less than its containers do, and no less than each may use."""
    resources = spec.resources
    if resources is None:
        return []
    errors = [] if not resources.claims else [
        forbidden(child(path, "claims"), "claims cannot be set for Resources at pod-level")
    ]  # fmt: skip
    errors += validate_resources(resources, path, [claim.name for claim in spec.resource_claims])
    for kind, amounts in (("limits", resources.limits), ("requests", resources.requests)):
        for name in amounts:
            if name not in POD_LEVEL and not is_huge_pages(name):
                errors += one_of(key(child(path, kind), name), name, (*POD_LEVEL, "hugepages-"))
    try:
        return errors + _validate_pod_totals(spec, resources, path)
    except QuantityError:
        return errors


def _validate_pod_totals(spec: PodSpec, resources: ResourceRequirements, path: str) -> list[FieldError]:
    errors = []
    totals: dict[str, Fraction] = {}
    for container in spec.containers:
        for name, amount in (container.resources.requests if container.resources else {}).items():
            totals[name] = totals.get(name, Fraction(0)) + parse_quantity(amount)
    for name, total in totals.items():
        asked = resources.requests.get(name, "0")
        if name in POD_LEVEL and total > parse_quantity(asked):
            detail = f"must be greater than or equal to aggregate container requests of {format_quantity(total)}"
            errors.append(invalid(key(child(path, "requests"), name), str(asked), detail))
    for position, container in enumerate(spec.containers):
        for name, amount in (container.resources.limits if container.resources else {}).items():
            limit = resources.limits.get(name)
            if limit is not None and parse_quantity(amount) > parse_quantity(limit):
                place = child(key(index(child(path, "containers"), position), name), "limits")
                errors.append(invalid(place, str(amount), f"must be less than or equal to pod limits of {limit}"))
    return errors
