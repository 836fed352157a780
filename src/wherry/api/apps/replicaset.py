"""Keeps a number of identical pods running."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_validation import validate_service_template
from wherry.api.core.pod_warnings import warn_template
from wherry.api.core.workload import (
    CONTAINER_COLUMNS,
    SELECTOR_COLUMN,
    clear_status,
    container_cells,
    pod_template,
    put_spec_defaults,
    selector_cell,
    validate_replica_status,
)
from wherry.api.documents import section
from wherry.api.label_selector import validate_selector_kept, validate_workload_selector
from wherry.api.object_meta import not_negative
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
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


class ReplicaSetSpec(Struct):
    replicas: int | None = None
    min_ready_seconds: int | None = None
    selector: LabelSelector | None = None
    template: Document = field(default_factory=dict)


class ReplicaSetStatus(Struct):
    available_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()
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


def _default(new: Document) -> None:
    spec = put_spec_defaults(new, replicas=1)
    default_pod_template(section(spec, "template"))


def _validate(new: ReplicaSet, old: ReplicaSet | None) -> list[FieldError]:
    template = pod_template(new.spec.template)
    errors = not_negative("spec.replicas", new.spec.replicas)
    errors += not_negative("spec.minReadySeconds", new.spec.min_ready_seconds)
    # Upstream says "deployment" here too.
    errors += validate_workload_selector(new.spec.selector, template.metadata.labels, "deployment")
    errors += validate_service_template(template, "ReplicaSet")
    errors += validate_replica_status(new.status)
    return errors + validate_selector_kept(new.spec.selector, old.spec.selector) if old is not None else errors


def _row(replica_set: ReplicaSet, now_s: float) -> tuple[object, ...]:
    return (
        replica_set.metadata.name,
        replica_set.spec.replicas or 0,
        replica_set.status.replicas,
        replica_set.status.ready_replicas or 0,
        age_since(replica_set.metadata.creation_timestamp, now_s),
        *container_cells(replica_set.spec.template),
        selector_cell(replica_set.spec.selector),
    )


REPLICA_SETS = resource_type(
    ReplicaSet,
    kind="ReplicaSet",
    plural="replicasets",
    group="apps",
    short_names=("rs",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    default=_default,
    prepare=clear_status,
    validate=_validate,
    validate_status=lambda new, old: validate_replica_status(new.status),
    warn=warn_template("spec.template"),
    columns=(
        NAME_COLUMN,
        Column("Desired", "integer", "How many pods it shall keep."),
        Column("Current", "integer", "How many pods there are."),
        Column("Ready", "integer", "How many of them are ready."),
        AGE_COLUMN,
        *CONTAINER_COLUMNS,
        SELECTOR_COLUMN,
    ),
    row=_row,
    selectable_fields={"status.replicas": lambda replica_set: str(replica_set.status.replicas)},
    scale=ScalePaths(),
)
