"""Keeps a number of identical pods running."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import SCALE, STATUS, ScalePaths, resource_type
from wherry.apimachinery.struct import Struct


class ReplicaSetSpec(Struct):
    replicas: int | None = None
    min_ready_seconds: int | None = None
    selector: LabelSelector | None = None
    template: Document = field(default_factory=dict)


class ReplicaSetCondition(Struct):
    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class ReplicaSetStatus(Struct):
    available_replicas: int | None = None
    conditions: tuple[ReplicaSetCondition, ...] = ()
    fully_labeled_replicas: int | None = None
    observed_generation: int | None = None
    ready_replicas: int | None = None
    replicas: int
    terminating_replicas: int | None = None


class ReplicaSet(Struct):
    """Keeps a number of identical pods running."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ReplicaSetSpec = field(default_factory=ReplicaSetSpec)
    status: ReplicaSetStatus = field(default_factory=lambda: ReplicaSetStatus(replicas=0))


REPLICA_SETS = resource_type(
    ReplicaSet,
    kind="ReplicaSet",
    plural="replicasets",
    group="apps",
    short_names=("rs",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    scale=ScalePaths(),
)
