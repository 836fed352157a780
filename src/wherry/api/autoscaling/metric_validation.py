"""What an autoscaler may look at, and how fast it may act.

Source: kubernetes pkg/apis/autoscaling/validation.
"""

from __future__ import annotations

from wherry.api.autoscaling.metric import (
    CrossVersionObjectReference,
    CustomMetricSource,
    HPAScalingPolicy,
    HPAScalingRules,
    MetricIdentifier,
    MetricSpec,
    MetricTarget,
    ObjectMetricSource,
    ResourceMetricSource,
)
from wherry.api.field_formats import fitting, named
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, not_supported, required
from wherry.apimachinery.names import path_segment
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

# The words for a metric's type, and the field that each demands.
SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
SOURCE_ORDER = ("object", "external", "pods", "resource", "containerResource")
TARGET_TYPES = ("Utilization", "Value", "AverageValue")
PERIOD_MAX_S = 1800
STABILIZATION_MAX_S = 3600
NOT_POSITIVE = "must be positive"


def validate_metrics(metrics: tuple[MetricSpec, ...], path: str, min_replicas: int | None) -> list[FieldError]:
    """Each on its own; only what exists apart from the pods can wake a workload that has none."""
    errors = [error for position, one in enumerate(metrics) for error in _validate_metric(one, index(path, position))]
    if min_replicas == 0 and not any(one.type in ("Object", "External") for one in metrics):
        detail = "must specify at least one Object or External metric to support scaling to zero replicas"
        errors.append(forbidden(path, detail))
    return errors


def validate_reference(reference: CrossVersionObjectReference, path: str) -> list[FieldError]:
    """An object that is named by its kind."""
    errors = named(child(path, "kind"), reference.kind, path_segment)
    return errors + named(child(path, "name"), reference.name, path_segment)


def validate_rules(rules: HPAScalingRules | None, path: str) -> list[FieldError]:
    """How fast one direction may go."""
    if rules is None:
        return []
    errors = []
    window_s, place = rules.stabilization_window_seconds, child(path, "stabilizationWindowSeconds")
    if window_s is not None and window_s < 0:
        errors.append(invalid(place, window_s, "must be greater than or equal to zero"))
    if window_s is not None and window_s > STABILIZATION_MAX_S:
        errors.append(invalid(place, window_s, f"must be less than or equal to {STABILIZATION_MAX_S}"))
    if rules.select_policy is not None:
        allowed = ("Disabled", "Max", "Min")
        if rules.select_policy not in allowed:
            errors.append(not_supported(child(path, "selectPolicy"), rules.select_policy, allowed))
    if not rules.policies:
        errors.append(required(child(path, "policies"), "must specify at least one Policy"))
    for position, policy in enumerate(rules.policies):
        errors += _validate_policy(policy, index(child(path, "policies"), position))
    if rules.tolerance is not None and _sign(rules.tolerance) < 0:
        errors.append(invalid(child(path, "tolerance"), rules.tolerance, "must be greater than or equal to zero"))
    return errors


def _validate_policy(policy: HPAScalingPolicy, path: str) -> list[FieldError]:
    errors = []
    if policy.type not in ("Percent", "Pods"):
        errors.append(not_supported(child(path, "type"), policy.type, ("Percent", "Pods")))
    if policy.value <= 0:
        errors.append(invalid(child(path, "value"), policy.value, "must be greater than zero"))
    if policy.period_seconds <= 0:
        errors.append(invalid(child(path, "periodSeconds"), policy.period_seconds, "must be greater than zero"))
    if policy.period_seconds > PERIOD_MAX_S:
        detail = f"must be less than or equal to {PERIOD_MAX_S}"
        errors.append(invalid(child(path, "periodSeconds"), policy.period_seconds, detail))
    return errors


def _validate_metric(metric: MetricSpec, path: str) -> list[FieldError]:
    errors = []
    if not metric.type:
        errors.append(required(child(path, "type"), "must specify a metric source type"))
    if metric.type not in SOURCES:
        errors.append(not_supported(child(path, "type"), metric.type, SOURCES))
    sources = (metric.object, metric.external, metric.pods, metric.resource, metric.container_resource)
    given = [name for name, source in zip(SOURCE_ORDER, sources, strict=True) if source is not None]
    # Only the first one is looked into; the others are too many anyway.
    if given:
        errors += _validate_source(metric, given[0], child(path, given[0]))
    expected = SOURCES.get(metric.type, "")
    if expected and expected not in given:
        errors.append(required(child(path, expected), "must populate information for the given metric source"))
    if len(given) > 1:
        detail = "must populate the given metric source only"
        errors += [forbidden(child(path, name), detail) for name in given if name != expected]
    return errors


