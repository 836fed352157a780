"""A named part of the cluster, in which names are unique and which is deleted as a whole."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, Subresource, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class NamespaceSpec(Struct):
    finalizers: tuple[str, ...] = ()


class NamespaceStatus(Struct):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(Struct):
    """A named part of the cluster, in which names are unique and which is deleted as a whole."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: NamespaceSpec = field(default_factory=NamespaceSpec)
    status: NamespaceStatus = field(default_factory=NamespaceStatus)


NAME_LABEL = "kubernetes.io/metadata.name"


def _default(new: Document) -> None:
    metadata = section(new, "metadata")
    if metadata.get("name"):
        # The label is how selectors reach a namespace by its name: it may not be changed.
        section(metadata, "labels")[NAME_LABEL] = metadata["name"]


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"phase": "Active"}
        new["spec"] = {**section(new, "spec"), "finalizers": ["kubernetes"]}
    else:
        # Only the finalize subresource takes finalizers away.
        new["spec"] = old.get("spec", {})


def _validate(new: Namespace, old: Namespace | None) -> list[FieldError]:
    if old is None or new.status.phase == old.status.phase:
        return []
    phase, place = new.status.phase, "status.Phase"
    if not new.metadata.is_being_deleted and phase != "Active":
        return [invalid(place, phase, "may only be 'Active' if `deletionTimestamp` is empty")]
    if new.metadata.is_being_deleted and phase != "Terminating":
        return [invalid(place, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
    return []


def _row(namespace: Namespace, now_s: float) -> tuple[object, ...]:
    meta = namespace.metadata
    return meta.name, namespace.status.phase, age_since(meta.creation_timestamp, now_s)


NAMESPACES = resource_type(
    Namespace,
    kind="Namespace",
    plural="namespaces",
    namespaced=False,
    short_names=("ns",),
    verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
    subresources=(STATUS, Subresource("finalize", ("update",))),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    name_rule=dns1123_label,
    columns=(NAME_COLUMN, Column("Status", description="Active, or Terminating."), AGE_COLUMN),
    row=_row,
    selectable_fields={"status.phase": lambda namespace: namespace.status.phase},
    tracks_generation=False,
    delete_returns_object=True,
)
