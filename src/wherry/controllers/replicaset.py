"""Keeps as many pods of a ReplicaSet running as it asks for.

Source: kubernetes pkg/controller/replicaset (manageReplicas, calculateStatus) and
pkg/controller/controller_utils.go (ActivePodsWithRanks).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from wherry.api.apps.replicaset import REPLICA_SETS, ReplicaSet, ReplicaSetStatus
from wherry.api.condition import Condition
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.reconcile.actions import Action, Create, Delete, EventNote, PatchStatus, Requeue
from wherry.reconcile.claims import claim
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.pods import (
    condition_of,
    is_active,
    is_ready,
    is_terminal,
    pod_from_template,
    seconds_until_available,
)
from wherry.reconcile.sources import for_kind, matched, owned_by

BURST_REPLICAS = 500
"""At most so many pods are created or deleted in one go, as upstream."""

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"

PHASE_RANK = {"Pending": 0, "Unknown": 1, "Running": 2}

CREATED = EventNote("SuccessfulCreate", "Created pod: {name}")
DELETED = EventNote("SuccessfulDelete", "Deleted pod: {name}")
CREATE_FAILED = EventNote("FailedCreate", "Error creating: {error}", "Warning")
DELETE_FAILED = EventNote("FailedDelete", "Error deleting: {error}", "Warning")


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide how to get from the pods that exist to the pods that are wanted."""
    replica_set = view.lister(REPLICA_SETS).get(*key)
    return [] if replica_set is None else plan_replicas(replica_set, related_pods(replica_set, view), view)


def plan_replicas(
    replica_set: ReplicaSet, related: Iterable[Pod], view: View, resource: AnyResourceType = REPLICA_SETS
) -> list[Action]:
    """The plan for a ReplicaSet, or for an object of another kind that is looked at as one.

    Args:
        related: the pods that count when nodes are compared for crowdedness.
        resource: the kind of the object itself.
    """
    meta, wanted = replica_set.metadata, wanted_replicas(replica_set)
    pods, claims = claim(view.lister(PODS), PODS, resource, meta, selector_from(replica_set.spec.selector))
    active = [pod for pod in pods if is_active(pod)]
    status, available_in_s = compute_status(replica_set, pods, view.now_s)
    actions: list[Action] = [*claims]
    if not meta.is_being_deleted:
        if len(active) < wanted:
            actions += plan_creations(replica_set, len(active), status, view.now_s, resource)
        elif len(active) > wanted:
            actions += plan_deletions(active, wanted, related, view.now_s)
    why = f"{len(active)} of {wanted} pods exist, {status.ready_replicas or 0} of them ready"
    actions.append(PatchStatus(resource, meta.namespace, meta.name, replica_set.status, status, why))
    if available_in_s is not None:
        actions.append(Requeue(available_in_s, "a ready pod becomes available"))
    return actions


def wanted_replicas(replica_set: ReplicaSet) -> int:
    """How many pods are asked for; a missing number means one."""
    return 1 if replica_set.spec.replicas is None else replica_set.spec.replicas


def plan_creations(
    replica_set: ReplicaSet,
    active: int,
    status: ReplicaSetStatus,
    now_s: float,
    resource: AnyResourceType = REPLICA_SETS,
) -> list[Action]:
    """Create what is missing, at most BURST_REPLICAS pods."""
    meta, wanted = replica_set.metadata, wanted_replicas(replica_set)

    def on_failure(error: str) -> PatchStatus:
        failed = with_failure(status, error, now_s)
        why = f"a pod could not be created: {error}"
        return PatchStatus(resource, meta.namespace, meta.name, replica_set.status, failed, why)

    create = Create(
        PODS,
        meta.namespace,
        pod_from_template(replica_set.spec.template, resource, meta, f"{meta.name}-"),
        why=f"{active} of {wanted} pods exist",
        event=CREATED,
        failed_event=CREATE_FAILED,
        on_failure=on_failure,
    )
    return [create] * min(wanted - active, BURST_REPLICAS)


def plan_deletions(active: Sequence[Pod], wanted: int, related: Iterable[Pod], now_s: float) -> list[Action]:
    """Delete what is too much, the least useful pods first, at most BURST_REPLICAS."""
    neighbours = Counter(pod.spec.node_name for pod in related if is_active(pod))
    ranked = sorted(active, key=lambda pod: deletion_rank(pod, neighbours[pod.spec.node_name], now_s))
    why = f"{len(active)} pods exist where {wanted} should"
    return [
        Delete(
            PODS,
            pod.metadata.namespace,
            pod.metadata.name,
            why,
            uid=pod.metadata.uid,
            event=DELETED,
            failed_event=DELETE_FAILED,
        )
        for pod in ranked[: min(len(active) - wanted, BURST_REPLICAS)]
    ]


