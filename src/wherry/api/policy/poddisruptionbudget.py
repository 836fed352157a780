"""How many pods of a kind may be missing while others work on the cluster."""

from __future__ import annotations

import msgspec
from msgspec import field

from wherry.api.condition import Condition, validate_conditions
from wherry.api.core.workload import validate_at_most_all, validate_percentage
from wherry.api.documents import find_section, put_absent
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


class PodDisruptionBudgetSpec(Struct):
    max_unavailable: int | str | None = None
    min_available: int | str | None = None
    selector: LabelSelector | None = None
    unhealthy_pod_eviction_policy: str = ""


class PodDisruptionBudgetStatus(Struct):
    conditions: tuple[Condition, ...] = ()
    current_healthy: int
    desired_healthy: int
    disrupted_pods: dict[str, str] = field(default_factory=dict)
    disruptions_allowed: int
    expected_pods: int
    observed_generation: int | None = None


NOTHING_COUNTED = PodDisruptionBudgetStatus(
    current_healthy=0, desired_healthy=0, disruptions_allowed=0, expected_pods=0
)


class PodDisruptionBudget(Struct):
    """How many pods of a kind may be missing while others work on the cluster."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: PodDisruptionBudgetSpec = field(default_factory=PodDisruptionBudgetSpec)
    status: PodDisruptionBudgetStatus = field(default_factory=lambda: NOTHING_COUNTED)


COUNTS = ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")


def _default(new: Document) -> None:
    # As Go writes them: what is not said is zero.
    status = find_section(new, "status")
    if status is not None:
        put_absent(status, **dict.fromkeys(COUNTS, 0))


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = dict.fromkeys(COUNTS, 0)


def _validate(new: PodDisruptionBudget, old: PodDisruptionBudget | None) -> list[FieldError]:
    spec = new.spec
    errors = []
    if spec.min_available is not None and spec.max_unavailable is not None:
        detail = "minAvailable and maxUnavailable cannot be both set"
        errors.append(invalid("spec", msgspec.to_builtins(spec), detail))
    for path, amount in (("spec.minAvailable", spec.min_available), ("spec.maxUnavailable", spec.max_unavailable)):
        errors += validate_percentage(path, amount)
        errors += validate_at_most_all(path, amount)
    if spec.selector is not None:
        errors += validate_label_selector(spec.selector, "spec.selector")
    errors += one_of("spec.unhealthyPodEvictionPolicy", spec.unhealthy_pod_eviction_policy, EVICTION_POLICIES)
    return errors + _validate_status(new.status)


def _validate_status(status: PodDisruptionBudgetStatus) -> list[FieldError]:
    errors = validate_conditions(status.conditions, "status.conditions")
    errors += not_negative("status.disruptionsAllowed", status.disruptions_allowed)
    errors += not_negative("status.currentHealthy", status.current_healthy)
    errors += not_negative("status.desiredHealthy", status.desired_healthy)
    return errors + not_negative("status.expectedPods", status.expected_pods)


def _amount_cell(amount: int | str | None) -> str:
    return "N/A" if amount is None else str(amount)


def _row(budget: PodDisruptionBudget, now_s: float) -> tuple[object, ...]:
    return (
        budget.metadata.name,
        _amount_cell(budget.spec.min_available),
        _amount_cell(budget.spec.max_unavailable),
        budget.status.disruptions_allowed,
        age_since(budget.metadata.creation_timestamp, now_s),
    )


POD_DISRUPTION_BUDGETS = resource_type(
    PodDisruptionBudget,
    kind="PodDisruptionBudget",
    plural="poddisruptionbudgets",
    group="policy",
    short_names=("pdb",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Min Available", description="The minimum number of pods that must be available."),
        Column("Max Unavailable", description="The maximum number of pods that may be unavailable."),
        Column("Allowed Disruptions", "integer", "Calculated number of pods that may be disrupted at this time."),
        AGE_COLUMN,
    ),
    row=_row,
)
