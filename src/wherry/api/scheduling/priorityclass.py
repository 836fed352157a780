"""How important a pod is, by name."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class PriorityClass(Struct):
    """How important a pod is, by name."""

    description: str = ""
    global_default: bool | None = None
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    preemption_policy: str = ""
    value: int | None = None
