"""How the masters' parts are: computed when somebody asks, never stored. Kept for old tools."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct


class ComponentCondition(Struct):
    error: str = ""
    message: str = ""
    status: str = ""
    type: str = ""


class ComponentStatus(Struct):
    """How one part of the masters is."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    conditions: tuple[ComponentCondition, ...] = ()


WORDS = {"True": "Healthy", "False": "Unhealthy"}


def _row(component: ComponentStatus, now_s: float) -> tuple[object, ...]:
    condition = next((one for one in component.conditions if one.type == "Healthy"), ComponentCondition())
    word = WORDS.get(condition.status, "Unknown")
    return component.metadata.name, word, condition.message, condition.error


COMPONENT_STATUSES = resource_type(
    ComponentStatus,
    kind="ComponentStatus",
    plural="componentstatuses",
    namespaced=False,
    short_names=("cs",),
    verbs=("get", "list"),
    columns=(
        NAME_COLUMN,
        Column("Status", description="Healthy, Unhealthy or Unknown."),
        Column("Message", description="What it says of itself."),
        Column("Error", description="What is wrong with it."),
    ),
    row=_row,
    deprecation_warning="v1 ComponentStatus is deprecated in v1.19+",
)
