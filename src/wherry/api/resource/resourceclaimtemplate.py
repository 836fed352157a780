"""A pattern from which each pod gets a claim for devices of its own."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import section
from wherry.api.field_formats import unchanged
from wherry.api.object_meta import validate_annotations, validate_labels
from wherry.api.resource.claim_validation import validate_device_claim
from wherry.api.resource.device_claim import ResourceClaimSpec, default_claim_spec
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ResourceClaimTemplateSpec(Struct):
    """The claim to be made, with the labels and annotations that it gets."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ResourceClaimSpec = field(default_factory=ResourceClaimSpec)


class ResourceClaimTemplate(Struct):
    """A pattern from which each pod gets a claim for devices of its own."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ResourceClaimTemplateSpec = field(default_factory=ResourceClaimTemplateSpec)


def _default(new: Document) -> None:
    default_claim_spec(section(new, "spec", "spec"))


def _validate(new: ResourceClaimTemplate, old: ResourceClaimTemplate | None) -> list[FieldError]:
    errors = unchanged("spec", new.spec, old.spec) if old is not None else []
    errors += validate_labels(new.spec.metadata.labels, "spec.metadata.labels")
    errors += validate_annotations(new.spec.metadata.annotations, "spec.metadata.annotations")
    return errors + validate_device_claim(new.spec.spec.devices, "spec.spec.devices")


def _row(template: ResourceClaimTemplate, now_s: float) -> tuple[object, ...]:
    return template.metadata.name, age_since(template.metadata.creation_timestamp, now_s)


RESOURCE_CLAIM_TEMPLATES = resource_type(
    ResourceClaimTemplate,
    kind="ResourceClaimTemplate",
    plural="resourceclaimtemplates",
    group="resource.k8s.io",
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, AGE_COLUMN),
    row=_row,
    delete_returns_object=True,
    acted_on_by="nobody",
)
