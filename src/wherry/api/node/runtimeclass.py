"""A way of running containers, by name: in a sandbox, in a small virtual machine."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.affinity import Toleration
from wherry.api.core.affinity_validation import validate_tolerations
from wherry.api.documents import find, put_canonical_quantities
from wherry.api.field_formats import fitting, unchanged
from wherry.api.object_meta import NOT_NEGATIVE, validate_labels
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, key
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label, qualified_name
from wherry.apimachinery.quantity import QuantityText, parse_quantity
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

FIXED = "overhead.podFixed"


class Overhead(Struct):
    """What each pod costs besides its containers."""

    pod_fixed: dict[str, QuantityText] = field(default_factory=dict)


class Scheduling(Struct):
    """Which nodes can do it."""

    node_selector: dict[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()


class RuntimeClass(Struct):
    """A way of running containers, by name."""

    handler: str = ""
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    overhead: Overhead | None = None
    scheduling: Scheduling | None = None


def _default(new: Document) -> None:
    put_canonical_quantities(find(new, "overhead", "podFixed"))


def _validate(new: RuntimeClass, old: RuntimeClass | None) -> list[FieldError]:
    errors = unchanged("handler", new.handler, old.handler) if old is not None else []
    errors += fitting("handler", new.handler, dns1123_label)
    if new.overhead is not None:
        for name, amount in new.overhead.pod_fixed.items():
            if wrong := qualified_name(name):
                errors.append(invalid(key(FIXED, name), name, wrong))
            if parse_quantity(amount) < 0:
                errors.append(invalid(key(FIXED, name), amount, NOT_NEGATIVE))
    if new.scheduling is not None:
        errors += validate_labels(new.scheduling.node_selector, "scheduling.nodeSelector")
        errors += validate_tolerations(new.scheduling.tolerations, "scheduling.tolerations")
    return errors


def _row(runtime_class: RuntimeClass, now_s: float) -> tuple[object, ...]:
    meta = runtime_class.metadata
    return meta.name, runtime_class.handler, age_since(meta.creation_timestamp, now_s)


RUNTIME_CLASSES = resource_type(
    RuntimeClass,
    kind="RuntimeClass",
    plural="runtimeclasses",
    group="node.k8s.io",
    namespaced=False,
    default=_default,
    validate=_validate,
    columns=(NAME_COLUMN, Column("Handler", description="What the container runtime calls it."), AGE_COLUMN),
    row=_row,
)
