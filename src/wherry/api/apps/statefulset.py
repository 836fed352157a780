"""Runs pods that keep their name and their storage."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import SCALE, STATUS, ScalePaths, resource_type
from wherry.apimachinery.struct import Struct


class RollingUpdateStatefulSetStrategy(Struct):
    max_unavailable: int | str | None = None
    partition: int | None = None


class StatefulSetUpdateStrategy(Struct):
    rolling_update: RollingUpdateStatefulSetStrategy | None = None
    type: str = ""


class StatefulSetOrdinals(Struct):
    start: int | None = None


class StatefulSetPersistentVolumeClaimRetentionPolicy(Struct):
    when_deleted: str = ""
    when_scaled: str = ""


class StatefulSetSpec(Struct):
    replicas: int | None = None
    selector: LabelSelector | None = None
    template: Document = field(default_factory=dict)
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    service_name: str = ""
    pod_management_policy: str = ""
    update_strategy: StatefulSetUpdateStrategy | None = None
    revision_history_limit: int | None = None
    min_ready_seconds: int | None = None
    persistent_volume_claim_retention_policy: StatefulSetPersistentVolumeClaimRetentionPolicy | None = None
    ordinals: StatefulSetOrdinals | None = None


class StatefulSetCondition(Struct):
    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class StatefulSetStatus(Struct):
    available_replicas: int | None = None
    collision_count: int | None = None
    conditions: tuple[StatefulSetCondition, ...] = ()
    current_replicas: int | None = None
    current_revision: str = ""
    observed_generation: int | None = None
    ready_replicas: int | None = None
    replicas: int
    update_revision: str = ""
    updated_replicas: int | None = None


class StatefulSet(Struct):
    """Runs pods that keep their name and their storage."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: StatefulSetSpec = field(default_factory=StatefulSetSpec)
    status: StatefulSetStatus = field(default_factory=lambda: StatefulSetStatus(replicas=0))


STATEFUL_SETS = resource_type(
    StatefulSet,
    kind="StatefulSet",
    plural="statefulsets",
    group="apps",
    short_names=("sts",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    scale=ScalePaths(),
)
