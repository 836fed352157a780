"""What a Job shall be: how many pods, how often they may fail, when the work counts as done."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.struct import KEPT, Struct


class PodFailurePolicyOnExitCodesRequirement(Struct):
    container_name: str | None = None
    operator: str = ""
    values: tuple[int, ...] = ()


class PodFailurePolicyOnPodConditionsPattern(Struct):
    status: str = ""
    type: str = ""


class PodFailurePolicyRule(Struct):
    action: str = ""
    on_exit_codes: PodFailurePolicyOnExitCodesRequirement | None = None
    on_pod_conditions: tuple[PodFailurePolicyOnPodConditionsPattern, ...] = ()


class PodFailurePolicy(Struct):
    """What a pod's failure means: try again, do not count it, give up."""

    rules: tuple[PodFailurePolicyRule, ...] = ()


class SuccessPolicyRule(Struct):
    succeeded_count: int | None = None
    succeeded_indexes: str | None = None


class SuccessPolicy(Struct):
    """Which indexes are enough."""

    rules: tuple[SuccessPolicyRule, ...] = ()


class JobSpec(Struct):
    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None
    selector: LabelSelector | None = None
    manual_selector: bool | None = None
    template: Document = field(default_factory=dict)
    ttl_seconds_after_finished: int | None = None
    completion_mode: str = ""
    suspend: bool | None = None
    backoff_limit_per_index: Annotated[int | None, KEPT] = None
    managed_by: str | None = None
    max_failed_indexes: Annotated[int | None, KEPT] = None
    pod_failure_policy: Annotated[PodFailurePolicy | None, KEPT] = None
    pod_replacement_policy: Annotated[str, KEPT] = ""
    success_policy: Annotated[SuccessPolicy | None, KEPT] = None
