"""The column Targets of `kubectl get hpa`: what is, and what shall be."""

from __future__ import annotations

from wherry.api.autoscaling.metric import CurrentMetric, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus

SHOWN_MAX = 2
UNKNOWN = "<unknown>"
NOTHING = MetricValueStatus()


def targets_cell(metrics: tuple[MetricSpec, ...], seen: tuple[MetricStatus, ...]) -> str:
    """`cpu: 12%/80%, 30/100`: the first two, each with what was seen of it."""
    if not metrics:
        return "<none>"
    shown = [
        _shown(metric, seen[position] if position < len(seen) else MetricStatus())
        for position, metric in enumerate(metrics)
    ]
    cell = ", ".join(text or "<unknown type>" for text in shown[:SHOWN_MAX])
    return f"{cell} + {len(shown) - SHOWN_MAX} more..." if len(shown) > SHOWN_MAX else cell


def _shown(metric: MetricSpec, seen: MetricStatus) -> str:
    match metric.type:
        case "External" if metric.external is not None:
            return _amounts(metric.external.target, seen.external)
        case "Object" if metric.object is not None:
            return _amounts(metric.object.target, seen.object)
        case "Pods" if metric.pods is not None:
            average = _current(seen.pods).average_value
            return f"{_known(average)}/{metric.pods.target.average_value}"
        case "Resource" if metric.resource is not None:
            return f"{metric.resource.name}: {_share(metric.resource.target, seen.resource)}"
        case "ContainerResource" if metric.container_resource is not None:
            source = metric.container_resource
            return f"{source.name}: {_share(source.target, seen.container_resource)}"
        case _:
            return ""


def _amounts(target: MetricTarget, seen: CurrentMetric | None) -> str:
    current = _current(seen)
    if target.average_value is not None:
        return f"{_known(current.average_value)}/{target.average_value} (avg)"
    return f"{_known(current.value)}/{target.value}"


def _share(target: MetricTarget, seen: CurrentMetric | None) -> str:
    current = _current(seen)
    if target.average_value is not None:
        return f"{_known(current.average_value)}/{target.average_value}"
    now = UNKNOWN if current.average_utilization is None else f"{current.average_utilization}%"
    wanted = "<auto>" if target.average_utilization is None else f"{target.average_utilization}%"
    return f"{now}/{wanted}"


def _current(seen: CurrentMetric | None) -> MetricValueStatus:
    return NOTHING if seen is None else seen.current


def _known(amount: object) -> str:
    return UNKNOWN if amount is None else str(amount)
