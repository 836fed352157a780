"""How version 1 of autoscalers writes down, in annotations, what it has no fields for.

Metrics have flat names there: `resource: {name, targetAverageUtilization}` for
`resource: {name, target: {averageUtilization}}`.

Source: kubernetes pkg/apis/autoscaling/v1/conversion.go.
"""

from __future__ import annotations

from typing import Any

import msgspec

from wherry.api.autoscaling.metric import HorizontalPodAutoscalerBehavior, MetricSpec, MetricStatus
from wherry.api.condition import Condition
from wherry.api.documents import find_section
from wherry.apimachinery.document import Document

METRICS = "autoscaling.alpha.kubernetes.io/metrics"
CURRENT_METRICS = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"

# What each annotation holds, once it is in the form of version 2.
_HELD: dict[str, Any] = {
    METRICS: list[MetricSpec],
    CURRENT_METRICS: list[MetricStatus],
    CONDITIONS: list[Condition],
    BEHAVIOR: HorizontalPodAutoscalerBehavior,
}

# By source: (name in version 1, path in version 2) of the amounts, with TARGET or CURRENT to be put in front.
_PLAIN = (("AverageUtilization", "averageUtilization"), ("AverageValue", "averageValue"))
_AMOUNTS: dict[str, tuple[tuple[str, str], ...]] = {
    "resource": _PLAIN,
    "containerResource": _PLAIN,
    "pods": (("AverageValue", "averageValue"),),
    "external": (("Value", "value"), ("AverageValue", "averageValue")),
    "object": (("Value", "value"),),
}
# The selector of an external metric has a name of its own.
_SELECTORS = {"external": "metricSelector", "object": "selector", "pods": "selector"}


def metrics_to_v1(metrics: list[Document]) -> list[Document]:
    """The metrics as version 1 writes them."""
    return [_flat(metric, "target") for metric in metrics]


def metrics_from_v1(metrics: object) -> list[Document]:
    """The metrics as version 2 has them."""
    return [_nested(metric, "target") for metric in _objects(metrics)]


def statuses_to_v1(statuses: list[Document]) -> list[Document]:
    """What was seen, as version 1 writes it."""
    return [_flat(status, "current") for status in statuses]


def statuses_from_v1(statuses: object) -> list[Document]:
    """What was seen, as version 2 has it."""
    return [_nested(status, "current") for status in _objects(statuses)]


def is_json(text: object, annotation: str) -> bool:
    """Whether an annotation holds what belongs into it."""
    if not isinstance(text, str):
        return False
    try:
        value: object = msgspec.json.decode(text)
        if annotation in (METRICS, CURRENT_METRICS):
            nested = "target" if annotation == METRICS else "current"
            if not isinstance(value, list) or len(_objects(value)) < len(value):
                return False
            value = [_nested(one, nested) for one in _objects(value)]
        msgspec.convert(value, _HELD[annotation])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return False
    return True


def annotations_without(metadata: Document, names: dict[str, object]) -> Document:
    """The metadata without these annotations."""
    annotations = find_section(metadata, "annotations")
    if annotations is None:
        return metadata
    kept = {name: value for name, value in annotations.items() if name not in names}
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**rest, "annotations": kept} if kept else rest


def _objects(value: object) -> list[Document]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _flat(metric: Document, amounts: str) -> Document:
    flat: Document = {"type": metric.get("type", "")}
    for name, pairs in _AMOUNTS.items():
        source = find_section(metric, name)
        if source is None:
            continue
        one: Document = {}
        if described := find_section(source, "describedObject"):
            one["target"] = described
        identifier = find_section(source, "metric") or {}
        if "name" in identifier:
            one["metricName"] = identifier["name"]
        if "selector" in identifier:
            one[_SELECTORS[name]] = identifier["selector"]
        one |= {key: source[key] for key in ("name", "container") if key in source}
        values = find_section(source, amounts) or {}
        one |= {f"{amounts}{old}": values[new] for old, new in pairs if new in values}
        if name == "object" and "averageValue" in values:
            one["averageValue"] = values["averageValue"]
        flat[name] = one
    return flat


def _nested(metric: Document, amounts: str) -> Document:
    nested: Document = {"type": metric.get("type", "")}
    for name, pairs in _AMOUNTS.items():
        source = find_section(metric, name)
        if source is None:
            continue
        one: Document = {}
        if name == "object" and (described := find_section(source, "target")):
            one["describedObject"] = described
        if "metricName" in source:
            identifier: Document = {"name": source["metricName"]}
            if source.get(_SELECTORS[name]):
                identifier["selector"] = source[_SELECTORS[name]]
            one["metric"] = identifier
        one |= {key: source[key] for key in ("name", "container") if key in source}
        values = {new: source[f"{amounts}{old}"] for old, new in pairs if source.get(f"{amounts}{old}") is not None}
        if name == "object" and "averageValue" in source:
            values["averageValue"] = source["averageValue"]
        one[amounts] = _typed(values) if amounts == "target" else values
        nested[name] = one
    return nested


def _typed(values: Document) -> Document:
    """A target says which of its amounts counts."""
    if "averageUtilization" in values:
        return {"type": "Utilization", **values}
    return {"type": "AverageValue" if "averageValue" in values else "Value", **values}