def deletion_rank(pod: Pod, pods_on_node: int, now_s: float) -> tuple[object, ...]:
    """Sorts pods by how little is lost with them: the smallest goes first.

    Not on a node, not running, not ready, cheap by its annotation, on a crowded node, ready or restarted
    or created recently. Times count by their order of magnitude, so that among old pods chance (the uid)
    decides and no zone loses all its pods at once.
    """
    ready = condition_of(pod, "Ready")
    ready_at = ready.last_transition_time if ready is not None and is_ready(pod) else ""
    restarts = sum(status.restart_count for status in pod.status.container_statuses)
    return (
        bool(pod.spec.node_name),
        PHASE_RANK.get(pod.status.phase, 0),
        is_ready(pod),
        deletion_cost(pod),
        -pods_on_node,
        _magnitude(ready_at, now_s),
        -restarts,
        _magnitude(pod.metadata.creation_timestamp, now_s),
        pod.metadata.uid,
    )


def deletion_cost(pod: Pod) -> int:
    """What the pod's annotation says its deletion costs; 0 when it says nothing sensible."""
    try:
        return int(pod.metadata.annotations.get(DELETION_COST, "0"))
    except ValueError:
        return 0


def _magnitude(timestamp: str, now_s: float) -> int:
    """Age in powers of two seconds: 0 for the newest, -1 for no time at all."""
    if not timestamp:
        return -1
    age_s = now_s - parse_time(timestamp)
    return int(math.log2(age_s)) + 1 if age_s >= 1 else 0


def related_pods(replica_set: ReplicaSet, view: View) -> list[Pod]:
    """The pods of all ReplicaSets of the same Deployment (or of this one alone)."""
    controller = replica_set.metadata.controller
    siblings: list[ReplicaSet] = [replica_set]
    if controller is not None:
        siblings = [*view.lister(REPLICA_SETS).owned_by(controller.uid)]
    return [pod for sibling in siblings for pod in view.lister(PODS).owned_by(sibling.metadata.uid)]


def compute_status(replica_set: ReplicaSet, pods: Sequence[Pod], now_s: float) -> tuple[ReplicaSetStatus, float | None]:
    """The status that the pods amount to, and in how many seconds it changes by itself (None: it does not)."""
    template_labels = _template_labels(replica_set)
    active = [pod for pod in pods if is_active(pod)]
    waits = [seconds_until_available(pod, replica_set.spec.min_ready_seconds or 0, now_s) for pod in active]
    available = sum(1 for wait in waits if wait == 0)
    pending = [wait for wait in waits if wait]
    labelled = sum(1 for pod in active if template_labels <= pod.metadata.labels.items())
    terminating = sum(1 for pod in pods if pod.metadata.is_being_deleted and not is_terminal(pod))
    conditions = replica_set.status.conditions
    if len(active) >= wanted_replicas(replica_set):
        conditions = tuple(condition for condition in conditions if condition.type != "ReplicaFailure")
    status = ReplicaSetStatus(
        replicas=len(active),
        fully_labeled_replicas=labelled or None,
        ready_replicas=sum(1 for pod in active if is_ready(pod)) or None,
        available_replicas=available or None,
        terminating_replicas=terminating,
        observed_generation=replica_set.metadata.generation or None,
        conditions=conditions,
    )
    return status, min(pending, default=None)


def with_failure(status: ReplicaSetStatus, error: str, now_s: float) -> ReplicaSetStatus:
    """The status with the condition that pods cannot be created.

    One that is there already stays as it is: each refusal names another pod, and a status that changed with every
    attempt would call for the next one at once.

    Source: kubernetes pkg/controller/replicaset, calculateStatus.
    """
    if any(condition.type == "ReplicaFailure" for condition in status.conditions):
        return status
    failure = Condition(
        type="ReplicaFailure",
        status="True",
        reason="FailedCreate",
        message=error,
        last_transition_time=format_time(now_s),
    )
    return msgspec.structs.replace(status, conditions=(*status.conditions, failure))


def _template_labels(replica_set: ReplicaSet) -> set[tuple[str, str]]:
    metadata = replica_set.spec.template.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return {(str(name), str(value)) for name, value in labels.items()} if isinstance(labels, dict) else set()


def _adopters(pod: Pod, view: View) -> list[ObjectKey]:
    """The ReplicaSets that would adopt this pod, if nobody controls it."""
    if pod.metadata.controller is not None:
        return []
    return [
        replica_set.metadata.key
        for replica_set in view.lister(REPLICA_SETS).list(pod.metadata.namespace)
        if selector_from(replica_set.spec.selector).matches(pod.metadata.labels)
    ]


REPLICA_SET_CONTROLLER = Controller(
    name="replicaset-controller",
    primary=REPLICA_SETS,
    sources=(for_kind(REPLICA_SETS), owned_by(PODS, REPLICA_SETS), matched(PODS, _adopters)),
    plan=plan,
)
