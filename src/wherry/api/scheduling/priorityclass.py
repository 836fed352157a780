"""How important a pod is, by name."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import put_absent
from wherry.api.field_formats import unchanged
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, forbidden
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class PriorityClass(Struct):
    """How important a pod is, by name."""

    description: str = ""
    global_default: bool | None = None
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    preemption_policy: str = ""
    value: int | None = None


USER_VALUE_MAX = 1_000_000_000
SYSTEM_PREFIX = "system-"
SYSTEM_VALUES = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def _default(new: Document) -> None:
    put_absent(new, preemptionPolicy="PreemptLowerPriority")
    new.setdefault("value", 0)


def _validate(new: PriorityClass, old: PriorityClass | None) -> list[FieldError]:
    errors = []
    name = new.metadata.name
    value = new.value or 0
    if name.startswith(SYSTEM_PREFIX):
        if wrong := _system_wrong(name, value, is_default=bool(new.global_default)):
            detail = (
                f"priority class names with '{SYSTEM_PREFIX}' prefix are reserved for system use only. error: {wrong}"
            )
            errors.append(forbidden("metadata.name", detail))
    elif value > USER_VALUE_MAX:
        detail = f"maximum allowed value of a user defined priority is {USER_VALUE_MAX}"
        errors.append(forbidden("value", detail))
    errors += one_of("preemptionPolicy", new.preemption_policy, ("Never", "PreemptLowerPriority"))
    if old is not None:
        if value != (old.value or 0):
            errors.append(forbidden("value", "may not be changed in an update."))
        errors += unchanged("preemptionPolicy", new.preemption_policy, old.preemption_policy)
    return errors


def _system_wrong(name: str, value: int, *, is_default: bool) -> str:
    """Why this is not one of the two classes that every cluster has, or ""."""
    known = SYSTEM_VALUES.get(name)
    if known is None:
        return f"{name} is not a known system priority class"
    if value != known:
        return f"value of {name} PriorityClass must be {known}"
    return f"globalDefault of {name} PriorityClass must be false" if is_default else ""


def _row(priority_class: PriorityClass, now_s: float) -> tuple[object, ...]:
    return (
        priority_class.metadata.name,
        priority_class.value or 0,
        "true" if priority_class.global_default else "false",
        age_since(priority_class.metadata.creation_timestamp, now_s),
        priority_class.preemption_policy,
    )


PRIORITY_CLASSES = resource_type(
    PriorityClass,
    kind="PriorityClass",
    plural="priorityclasses",
    group="scheduling.k8s.io",
    namespaced=False,
    short_names=("pc",),
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Value", "integer"),
        Column("Global-Default", "boolean"),
        AGE_COLUMN,
        Column("PreemptionPolicy"),
    ),
    row=_row,
)
