"""Runs one pod on every node that fits."""

from __future__ import annotations

import msgspec
from msgspec import field

from wherry.api.condition import Condition
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_validation import validate_service_template
from wherry.api.core.pod_warnings import warn_template
from wherry.api.core.workload import (
    CONTAINER_COLUMNS,
    SELECTOR_COLUMN,
    container_cells,
    labels_cell,
    pod_template,
    put_spec_defaults,
    selector_cell,
    share_is_nothing,
    validate_at_most_all,
    validate_percentage,
)
from wherry.api.documents import find, put_absent, section
from wherry.api.label_selector import validate_selector_kept, validate_workload_selector
from wherry.api.object_meta import not_negative
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, not_supported, required
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class RollingUpdateDaemonSet(Struct):
    max_surge: int | str | None = None
    max_unavailable: int | str | None = None


class DaemonSetUpdateStrategy(Struct):
    rolling_update: RollingUpdateDaemonSet | None = None
    type: str = ""


class DaemonSetSpec(Struct):
    min_ready_seconds: int | None = None
    revision_history_limit: int | None = None
    selector: LabelSelector | None = None
    template: Document = field(default_factory=dict)
    update_strategy: DaemonSetUpdateStrategy | None = None


class DaemonSetStatus(Struct):
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()
    current_number_scheduled: int
    desired_number_scheduled: int
    number_available: int | None = None
    number_misscheduled: int
    number_ready: int
    number_unavailable: int | None = None
    observed_generation: int | None = None
    updated_number_scheduled: int | None = None


NO_PODS = DaemonSetStatus(current_number_scheduled=0, desired_number_scheduled=0, number_misscheduled=0, number_ready=0)


class DaemonSet(Struct):
    """Runs one pod on every node that fits."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: DaemonSetSpec = field(default_factory=DaemonSetSpec)
    status: DaemonSetStatus = field(default_factory=lambda: NO_PODS)


# How many templates there have been: a field before apps/v1, which clients of that time still look for.
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
STRATEGIES = ("RollingUpdate", "OnDelete")


def _default(new: Document) -> None:
    spec = put_spec_defaults(new, revisionHistoryLimit=10)
    strategy = section(spec, "updateStrategy")
    put_absent(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        rolling = section(strategy, "rollingUpdate")
        put_absent(rolling, maxUnavailable=1, maxSurge=0)
    default_pod_template(section(spec, "template"))


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = msgspec.to_builtins(NO_PODS)
        generation = 1
    else:
        generation = template_generation_of(msgspec.convert(section(old, "metadata"), ObjectMeta))
        if find(new, "spec", "template") != find(old, "spec", "template"):
            generation += 1
    section(new, "metadata", "annotations")[TEMPLATE_GENERATION] = str(generation)


def template_generation_of(meta: ObjectMeta) -> int:
    """How many templates this DaemonSet has had."""
    text = meta.annotations.get(TEMPLATE_GENERATION, "1")
    return int(text) if text.isascii() and text.isdigit() else 1


def _validate(new: DaemonSet, old: DaemonSet | None) -> list[FieldError]:
    spec = new.spec
    template = pod_template(spec.template)
    errors = validate_workload_selector(spec.selector, template.metadata.labels, "daemonset")
    errors += validate_service_template(template, "DaemonSet")
    errors += not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    errors += _validate_strategy(spec.update_strategy)
    errors += not_negative("spec.revisionHistoryLimit", spec.revision_history_limit)
    if old is not None:
        errors += validate_selector_kept(spec.selector, old.spec.selector)
        errors += _validate_status(new.status, old.status)
    return errors


def _validate_strategy(strategy: DaemonSetUpdateStrategy | None) -> list[FieldError]:
    path = "spec.updateStrategy"
    if strategy is None or strategy.type not in STRATEGIES:
        return [not_supported(path, msgspec.to_builtins(strategy), STRATEGIES)]
    if strategy.type == "OnDelete":
        return []
    rolling, path = strategy.rolling_update, f"{path}.rollingUpdate"
    if rolling is None:
        return [required(path)]
    shares = (("maxUnavailable", rolling.max_unavailable), ("maxSurge", rolling.max_surge))
    errors = [error for name, share in shares for error in validate_percentage(f"{path}.{name}", share)]
    errors += [error for name, share in shares for error in validate_at_most_all(f"{path}.{name}", share)]
    takes_away, adds = (not share_is_nothing(share) for _, share in shares)
    if takes_away and adds:
        detail = "may not be set when maxUnavailable is non-zero"
        errors.append(invalid(f"{path}.maxSurge", rolling.max_surge, detail))
    elif not takes_away and not adds:
        errors.append(required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return errors


def _validate_status(new: DaemonSetStatus, old: DaemonSetStatus) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, count in (
        ("currentNumberScheduled", new.current_number_scheduled),
        ("numberMisscheduled", new.number_misscheduled),
        ("desiredNumberScheduled", new.desired_number_scheduled),
        ("numberReady", new.number_ready),
        ("observedGeneration", new.observed_generation),
        ("updatedNumberScheduled", new.updated_number_scheduled),
        ("numberAvailable", new.number_available),
        ("numberUnavailable", new.number_unavailable),
        ("collisionCount", new.collision_count),
    ):
        errors += not_negative(f"status.{name}", count)
    if (new.collision_count or 0) < (old.collision_count or 0):
        errors.append(invalid("status.collisionCount", new.collision_count or 0, "cannot be decremented"))
    return errors


def _row(daemon_set: DaemonSet, now_s: float) -> tuple[object, ...]:
    status = daemon_set.status
    return (
        daemon_set.metadata.name,
        status.desired_number_scheduled,
        status.current_number_scheduled,
        status.number_ready,
        status.updated_number_scheduled or 0,
        status.number_available or 0,
        labels_cell(pod_template(daemon_set.spec.template).spec.node_selector),
        age_since(daemon_set.metadata.creation_timestamp, now_s),
        *container_cells(daemon_set.spec.template),
        selector_cell(daemon_set.spec.selector),
    )


DAEMON_SETS = resource_type(
    DaemonSet,
    kind="DaemonSet",
    plural="daemonsets",
    group="apps",
    short_names=("ds",),
    categories=("all",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    warn=warn_template("spec.template"),
    columns=(
        NAME_COLUMN,
        Column("Desired", "integer", "On how many nodes a pod shall run."),
        Column("Current", "integer", "On how many of them one is."),
        Column("Ready", "integer", "On how many of them one is ready."),
        Column("Up-to-date", "integer", "How many pods have the newest template."),
        Column("Available", "integer", "How many pods can take work."),
        Column("Node Selector", description="Which nodes are meant."),
        AGE_COLUMN,
        *CONTAINER_COLUMNS,
        SELECTOR_COLUMN,
    ),
    row=_row,
)
