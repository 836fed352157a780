"""A template of pods, kept by itself for programs that make pods from it."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_validation import validate_pod_template
from wherry.api.core.pod_warnings import warn_template
from wherry.api.core.workload import container_cells, labels_cell, pod_template
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct


class PodTemplateObject(Struct):
    """A template of pods, kept by itself for programs that make pods from it."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    template: Document = field(default_factory=dict)


def _default(new: Document) -> None:
    default_pod_template(section(new, "template"))


def _validate(new: PodTemplateObject, old: PodTemplateObject | None) -> list[FieldError]:
    return validate_pod_template(pod_template(new.template), "template")


def _row(thing: PodTemplateObject, now_s: float) -> tuple[object, ...]:
    labels = pod_template(thing.template).metadata.labels
    return (thing.metadata.name, *container_cells(thing.template), labels_cell(labels))


POD_TEMPLATES = resource_type(
    PodTemplateObject,
    kind="PodTemplate",
    plural="podtemplates",
    default=_default,
    validate=_validate,
    warn=warn_template("template"),
    columns=(
        NAME_COLUMN,
        Column("Containers", description="Names of each container in the template."),
        Column("Images", description="Images referenced by each container in the template."),
        Column("Pod Labels", description="The labels for the pod template."),
    ),
    row=_row,
    tracks_generation=True,
    delete_returns_object=True,
    acted_on_by="clients",
)
