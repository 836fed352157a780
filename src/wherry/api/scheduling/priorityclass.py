"""How important a pod is, by name."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class PriorityClass(Struct):
    """How important a pod is, by name."""

    description: str = ""
    global_default: bool | None = None
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    preemption_policy: str = ""
    value: int | None = None

PRIORITY_CLASSES = resource_type(
    PriorityClass,
    kind="PriorityClass",
    plural="priorityclasses",
    group="scheduling.k8s.io",
    namespaced=False,
    short_names=("pc",),
)
