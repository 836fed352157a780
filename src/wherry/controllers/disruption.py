"""Counts for every PodDisruptionBudget how many of its pods are healthy, and how many may be disturbed.

The eviction subresource takes from that number before it lets a pod go, and writes down which pod it was;
the controller counts such a pod as gone until it is, or until it has plainly stayed.

Source: kubernetes pkg/controller/disruption/disruption.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.condition import Condition
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.replicationcontroller import REPLICATION_CONTROLLERS
from wherry.api.policy.poddisruptionbudget import (
    POD_DISRUPTION_BUDGETS,
    PodDisruptionBudget,
    PodDisruptionBudgetStatus,
)
from wherry.apimachinery.int_or_string import scaled_value
from wherry.apimachinery.labels import format_selector, selector_from
from wherry.apimachinery.meta import ObjectKey, OwnerReference
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.reconcile.actions import Action, Emit, EventNote, PatchStatus, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.pods import is_ready
from wherry.reconcile.sources import for_kind, matched

DELETION_S = 120.0
"""An evicted pod that is still there after so long has not been deleted after all."""
ALLOWED = "DisruptionAllowed"


class NoScale(Exception):
    """The pods' owner does not say how many there should be; the text says so."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many pods there should be, how many must stay healthy, and which pods nobody vouches for."""

    pods: int
    healthy: int
    unmanaged: tuple[str, ...] = ()


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Look at one budget."""
    budget = view.lister(POD_DISRUPTION_BUDGETS).get(*key)
    if budget is None:
        return []
    selector = selector_from(budget.spec.selector)
    pods = [pod for pod in view.lister(PODS).list(key.namespace) if selector.matches(pod.metadata.labels)]
    actions: list[Action] = []
    if not pods:
        actions.append(Emit(EventNote("NoPods", "No matching pods found"), "it chooses no pod"))
    try:
        expected = compute_expectation(budget, pods, view)
    except NoScale as err:
        message = f"Failed to calculate the number of expected pods: {err}"
        actions.append(Emit(EventNote("CalculateExpectedPodCountFailed", message, "Warning"), message))
        return [*actions, _patch(budget, _failed(budget, str(err), view.now_s), message)]
    if expected.unmanaged:
        actions.append(_unmanaged(budget, expected.unmanaged))
    disrupted, told, wait_s = _still_leaving(budget, pods, view.now_s)
    healthy = sum(
        is_ready(pod) and not pod.metadata.is_being_deleted and pod.metadata.name not in disrupted for pod in pods
    )
    status = _compute_status(budget, expected, healthy, disrupted, view.now_s)
    why = f"{healthy} of {expected.pods} pods are healthy, {expected.healthy} must be"
    actions += [*told, _patch(budget, status, why)]
    return [*actions, Requeue(wait_s, "an evicted pod should be gone by then")] if wait_s else actions


def compute_expectation(budget: PodDisruptionBudget, pods: Sequence[Pod], view: View) -> Expectation:
    """What the budget asks for, in pods.

    Raises:
        NoScale: a pod's owner has no number of replicas.
    """
    spec = budget.spec
    if spec.max_unavailable is not None:
        total, unmanaged = _total(pods, view)
        missing = scaled_value(spec.max_unavailable, total, round_up=True)
        return Expectation(total, max(total - missing, 0), unmanaged)
    if isinstance(spec.min_available, int):
        return Expectation(len(pods), spec.min_available)
    if spec.min_available is not None:
        total, unmanaged = _total(pods, view)
        return Expectation(total, scaled_value(spec.min_available, total, round_up=True), unmanaged)
    return Expectation(len(pods), 0)


def _total(pods: Iterable[Pod], view: View) -> tuple[int, tuple[str, ...]]:
    """How many pods their owners ask for together, and the pods that nobody owns."""
    scales: dict[str, int] = {}
    unmanaged: list[str] = []
    for pod in pods:
        owner = pod.metadata.controller
        if owner is None:
            unmanaged.append(pod.metadata.name)
        else:
            uid, replicas = _scale(owner, pod.metadata.namespace, view)
            scales[uid] = replicas
    return sum(scales.values()), tuple(unmanaged)


def _scale(owner: OwnerReference, namespace: str, view: View) -> tuple[str, int]:
    """Who decides on the number of an owner's pods (by uid), and the number."""
    match owner.kind:
        case "ReplicaSet":
            replica_set = view.lister(REPLICA_SETS).get(namespace, owner.name)
            above = replica_set.metadata.controller if replica_set else None
            if above is not None and above.kind == DEPLOYMENTS.kind:
                deployment = view.lister(DEPLOYMENTS).get(namespace, above.name)
                return above.uid, _replicas(deployment.spec.replicas) if deployment else 0
            return owner.uid, _replicas(replica_set.spec.replicas) if replica_set else 0
        case "ReplicationController":
            controller = view.lister(REPLICATION_CONTROLLERS).get(namespace, owner.name)
            return owner.uid, _replicas(controller.spec.replicas) if controller else 0
        case "StatefulSet":
            stateful_set = view.lister(STATEFUL_SETS).get(namespace, owner.name)
            return owner.uid, _replicas(stateful_set.spec.replicas) if stateful_set else 0
    group = owner.api_version.rpartition("/")[0]
    plural = f"{owner.kind.lower()}s"
    raise NoScale(f"{plural}.{group} does not implement the scale subresource" if group else f"{plural} does not")


