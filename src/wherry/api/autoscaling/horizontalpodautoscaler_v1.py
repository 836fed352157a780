"""The first version of autoscalers, which knows the CPU only: the same objects, kept as version 2 has them.

What version 1 cannot say stands in annotations: other metrics, what was seen of them, conditions, behaviour.
"""

from __future__ import annotations

import msgspec
from msgspec import field

from wherry.api.autoscaling.annotation_forms import (
    BEHAVIOR,
    CONDITIONS,
    CURRENT_METRICS,
    METRICS,
    annotations_without,
    is_json,
    metrics_from_v1,
    metrics_to_v1,
    statuses_from_v1,
    statuses_to_v1,
)
from wherry.api.autoscaling.horizontalpodautoscaler import (
    COLUMNS,
    CPU_TARGET_PERCENT,
    HorizontalPodAutoscaler,
    autoscaler_row,
    cpu_metric,
    validate_autoscaler,
)
from wherry.api.autoscaling.metric import CrossVersionObjectReference
from wherry.api.documents import find_section, section, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, key
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, Storage, resource_type
from wherry.apimachinery.struct import Struct

CPU_TARGET = "targetCPUUtilizationPercentage"
CPU_CURRENT = "currentCPUUtilizationPercentage"
# Reported by the cluster, though they stand in the metadata.
STATUS_ANNOTATIONS = (CURRENT_METRICS, CONDITIONS)


class FirstSpec(Struct):
    max_replicas: int = 0
    min_replicas: int | None = None
    scale_target_ref: CrossVersionObjectReference = field(default_factory=CrossVersionObjectReference)
    target_cpu: int | None = field(default=None, name=CPU_TARGET)


class FirstStatus(Struct):
    current_cpu: int | None = field(default=None, name=CPU_CURRENT)
    current_replicas: int = 0
    desired_replicas: int = 0


class FirstAutoscaler(Struct):
    """How many pods a workload has, by how busy their CPUs are."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: FirstSpec = field(default_factory=FirstSpec)
    status: FirstStatus = field(default_factory=FirstStatus)


def from_stored(stored: Document) -> Document:
    """Version 1 of an object that is kept as version 2."""
    spec, status = dict(section(stored, "spec")), dict(find_section(stored, "status") or {})
    annotations: dict[str, object] = {}
    metrics = sections(spec, "metrics")
    spec.pop("metrics", None)
    cpu = [one for one in metrics if _cpu_percent(one) is not None]
    if cpu:
        spec[CPU_TARGET] = _cpu_percent(cpu[0])
    annotations[METRICS] = metrics_to_v1([one for one in metrics if _cpu_percent(one) is None])
    annotations[BEHAVIOR] = spec.pop("behavior", None)
    seen = sections(status, "currentMetrics")
    status.pop("currentMetrics", None)
    annotations[CURRENT_METRICS] = statuses_to_v1(seen)
    annotations[CONDITIONS] = status.pop("conditions", None)
    for one in seen:
        percent = (find_section(one, "resource", "current") or {}).get("averageUtilization")
        if percent is not None and (find_section(one, "resource") or {}).get("name") == "cpu":
            status[CPU_CURRENT] = percent
    status.setdefault("currentReplicas", 0)
    metadata = dict(section(stored, "metadata"))
    told = {name: msgspec.json.encode(value).decode() for name, value in annotations.items() if value}
    if told:
        metadata["annotations"] = {**(find_section(metadata, "annotations") or {}), **told}
    return {**stored, "metadata": metadata, "spec": spec, "status": status}


def to_stored(served: Document) -> Document:
    """Version 2 of an object that came as version 1; annotations that cannot be read stay what they are."""
    metadata = dict(section(served, "metadata"))
    annotations = find_section(metadata, "annotations") or {}
    told = {name: msgspec.json.decode(str(annotations[name])) for name in _readable(annotations)}
    spec, status = dict(section(served, "spec")), dict(find_section(served, "status") or {})
    percent, seen_percent = spec.pop(CPU_TARGET, None), status.pop(CPU_CURRENT, None)
    metrics = [cpu_metric(percent)] if isinstance(percent, int) else []
    metrics += metrics_from_v1(told.get(METRICS))
    spec["metrics"] = metrics or [cpu_metric(CPU_TARGET_PERCENT)]
    if BEHAVIOR in told:
        spec["behavior"] = told[BEHAVIOR]
    seen = statuses_from_v1(told.get(CURRENT_METRICS))
    if not seen and isinstance(seen_percent, int):
        seen = [{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": seen_percent}}}]
    if seen:
        status["currentMetrics"] = seen
    if CONDITIONS in told:
        status["conditions"] = told[CONDITIONS]
    return {**served, "metadata": annotations_without(metadata, told), "spec": spec, "status": status}


def _cpu_percent(metric: Document) -> object:
    """The share of the CPU that a metric aims at, if that is what it is about."""
    resource = find_section(metric, "resource")
    if metric.get("type") != "Resource" or resource is None or resource.get("name") != "cpu":
        return None
    return (find_section(resource, "target") or {}).get("averageUtilization")


def _readable(annotations: Document) -> list[str]:
    return [name for name in (METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR) if is_json(annotations.get(name), name)]


def _default(new: Document) -> None:
    section(new, "spec").setdefault("minReplicas", 1)


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"currentReplicas": 0, "desiredReplicas": 0}
    reported = find_section(old or {}, "metadata", "annotations") or {}
    annotations = dict(find_section(new, "metadata", "annotations") or {})
    for name in STATUS_ANNOTATIONS:
        annotations.pop(name, None)
        if name in reported:
            annotations[name] = reported[name]
    metadata = section(new, "metadata")
    if annotations or "annotations" in metadata:
        metadata["annotations"] = annotations


def _second(autoscaler: FirstAutoscaler) -> HorizontalPodAutoscaler:
    return msgspec.convert(to_stored(msgspec.to_builtins(autoscaler)), HorizontalPodAutoscaler)


def _validate(new: FirstAutoscaler, old: FirstAutoscaler | None) -> list[FieldError]:
    wrong = [
        invalid(key("metadata.annotations", name), new.metadata.annotations[name], "cannot be read")
        for name in (METRICS, CURRENT_METRICS, CONDITIONS, BEHAVIOR)
        if name in new.metadata.annotations and not is_json(new.metadata.annotations[name], name)
    ]
    return wrong or validate_autoscaler(_second(new), _second(old) if old is not None else None)


FIRST_HORIZONTAL_POD_AUTOSCALERS = resource_type(
    FirstAutoscaler,
    kind="HorizontalPodAutoscaler",
    plural="horizontalpodautoscalers",
    group="autoscaling",
    short_names=("hpa",),
    categories=("all",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    columns=COLUMNS,
    row=lambda autoscaler, now_s: autoscaler_row(_second(autoscaler), now_s),
    tracks_generation=False,
    storage=Storage("autoscaling", "horizontalpodautoscalers", from_stored=from_stored, to_stored=to_stored),
    acted_on_by="nobody",
)
