"""Rolls out a release of a stateless application and keeps it running."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import SCALE, STATUS, ScalePaths, resource_type
from wherry.apimachinery.struct import Struct


class RollingUpdateDeployment(Struct):
    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class DeploymentStrategy(Struct):
    rolling_update: RollingUpdateDeployment | None = None
    type: str = ""


class DeploymentSpec(Struct):
    min_ready_seconds: int | None = None
    paused: bool | None = None
    progress_deadline_seconds: int | None = None
    replicas: int | None = None
    revision_history_limit: int | None = None
    selector: LabelSelector | None = None
    strategy: DeploymentStrategy | None = None
    template: Document = field(default_factory=dict)


class DeploymentCondition(Struct):
    last_transition_time: str = ""
    last_update_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class DeploymentStatus(Struct):
    available_replicas: int | None = None
    collision_count: int | None = None
    conditions: tuple[DeploymentCondition, ...] = ()
    observed_generation: int | None = None
    ready_replicas: int | None = None
    replicas: int | None = None
    terminating_replicas: int | None = None
    unavailable_replicas: int | None = None
    updated_replicas: int | None = None


class Deployment(Struct):
    """Rolls out a release of a stateless application and keeps it running."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: DeploymentSpec = field(default_factory=DeploymentSpec)
    status: DeploymentStatus = field(default_factory=DeploymentStatus)


DEPLOYMENTS = resource_type(
    Deployment,
    kind="Deployment",
    plural="deployments",
    group="apps",
    short_names=("deploy",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    scale=ScalePaths(),
)
