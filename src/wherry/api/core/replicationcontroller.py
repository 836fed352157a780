"""Keeps a number of identical pods running: the older form of a ReplicaSet, with a plain map of labels as selector."""

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
    labels_cell,
    pod_template,
    validate_replica_status,
)
from wherry.api.documents import find_section, put_absent, section
from wherry.api.object_meta import not_negative
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, required
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


class ReplicationControllerSpec(Struct):
    replicas: int | None = None
    min_ready_seconds: int | None = None
    selector: dict[str, str] = field(default_factory=dict)
    template: Document = field(default_factory=dict)


class ReplicationControllerStatus(Struct):
    available_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()
    fully_labeled_replicas: int | None = None
    observed_generation: int | None = None
    ready_replicas: int | None = None
    replicas: int


class ReplicationController(Struct):
    """Keeps a number of identical pods running: the older form of a ReplicaSet."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ReplicationControllerSpec = field(default_factory=ReplicationControllerSpec)
    status: ReplicationControllerStatus = field(default_factory=lambda: ReplicationControllerStatus(replicas=0))


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, replicas=1)
    if "template" not in spec:
        return
    template = section(spec, "template")
    labels = find_section(template, "metadata", "labels")
    if labels:
        for parent, name in ((spec, "selector"), (section(new, "metadata"), "labels")):
            if not parent.get(name):
                parent[name] = dict(labels)
    default_pod_template(template)


def _validate(new: ReplicationController, old: ReplicationController | None) -> list[FieldError]:
    spec = new.spec
    errors = not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    if not spec.selector:
        errors.append(required("spec.selector"))
    errors += not_negative("spec.replicas", spec.replicas)
    if not spec.template:
        return [*errors, required("spec.template")]
    template = pod_template(spec.template)
    if spec.selector and not spec.selector.items() <= template.metadata.labels.items():
        detail = "`selector` does not match template `labels`"
        errors.append(invalid("spec.template.metadata.labels", template.metadata.labels, detail))
    errors += validate_service_template(template, "ReplicationController")
    return errors + validate_replica_status(new.status)


def _row(controller: ReplicationController, now_s: float) -> tuple[object, ...]:
    return (
        controller.metadata.name,
        controller.spec.replicas or 0,
        controller.status.replicas,
        controller.status.ready_replicas or 0,
        age_since(controller.metadata.creation_timestamp, now_s),
        *container_cells(controller.spec.template),
        labels_cell(controller.spec.selector),
    )


REPLICATION_CONTROLLERS = resource_type(
    ReplicationController,
    kind="ReplicationController",
    plural="replicationcontrollers",
    short_names=("rc",),
    categories=("all",),
    subresources=(STATUS, SCALE),
    default=_default,
    prepare=clear_status,
    validate=_validate,
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
    selectable_fields={"status.replicas": lambda controller: str(controller.status.replicas)},
    scale=ScalePaths(selector_is_labels=True),
    # As it was before there was a garbage collector.
    default_propagation="Orphan",
)
