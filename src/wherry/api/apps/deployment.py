"""Rolls out a release of a stateless application and keeps it running."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_validation import validate_service_template
from wherry.api.core.pod_warnings import warn_template
from wherry.api.core.workload import (
    CONTAINER_COLUMNS,
    SELECTOR_COLUMN,
    container_cells,
    pod_template,
    put_spec_defaults,
    selector_cell,
    share_is_nothing,
    validate_at_most_all,
    validate_percentage,
)
from wherry.api.documents import put_absent, section
from wherry.api.label_selector import validate_selector_kept, validate_workload_selector
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, forbidden, invalid
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import (
    AGE_COLUMN,
    NAME_COLUMN,
    SCALE,
    STATUS,
    Column,
    ScalePaths,
    resource_type,
)
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


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


class DeploymentCondition(Condition):
    last_update_time: str = ""


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


QUARTER = "25%"


def _default(new: Document) -> None:
    spec = put_spec_defaults(new, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = section(spec, "strategy")
    put_absent(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        put_absent(section(strategy, "rollingUpdate"), maxUnavailable=QUARTER, maxSurge=QUARTER)
    default_pod_template(section(spec, "template"))


def _validate(new: Deployment, old: Deployment | None) -> list[FieldError]:
    spec = new.spec
    template = pod_template(spec.template)
    errors = not_negative("spec.replicas", spec.replicas)
    errors += validate_workload_selector(spec.selector, template.metadata.labels, "deployment")
    errors += validate_service_template(template, "ReplicaSet")
    if spec.strategy is not None:
        errors += _validate_strategy(spec.strategy, "spec.strategy")
    errors += not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    errors += not_negative("spec.revisionHistoryLimit", spec.revision_history_limit)
    errors += not_negative("spec.progressDeadlineSeconds", spec.progress_deadline_seconds)
    deadline_s = spec.progress_deadline_seconds
    if deadline_s is not None and deadline_s <= (spec.min_ready_seconds or 0):
        detail = "must be greater than minReadySeconds"
        errors.append(invalid("spec.progressDeadlineSeconds", deadline_s, detail))
    if old is None:
        return errors
    return errors + validate_selector_kept(spec.selector, old.spec.selector) + _validate_status(new, old)


def _validate_status(new: Deployment, old: Deployment) -> list[FieldError]:
    """Counts that are no less than zero, and no part that is larger than the whole."""
    status = new.status
    replicas, ready, available = status.replicas or 0, status.ready_replicas or 0, status.available_replicas or 0
    errors: list[FieldError] = []
    for name, count in (
        ("observedGeneration", status.observed_generation),
        ("replicas", replicas),
        ("updatedReplicas", status.updated_replicas),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        ("unavailableReplicas", status.unavailable_replicas),
        ("collisionCount", status.collision_count),
    ):
        errors += not_negative(f"status.{name}", count)
    parts = (
        ("updatedReplicas", status.updated_replicas or 0),
        ("readyReplicas", ready),
        ("availableReplicas", available),
    )
    for name, count in parts:
        if count > replicas:
            errors.append(invalid(f"status.{name}", count, "cannot be greater than status.replicas"))
    if available > ready:
        errors.append(invalid("status.availableReplicas", available, "cannot be greater than readyReplicas"))
    if (status.collision_count or 0) < (old.status.collision_count or 0):
        errors.append(invalid("status.collisionCount", status.collision_count or 0, "cannot be decremented"))
    return errors


def _validate_strategy(strategy: DeploymentStrategy, path: str) -> list[FieldError]:
    errors = one_of(f"{path}.type", strategy.type, ("Recreate", "RollingUpdate"), may_be_absent=False)
    rolling = strategy.rolling_update
    if rolling is None:
        return errors
    path = f"{path}.rollingUpdate"
    if strategy.type == "Recreate":
        return [*errors, forbidden(path, "may not be specified when strategy `type` is 'Recreate'")]
    errors += validate_percentage(f"{path}.maxUnavailable", rolling.max_unavailable)
    errors += validate_percentage(f"{path}.maxSurge", rolling.max_surge)
    if not errors and share_is_nothing(rolling.max_unavailable) and share_is_nothing(rolling.max_surge):
        detail = "may not be 0 when `maxSurge` is 0"
        errors.append(invalid(f"{path}.maxUnavailable", rolling.max_unavailable, detail))
    return errors + validate_at_most_all(f"{path}.maxUnavailable", rolling.max_unavailable)


def _row(deployment: Deployment, now_s: float) -> tuple[object, ...]:
    status = deployment.status
    return (
        deployment.metadata.name,
        f"{status.ready_replicas or 0}/{deployment.spec.replicas or 0}",
        status.updated_replicas or 0,
        status.available_replicas or 0,
        age_since(deployment.metadata.creation_timestamp, now_s),
        *container_cells(deployment.spec.template),
        selector_cell(deployment.spec.selector),
    )


DEPLOYMENTS = resource_type(
    Deployment,
    kind="Deployment",
    plural="deployments",
    group="apps",
    short_names=("deploy",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    default=_default,
    validate=_validate,
    validate_status=_validate_status,
    warn=warn_template("spec.template"),
    columns=(
        NAME_COLUMN,
        Column("Ready", description="Number of the pod with ready state."),
        Column("Up-to-date", "integer", "How many pods have the newest template."),
        Column("Available", "integer", "How many pods can take work."),
        AGE_COLUMN,
        *CONTAINER_COLUMNS,
        SELECTOR_COLUMN,
    ),
    row=_row,
    scale=ScalePaths(),
)
