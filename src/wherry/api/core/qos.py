"""How well a pod is treated when memory runs out: Guaranteed, Burstable or BestEffort.

Source: kubernetes pkg/apis/core/v1/helper/qos.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from wherry.api.core.pod_spec import PodSpec
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

COUNTED = ("cpu", "memory")


def compute_qos_class(spec: PodSpec) -> str:
    """Guaranteed: every container limits cpu and memory to what it requests. BestEffort: none asks for anything.

    Where the pod as a whole asks for something, that alone counts.
    """
    any_given = False
    guaranteed = True
    containers = (*spec.init_containers, *spec.containers)
    asking = [spec.resources] if spec.resources else [container.resources for container in containers]
    for resources in asking:
        limits = _counted(resources.limits) if resources else {}
        requests = _counted(resources.requests) if resources else {}
        any_given = any_given or bool(limits or requests)
        # A request that is not given is the limit.
        if len(limits) < len(COUNTED) or any(requests.get(name, limit) != limit for name, limit in limits.items()):
            guaranteed = False
    if not any_given:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def _counted(amounts: Mapping[str, QuantityText]) -> dict[str, Fraction]:
    counted: dict[str, Fraction] = {}
    for name in COUNTED:
        try:
            amount = parse_quantity(amounts.get(name, 0))
        except QuantityError:
            # Validation, which comes later, says so.
            continue
        if amount:
            counted[name] = amount
    return counted
