"""Runs pods that keep their name and their storage."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim, default_claim, validate_claim_spec
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_validation import validate_runs_forever, validate_template_meta
from wherry.api.core.pod_warnings import warn_template
from wherry.api.core.workload import (
    CONTAINER_COLUMNS,
    clear_status,
    container_cells,
    pod_template,
    put_spec_defaults,
    validate_percentage,
)
from wherry.api.documents import put_absent, section, sections
from wherry.api.label_selector import validate_workload_selector
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, forbidden, index, invalid
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain
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


class StatefulSetStatus(Struct):
    available_replicas: int | None = None
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()
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


MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
FROZEN = (
    f"updates to statefulset spec for fields other than {', '.join(repr(name) for name in MUTABLE[:-1])} "
    f"and {MUTABLE[-1]!r} are forbidden"
)
RETENTION_POLICIES = ("Delete", "Retain")


def _default(new: Document) -> None:
    spec = put_spec_defaults(new, replicas=1, podManagementPolicy="OrderedReady", revisionHistoryLimit=10)
    strategy = section(spec, "updateStrategy")
    put_absent(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        put_absent(section(strategy, "rollingUpdate"), partition=0)
    put_absent(section(spec, "persistentVolumeClaimRetentionPolicy"), whenDeleted="Retain", whenScaled="Retain")
    default_pod_template(section(spec, "template"))
    for claim in sections(spec, "volumeClaimTemplates"):
        put_absent(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        default_claim(claim)


def _validate(new: StatefulSet, old: StatefulSet | None) -> list[FieldError]:
    spec = new.spec
    template = pod_template(spec.template)
    errors = one_of(
        "spec.podManagementPolicy", spec.pod_management_policy, ("OrderedReady", "Parallel"), may_be_absent=False
    )
    errors += _validate_strategy(spec.update_strategy)
    policy = spec.persistent_volume_claim_retention_policy
    if policy is not None:
        path = "spec.persistentVolumeClaimRetentionPolicy"
        errors += one_of(f"{path}.whenDeleted", policy.when_deleted, RETENTION_POLICIES)
        errors += one_of(f"{path}.whenScaled", policy.when_scaled, RETENTION_POLICIES)
    errors += not_negative("spec.replicas", spec.replicas)
    errors += not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    errors += not_negative("spec.revisionHistoryLimit", spec.revision_history_limit)
    errors += not_negative("spec.ordinals.start", spec.ordinals.start if spec.ordinals else None)
    if spec.service_name and (wrong := dns1123_subdomain(spec.service_name)):
        errors.append(invalid("spec.serviceName", spec.service_name, wrong))
    errors += validate_workload_selector(spec.selector, template.metadata.labels, "statefulset")
    # Upstream leaves the rest of the template to the pods: their volumes come from the claims.
    errors += validate_template_meta(template, "spec.template")
    errors += validate_runs_forever(template, "StatefulSet")
    for position, claim in enumerate(spec.volume_claim_templates):
        errors += validate_claim_spec(claim.spec, f"{index('spec.volumeClaimTemplates', position)}.spec")
    return errors + _validate_status(new.status) if old is not None and new.status != old.status else errors


def _validate_strategy(strategy: StatefulSetUpdateStrategy | None) -> list[FieldError]:
    path = "spec.updateStrategy"
    if strategy is None:
        return []
    errors = one_of(f"{path}.type", strategy.type, ("OnDelete", "RollingUpdate"), may_be_absent=False)
    rolling = strategy.rolling_update
    if rolling is None:
        return errors
    if strategy.type == "OnDelete":
        detail = "only allowed for updateStrategy 'RollingUpdate'"
        return [*errors, invalid(f"{path}.rollingUpdate", {}, detail)]
    errors += not_negative(f"{path}.rollingUpdate.partition", rolling.partition)
    errors += validate_percentage(f"{path}.rollingUpdate.maxUnavailable", rolling.max_unavailable)
    if rolling.max_unavailable in (0, "0%"):
        errors.append(invalid(f"{path}.rollingUpdate.maxUnavailable", rolling.max_unavailable, "cannot be 0"))
    return errors


def _validate_status(status: StatefulSetStatus) -> list[FieldError]:
    """Counts that are no less than zero, and no part that is larger than the whole."""
    parts = {
        "readyReplicas": status.ready_replicas or 0,
        "currentReplicas": status.current_replicas or 0,
        "updatedReplicas": status.updated_replicas or 0,
        "availableReplicas": status.available_replicas or 0,
    }
    counts = {"observedGeneration": status.observed_generation, "collisionCount": status.collision_count}
    errors: list[FieldError] = []
    for name, count in {"replicas": status.replicas, **parts, **counts}.items():
        errors += not_negative(f"status.{name}", count)
    for name, count in parts.items():
        if count > status.replicas:
            errors.append(invalid(f"status.{name}", count, "cannot be greater than status.replicas"))
    if (status.available_replicas or 0) > (status.ready_replicas or 0):
        detail = "cannot be greater than status.readyReplicas"
        errors.append(invalid("status.availableReplicas", status.available_replicas, detail))
    return errors


def _validate_update(new: Document, old: Document | None) -> list[FieldError]:
    if old is None:
        return []

    def fixed(document: Document) -> Document:
        return {name: value for name, value in section(document, "spec").items() if name not in MUTABLE}

    return [] if fixed(new) == fixed(old) else [forbidden("spec", FROZEN)]


def _row(stateful_set: StatefulSet, now_s: float) -> tuple[object, ...]:
    return (
        stateful_set.metadata.name,
        f"{stateful_set.status.ready_replicas or 0}/{stateful_set.spec.replicas or 0}",
        age_since(stateful_set.metadata.creation_timestamp, now_s),
        *container_cells(stateful_set.spec.template),
    )


STATEFUL_SETS = resource_type(
    StatefulSet,
    kind="StatefulSet",
    plural="statefulsets",
    group="apps",
    short_names=("sts",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    default=_default,
    prepare=clear_status,
    validate=_validate,
    validate_documents=_validate_update,
    warn=warn_template("spec.template"),
    columns=(
        NAME_COLUMN,
        Column("Ready", description="Number of the pod with ready state."),
        AGE_COLUMN,
        *CONTAINER_COLUMNS,
    ),
    row=_row,
    scale=ScalePaths(),
)
