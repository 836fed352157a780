"""What may stand in a claim for devices.

Source: kubernetes pkg/apis/resource/validation.
"""

from __future__ import annotations

from wherry.api.field_formats import fitting, named, unique
from wherry.api.object_meta import one_of
from wherry.api.resource.device_claim import (
    DeviceClaim,
    DeviceConstraint,
    DeviceRequest,
    DeviceToleration,
    ExactDeviceRequest,
    request_names,
)
from wherry.api.resource.names import (
    CONFIGS_MAX,
    validate_configuration,
    validate_property_name,
    validate_selectors,
)
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    index,
    invalid,
    not_supported,
    required,
    too_many,
)
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, label_value, qualified_name

REQUESTS_MAX = 32
CONSTRAINTS_MAX = 32
CHOICES_MAX = 8
TOLERATIONS_MAX = 16
MODES = ("All", "ExactCount")
EFFECTS = ("NoExecute", "NoSchedule", "None")
OPERATORS = ("Equal", "Exists")
ONE_KIND = "exactly one of `exactly` or `firstAvailable` must be specified"
REQUEST_WRONG = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"


def validate_device_claim(claim: DeviceClaim, path: str) -> list[FieldError]:
    """Requests with names of their own, and what is said about them by name."""
    names = request_names(claim)
    errors: list[FieldError] = []
    place = child(path, "requests")
    for position, request in enumerate(claim.requests):
        errors += _validate_request(request, index(place, position))
    errors += _limit(place, len(claim.requests), REQUESTS_MAX)
    errors += unique_names(place, [request.name for request in claim.requests])
    place = child(path, "constraints")
    for position, constraint in enumerate(claim.constraints):
        errors += _validate_constraint(constraint, index(place, position), names)
    errors += _limit(place, len(claim.constraints), CONSTRAINTS_MAX)
    place = child(path, "config")
    for position, configuration in enumerate(claim.config):
        where = index(place, position)
        errors += validate_request_names(child(where, "requests"), configuration.requests, names)
        errors += validate_configuration(where, configuration)
    return errors + _limit(place, len(claim.config), CONFIGS_MAX)


def unique_names(path: str, names: list[str]) -> list[FieldError]:
    """Items of a list that are told apart by their names."""
    return [
        duplicate(child(index(path, position), "name"), name)
        for position, name in enumerate(names)
        if name in names[:position]
    ]


def validate_request_names(path: str, given: tuple[str, ...], names: frozenset[str]) -> list[FieldError]:
    """Requests that something is about; none means all."""
    errors = [
        error for position, name in enumerate(given) for error in request_name(index(path, position), name, names)
    ]
    return errors + _limit(path, len(given), REQUESTS_MAX) + unique(path, given)


def request_name(path: str, name: str, names: frozenset[str]) -> list[FieldError]:
    """One request, or one choice within it."""
    steps = name.split("/")
    if len(steps) > 2:
        return [invalid(path, name, REQUEST_WRONG)]
    errors = [error for step in steps for error in fitting(path, step, dns1123_label)]
    return errors if name in names else [*errors, invalid(path, name, REQUEST_WRONG)]


def _limit(path: str, count: int, most: int) -> list[FieldError]:
    return [too_many(path, count, most)] if count > most else []


def _validate_request(request: DeviceRequest, path: str) -> list[FieldError]:
    errors = fitting(child(path, "name"), request.name, dns1123_label)
    if request.exactly is None and not request.first_available:
        return [*errors, required(path, ONE_KIND)]
    if request.exactly is not None and request.first_available:
        return [*errors, invalid(path, None, ONE_KIND)]
    if request.exactly is not None:
        return errors + _validate_exact(request.exactly, child(path, "exactly"))
    place = child(path, "firstAvailable")
    for position, choice in enumerate(request.first_available):
        where = index(place, position)
        errors += fitting(child(where, "name"), choice.name, dns1123_label)
        errors += _validate_exact(choice, where)
    errors += _limit(place, len(request.first_available), CHOICES_MAX)
    return errors + unique_names(place, [choice.name for choice in request.first_available])


def _validate_exact(request: ExactDeviceRequest, path: str) -> list[FieldError]:
    errors = named(child(path, "deviceClassName"), request.device_class_name, dns1123_subdomain)
    errors += validate_selectors(child(path, "selectors"), request.selectors)
    count, mode = request.count, request.allocation_mode
    if mode == "All":
        if count:
            detail = f"must not be specified when allocationMode is '{mode}'"
            errors.append(invalid(child(path, "count"), count, detail))
    elif mode == "ExactCount":
        if count <= 0:
            errors.append(invalid(child(path, "count"), count, "must be greater than zero"))
    else:
        errors.append(not_supported(child(path, "allocationMode"), mode, MODES))
    for position, toleration in enumerate(request.tolerations):
        errors += validate_toleration(toleration, index(child(path, "tolerations"), position))
    errors += _limit(child(path, "tolerations"), len(request.tolerations), TOLERATIONS_MAX)
    if request.capacity is not None:
        for name in request.capacity.requests:
            errors += validate_property_name(f"{child(path, 'capacity.requests')}[{name}]", name)
    return errors


def validate_toleration(toleration: DeviceToleration, path: str) -> list[FieldError]:
    """Which taints of a device are put up with."""
    errors = fitting(child(path, "key"), toleration.key, qualified_name) if toleration.key else []
    errors += one_of(child(path, "operator"), toleration.operator, OPERATORS, may_be_absent=False)
    place = child(path, "value")
    if toleration.operator == "Exists" and toleration.value:
        errors.append(invalid(place, toleration.value, "must be empty for operator `Exists`"))
    elif toleration.operator == "Equal":
        errors += fitting(place, toleration.value, label_value)
    return errors + one_of(child(path, "effect"), toleration.effect, EFFECTS)


def _validate_constraint(constraint: DeviceConstraint, path: str, names: frozenset[str]) -> list[FieldError]:
    errors = validate_request_names(child(path, "requests"), constraint.requests, names)
    match, distinct = constraint.match_attribute, constraint.distinct_attribute
    if match is not None:
        errors += validate_property_name(child(path, "matchAttribute"), match, needs_domain=True)
    elif distinct is not None:
        errors += validate_property_name(child(path, "distinctAttribute"), distinct, needs_domain=True)
    else:
        errors.append(required(path, "exactly one of `matchAttribute` or `distinctAttribute` must be specified"))
    if match is not None and distinct is not None:
        detail = "exactly one of `matchAttribute` or `distinctAttribute` must be specified"
        errors.append(invalid(path, None, detail))
    return errors
