"""How a rollout is getting on: the Deployment's status and its conditions.

Source: kubernetes pkg/controller/deployment/progress.go and util/deployment_util.go.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.api.apps.deployment import Deployment, DeploymentCondition, DeploymentStatus
from wherry.api.apps.replicaset import ReplicaSet
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.controllers.deployment.rolling import compute_limits
from wherry.reconcile.actions import Requeue

PROGRESSING = "Progressing"
AVAILABLE = "Available"
REPLICA_FAILURE = "ReplicaFailure"
DEADLINE_NONE_S = 2**31 - 1


def compute_status(
    deployment: Deployment,
    replica_sets: Sequence[ReplicaSet],
    new: ReplicaSet | None,
    now_s: float,
    *,
    created_name: str = "",
) -> DeploymentStatus:
    """The status that follows from the ReplicaSets; `created_name` is the new one if it is being created just now."""
    conditions = {condition.type: condition for condition in deployment.status.conditions}
    status = _count(deployment, replica_sets, new)
    _put(conditions, _availability(deployment, status), now_s)
    progress = _progress(deployment, status, conditions.get(PROGRESSING), new, created_name, now_s)
    if progress is not None:
        _put(conditions, progress, now_s)
    failure = _failure(replica_sets, new)
    if failure is None:
        conditions.pop(REPLICA_FAILURE, None)
    else:
        _put(conditions, failure, now_s)
    return msgspec.structs.replace(status, conditions=tuple(conditions.values()))


def is_complete(deployment: Deployment, status: DeploymentStatus) -> bool:
    """Whether every wanted pod is of the newest release and available, and no other is left."""
    wanted = deployment.spec.replicas or 0
    counts = (status.updated_replicas or 0, status.replicas or 0, status.available_replicas or 0)
    return counts == (wanted, wanted, wanted) and (status.observed_generation or 0) >= deployment.metadata.generation


def plan_deadline(deployment: Deployment, status: DeploymentStatus, now_s: float) -> list[Requeue]:
    """Look again when the rollout would have taken too long."""
    deadline_s = deployment.spec.progress_deadline_seconds
    condition = next((one for one in status.conditions if one.type == PROGRESSING), None)
    if deadline_s in (None, DEADLINE_NONE_S) or condition is None or deployment.spec.paused:
        return []
    if is_complete(deployment, status) or condition.reason in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable"):
        return []
    left_s = parse_time(condition.last_update_time) + deadline_s - now_s
    # One second more: the condition's times have no fraction.
    return [Requeue(max(left_s, 0.0) + 1.0, f"a rollout must make progress within {deadline_s} s")]


def _count(deployment: Deployment, replica_sets: Sequence[ReplicaSet], new: ReplicaSet | None) -> DeploymentStatus:
    total = sum(one.status.replicas for one in replica_sets)
    available = sum(one.status.available_replicas or 0 for one in replica_sets)
    # Zero is written as absent, as Kubernetes does.
    return DeploymentStatus(
        observed_generation=deployment.metadata.generation,
        replicas=total or None,
        updated_replicas=(new.status.replicas if new else 0) or None,
        ready_replicas=sum(one.status.ready_replicas or 0 for one in replica_sets) or None,
        available_replicas=available or None,
        unavailable_replicas=max(total - available, 0) or None,
        terminating_replicas=sum(one.status.terminating_replicas or 0 for one in replica_sets) or None,
        collision_count=deployment.status.collision_count,
    )


def _availability(deployment: Deployment, status: DeploymentStatus) -> DeploymentCondition:
    if (status.available_replicas or 0) >= compute_limits(deployment).available_min:
        return DeploymentCondition(
            type=AVAILABLE,
            status="True",
            reason="MinimumReplicasAvailable",
            message="Deployment has minimum availability.",
        )
    return DeploymentCondition(
        type=AVAILABLE,
        status="False",
        reason="MinimumReplicasUnavailable",
        message="Deployment does not have minimum availability.",
    )


def _progress(
    deployment: Deployment,
    status: DeploymentStatus,
    before: DeploymentCondition | None,
    new: ReplicaSet | None,
    created_name: str,
    now_s: float,
) -> DeploymentCondition | None:
    """The Progressing condition where it changes, or None."""
    if deployment.spec.progress_deadline_seconds in (None, DEADLINE_NONE_S):
        return None
    reason_before = before.reason if before else ""
    if deployment.spec.paused:
        is_known = reason_before in ("DeploymentPaused", "ProgressDeadlineExceeded")
        return None if is_known else _progressing("Unknown", "DeploymentPaused", "Deployment is paused")
    if created_name:
        return _progressing("True", "NewReplicaSetCreated", f'Created new replica set "{created_name}"')
    is_settled = status.replicas == status.updated_replicas and reason_before == "NewReplicaSetAvailable"
    return None if is_settled else _rollout(deployment, status, before, new, now_s)


def _rollout(
    deployment: Deployment,
    status: DeploymentStatus,
    before: DeploymentCondition | None,
    new: ReplicaSet | None,
    now_s: float,
) -> DeploymentCondition | None:
    """How a rollout that is under way gets on."""
    subject = f'ReplicaSet "{new.metadata.name}"' if new else f'Deployment "{deployment.metadata.name}"'
    if is_complete(deployment, status):
        return _progressing("True", "NewReplicaSetAvailable", f"{subject} has successfully progressed.")
    if _has_moved(deployment.status, status):
        return _progressing("True", "ReplicaSetUpdated", f"{subject} is progressing.")
    if before is None:
        if new is None:
            return None
        return _progressing("True", "FoundNewReplicaSet", f'Found new replica set "{new.metadata.name}"')
    if before.reason == "DeploymentPaused":
        return _progressing("Unknown", "DeploymentResumed", "Deployment is resumed")
    if _is_overdue(deployment, before, now_s):
        return _progressing("False", "ProgressDeadlineExceeded", f"{subject} has timed out progressing.")
    return None


def _progressing(status: str, reason: str, message: str) -> DeploymentCondition:
    return DeploymentCondition(type=PROGRESSING, status=status, reason=reason, message=message)


def _has_moved(before: DeploymentStatus, now: DeploymentStatus) -> bool:
    def left(status: DeploymentStatus) -> int:
        return (status.replicas or 0) - (status.updated_replicas or 0)

    return (
        (now.updated_replicas or 0) > (before.updated_replicas or 0)
        or left(now) < left(before)
        or (now.ready_replicas or 0) > (before.ready_replicas or 0)
        or (now.available_replicas or 0) > (before.available_replicas or 0)
    )


def _is_overdue(deployment: Deployment, condition: DeploymentCondition, now_s: float) -> bool:
    if condition.reason in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded") or not condition.last_update_time:
        return False
    deadline_s = deployment.spec.progress_deadline_seconds or 0
    return now_s - parse_time(condition.last_update_time) > deadline_s


def _failure(replica_sets: Sequence[ReplicaSet], new: ReplicaSet | None) -> DeploymentCondition | None:
    """What keeps a ReplicaSet from making its pods; the new one's trouble is the most interesting."""
    for one in (*([new] if new else []), *replica_sets):
        for condition in one.status.conditions:
            if condition.type == REPLICA_FAILURE and condition.status == "True":
                return DeploymentCondition(
                    type=REPLICA_FAILURE, status="True", reason=condition.reason, message=condition.message
                )
    return None


def _put(conditions: dict[str, DeploymentCondition], wanted: DeploymentCondition, now_s: float) -> None:
    """Set a condition; its transition time moves only with its status.

    Progress is reported anew each time (its update time is what the deadline counts from), other
    conditions only when something about them changes.
    """
    before = conditions.get(wanted.type)
    if before is not None and wanted.reason != "ReplicaSetUpdated":
        had = (before.status, before.reason, before.message)
        if had == (wanted.status, wanted.reason, wanted.message):
            return
    now = format_time(now_s)
    since = before.last_transition_time if before and before.status == wanted.status else now
    conditions[wanted.type] = msgspec.structs.replace(wanted, last_update_time=now, last_transition_time=since)
