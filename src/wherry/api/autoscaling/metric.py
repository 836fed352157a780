"""What an autoscaler looks at, and how fast it may act."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.quantity import QuantityText
from wherry.apimachinery.struct import Struct


class CrossVersionObjectReference(Struct):
    api_version: str = ""
    kind: str = ""
    name: str = ""


class MetricIdentifier(Struct):
    name: str = ""
    selector: LabelSelector | None = None


class MetricTarget(Struct):
    average_utilization: int | None = None
    average_value: QuantityText | None = None
    type: str = ""
    value: QuantityText | None = None


class ObjectMetricSource(Struct):
    described_object: CrossVersionObjectReference = field(default_factory=CrossVersionObjectReference)
    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    target: MetricTarget = field(default_factory=MetricTarget)


class CustomMetricSource(Struct):
    """What `external` and `pods` have in common: a metric by name."""

    metric: MetricIdentifier = field(default_factory=MetricIdentifier)
    target: MetricTarget = field(default_factory=MetricTarget)


class ResourceMetricSource(Struct):
    """What `resource` and `containerResource` have in common; only the latter names a container."""

    container: str = ""
    name: str = ""
    target: MetricTarget = field(default_factory=MetricTarget)


class MetricSpec(Struct):
    """One thing to look at; `type` says which of the others is set."""

    container_resource: ResourceMetricSource | None = None
    external: CustomMetricSource | None = None
    object: ObjectMetricSource | None = None
    pods: CustomMetricSource | None = None
    resource: ResourceMetricSource | None = None
    type: str = ""


class MetricValueStatus(Struct):
    average_utilization: int | None = None
    average_value: QuantityText | None = None
    value: QuantityText | None = None


class CurrentMetric(Struct):
    """What was seen last; its other fields repeat those of the source."""

    current: MetricValueStatus = field(default_factory=MetricValueStatus)


class MetricStatus(Struct):
    container_resource: CurrentMetric | None = None
    external: CurrentMetric | None = None
    object: CurrentMetric | None = None
    pods: CurrentMetric | None = None
    resource: CurrentMetric | None = None


class HPAScalingPolicy(Struct):
    period_seconds: int = 0
    type: str = ""
    value: int = 0


class HPAScalingRules(Struct):
    policies: tuple[HPAScalingPolicy, ...] = ()
    select_policy: str | None = None
    stabilization_window_seconds: int | None = None
    tolerance: QuantityText | None = None


class HorizontalPodAutoscalerBehavior(Struct):
    scale_down: HPAScalingRules | None = None
    scale_up: HPAScalingRules | None = None