def _validate_source(metric: MetricSpec, name: str, path: str) -> list[FieldError]:
    if name == "object" and metric.object is not None:
        return _validate_object(metric.object, path)
    if name == "external" and metric.external is not None:
        return _validate_external(metric.external, path)
    if name == "pods" and metric.pods is not None:
        return _validate_pods(metric.pods, path)
    if name == "resource" and metric.resource is not None:
        return _validate_resource(metric.resource, path)
    assert metric.container_resource is not None
    return _validate_container_resource(metric.container_resource, path)


def _validate_object(source: ObjectMetricSource, path: str) -> list[FieldError]:
    errors = validate_reference(source.described_object, child(path, "describedObject"))
    errors += _validate_identifier(source.metric, child(path, "metric"))
    errors += _validate_target(source.target, child(path, "target"))
    if source.target.value is None and source.target.average_value is None:
        errors.append(required(child(path, "target.averageValue"), "must set either a target value or averageValue"))
    return errors


def _validate_external(source: CustomMetricSource, path: str) -> list[FieldError]:
    errors = _validate_identifier(source.metric, child(path, "metric"))
    errors += _validate_target(source.target, child(path, "target"))
    value, average = source.target.value, source.target.average_value
    if value is None and average is None:
        detail = "must set either a target value for metric or a per-pod target"
        errors.append(required(child(path, "target.averageValue"), detail))
    if value is not None and average is not None:
        detail = "may not set both a target value for metric and a per-pod target"
        errors.append(forbidden(child(path, "target.value"), detail))
    return errors


def _validate_pods(source: CustomMetricSource, path: str) -> list[FieldError]:
    errors = _validate_identifier(source.metric, child(path, "metric"))
    errors += _validate_target(source.target, child(path, "target"))
    if source.target.average_value is None or _sign(source.target.average_value) <= 0:
        errors.append(required(child(path, "target.averageValue"), "must specify a positive target averageValue"))
    return errors


def _validate_container_resource(source: ResourceMetricSource, path: str) -> list[FieldError]:
    errors = _validate_resource(source, path)
    if not source.container:
        errors.append(required(child(path, "container"), "must specify a container"))
    return errors


def _validate_resource(source: ResourceMetricSource, path: str) -> list[FieldError]:
    errors = [] if source.name else [required(child(path, "name"), "must specify a resource name")]
    errors += _validate_target(source.target, child(path, "target"))
    utilization, average = source.target.average_utilization, source.target.average_value
    if utilization is None and average is None:
        detail = "must set either a target raw value or a target utilization"
        errors.append(required(child(path, "target.averageUtilization"), detail))
    if utilization is not None and average is not None:
        detail = "may not set both a target raw value and a target utilization"
        errors.append(forbidden(child(path, "target.averageValue"), detail))
    return errors


def _validate_identifier(metric: MetricIdentifier, path: str) -> list[FieldError]:
    if not metric.name:
        return [required(child(path, "name"), "must specify a metric name")]
    return fitting(child(path, "name"), metric.name, path_segment)


def _validate_target(target: MetricTarget, path: str) -> list[FieldError]:
    place = child(path, "type")
    errors = [] if target.type else [required(place, "must specify a metric target type")]
    if one_of(place, target.type, TARGET_TYPES):
        errors.append(invalid(place, target.type, "must be either Utilization, Value, or AverageValue"))
    for name, amount in (("value", target.value), ("averageValue", target.average_value)):
        if amount is not None and _sign(amount) <= 0:
            errors.append(invalid(child(path, name), amount, NOT_POSITIVE))
    if target.average_utilization is not None and target.average_utilization < 1:
        place = child(path, "averageUtilization")
        errors.append(invalid(place, target.average_utilization, "must be greater than 0"))
    return errors


def _sign(amount: QuantityText) -> int:
    try:
        exact = parse_quantity(amount)
    except QuantityError:
        return -1
    return (exact > 0) - (exact < 0)