def _replicas(wanted: int | None) -> int:
    return 1 if wanted is None else wanted


def _unmanaged(budget: PodDisruptionBudget, names: tuple[str, ...]) -> Emit:
    message = (
        f"Pods selected by this PodDisruptionBudget (selector: {format_selector(budget.spec.selector)}) were found to "
        "be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in "
        'undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an '
        "integer value."
    )
    return Emit(EventNote("UnmanagedPods", message, "Warning"), f"nobody owns {', '.join(sorted(names))}")


def _still_leaving(
    budget: PodDisruptionBudget, pods: Iterable[Pod], now_s: float
) -> tuple[dict[str, str], list[Action], float | None]:
    """Evicted pods that are not yet being deleted, what to say of those that stay, and when to look again."""
    kept: dict[str, str] = {}
    told: list[Action] = []
    waits: list[float] = []
    meta = budget.metadata
    for pod in pods:
        since = budget.status.disrupted_pods.get(pod.metadata.name)
        if since is None or pod.metadata.is_being_deleted:
            continue
        left_s = parse_time(since) + DELETION_S - now_s
        if left_s > 0:
            kept[pod.metadata.name] = since
            waits.append(left_s)
            continue
        message = (
            f"Pod {pod.metadata.namespace}/{pod.metadata.name} was expected by PDB {meta.namespace}/{meta.name} "
            "to be deleted but it wasn't"
        )
        told.append(Emit(EventNote("NotDeleted", message, "Warning"), message))
    return kept, told, min(waits, default=None)


def _compute_status(
    budget: PodDisruptionBudget, expected: Expectation, healthy: int, disrupted: dict[str, str], now_s: float
) -> PodDisruptionBudgetStatus:
    allowed = max(healthy - expected.healthy, 0) if expected.pods > 0 else 0
    reason = "SufficientPods" if allowed else "InsufficientPods"
    return PodDisruptionBudgetStatus(
        conditions=_with_condition(budget, "True" if allowed else "False", reason, "", now_s),
        current_healthy=healthy,
        desired_healthy=expected.healthy,
        disruptions_allowed=allowed,
        disrupted_pods=disrupted,
        expected_pods=expected.pods,
        observed_generation=budget.metadata.generation or None,
    )


def _failed(budget: PodDisruptionBudget, error: str, now_s: float) -> PodDisruptionBudgetStatus:
    """What cannot be counted may not be disturbed."""
    conditions = _with_condition(budget, "False", "SyncFailed", error, now_s)
    generation = budget.metadata.generation or None
    return msgspec.structs.replace(
        budget.status, disruptions_allowed=0, conditions=conditions, observed_generation=generation
    )


def _with_condition(
    budget: PodDisruptionBudget, status: str, reason: str, message: str, now_s: float
) -> tuple[Condition, ...]:
    old = next((one for one in budget.status.conditions if one.type == ALLOWED), None)
    since = old.last_transition_time if old is not None and old.status == status else format_time(now_s)
    others = tuple(one for one in budget.status.conditions if one.type != ALLOWED)
    new = Condition(type=ALLOWED, status=status, reason=reason, message=message, last_transition_time=since)
    return (*others, new)


def _patch(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus, why: str) -> PatchStatus:
    """Conditional: the eviction subresource writes the same numbers."""
    meta = budget.metadata
    return PatchStatus(
        POD_DISRUPTION_BUDGETS,
        meta.namespace,
        meta.name,
        budget.status,
        status,
        why,
        resource_version=meta.resource_version,
    )


def _budgets_of(pod: Pod, view: View) -> list[ObjectKey]:
    """The budgets that choose a pod."""
    return [
        budget.metadata.key
        for budget in view.lister(POD_DISRUPTION_BUDGETS).list(pod.metadata.namespace)
        if selector_from(budget.spec.selector).matches(pod.metadata.labels)
    ]


DISRUPTION_CONTROLLER = Controller(
    name="disruption-controller",
    primary=POD_DISRUPTION_BUDGETS,
    sources=(for_kind(POD_DISRUPTION_BUDGETS), matched(PODS, _budgets_of)),
    plan=plan,
    reads=(REPLICA_SETS, DEPLOYMENTS, STATEFUL_SETS, REPLICATION_CONTROLLERS),
)
