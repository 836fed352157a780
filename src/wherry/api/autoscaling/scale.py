"""How many replicas: the one view that all scalable kinds share."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class ScaleSpec(Struct):
    replicas: int | None = None


class ScaleStatus(Struct):
    replicas: int
    selector: str = ""


class Scale(Struct):
    """How many replicas: the one view that all scalable kinds share."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ScaleSpec = field(default_factory=ScaleSpec)
    status: ScaleStatus = field(default_factory=lambda: ScaleStatus(replicas=0))
