"""How many pods a workload has, by what they are busy with."""

from __future__ import annotations

import copy

from msgspec import field

from wherry.api.autoscaling.metric import (
    CrossVersionObjectReference,
    HorizontalPodAutoscalerBehavior,
    MetricSpec,
    MetricStatus,
)
from wherry.api.autoscaling.metric_validation import validate_metrics, validate_reference, validate_rules
from wherry.api.autoscaling.targets_cell import targets_cell
from wherry.api.documents import find_section, section
from wherry.api.object_meta import not_negative
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class HorizontalPodAutoscalerSpec(Struct):
    behavior: HorizontalPodAutoscalerBehavior | None = None
    max_replicas: int = 0
    metrics: tuple[MetricSpec, ...] = ()
    min_replicas: int | None = None
    scale_target_ref: CrossVersionObjectReference = field(default_factory=CrossVersionObjectReference)


class HorizontalPodAutoscalerStatus(Struct):
    current_metrics: tuple[MetricStatus, ...] = ()
    current_replicas: int = 0
    desired_replicas: int = 0


class HorizontalPodAutoscaler(Struct):
    """How many pods a workload has, by what they are busy with."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: HorizontalPodAutoscalerSpec = field(default_factory=HorizontalPodAutoscalerSpec)
    status: HorizontalPodAutoscalerStatus = field(default_factory=HorizontalPodAutoscalerStatus)


CPU_TARGET_PERCENT = 80
SCALE_UP: Document = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
# How long to wait before scaling down is the controller's setting where the object does not say.
SCALE_DOWN: Document = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}
COLUMNS = (
    NAME_COLUMN,
    Column("Reference", description="What is scaled."),
    Column("Targets", description="What is looked at: what it is now, and what it shall be."),
    Column("MinPods", description="The fewest pods."),
    Column("MaxPods", description="The most pods."),
    Column("Replicas", description="How many pods there were last."),
    AGE_COLUMN,
)


def cpu_metric(percent: int) -> Document:
    """Keep the pods this busy, of what they request."""
    target: Document = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": "cpu", "target": target}}


def _default(new: Document) -> None:
    spec = section(new, "spec")
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        spec["metrics"] = [cpu_metric(CPU_TARGET_PERCENT)]
    behavior = find_section(spec, "behavior")
    if behavior is not None:
        for name, rules in (("scaleUp", SCALE_UP), ("scaleDown", SCALE_DOWN)):
            behavior[name] = {**copy.deepcopy(rules), **(find_section(behavior, name) or {})}


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"desiredReplicas": 0}


def validate_autoscaler(new: HorizontalPodAutoscaler, old: HorizontalPodAutoscaler | None) -> list[FieldError]:
    """The rules of every version."""
    spec, path = new.spec, "spec"
    errors = []
    # Whoever had none before may keep none.
    lowest = 0 if old is not None and old.spec.min_replicas == 0 else 1
    if spec.min_replicas is not None and spec.min_replicas < lowest:
        errors.append(invalid(f"{path}.minReplicas", spec.min_replicas, f"must be greater than or equal to {lowest}"))
    if spec.max_replicas < 1:
        errors.append(invalid(f"{path}.maxReplicas", spec.max_replicas, "must be greater than 0"))
    if spec.min_replicas is not None and spec.max_replicas < spec.min_replicas:
        detail = "must be greater than or equal to `minReplicas`"
        errors.append(invalid(f"{path}.maxReplicas", spec.max_replicas, detail))
    errors += validate_reference(spec.scale_target_ref, f"{path}.scaleTargetRef")
    errors += validate_metrics(spec.metrics, f"{path}.metrics", spec.min_replicas)
    if spec.behavior is not None:
        errors += validate_rules(spec.behavior.scale_up, f"{path}.behavior.scaleUp")
        errors += validate_rules(spec.behavior.scale_down, f"{path}.behavior.scaleDown")
    errors += not_negative("status.currentReplicas", new.status.current_replicas)
    return errors + not_negative("status.desiredReplicas", new.status.desired_replicas)


def autoscaler_row(autoscaler: HorizontalPodAutoscaler, now_s: float) -> tuple[object, ...]:
    """The cells of COLUMNS."""
    meta, spec, status = autoscaler.metadata, autoscaler.spec, autoscaler.status
    return (
        meta.name,
        f"{spec.scale_target_ref.kind}/{spec.scale_target_ref.name}",
        targets_cell(spec.metrics, status.current_metrics),
        "<unset>" if spec.min_replicas is None else str(spec.min_replicas),
        str(spec.max_replicas),
        str(status.current_replicas),
        age_since(meta.creation_timestamp, now_s),
    )


HORIZONTAL_POD_AUTOSCALERS = resource_type(
    HorizontalPodAutoscaler,
    kind="HorizontalPodAutoscaler",
    plural="horizontalpodautoscalers",
    group="autoscaling",
    version="v2",
    short_names=("hpa",),
    categories=("all",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=validate_autoscaler,
    columns=COLUMNS,
    row=autoscaler_row,
    tracks_generation=False,
    acted_on_by="nobody",
)
