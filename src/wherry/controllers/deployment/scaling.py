"""Scaling ReplicaSets: one by one, or all in proportion when a Deployment is scaled in the middle of a rollout.

Source: kubernetes pkg/controller/deployment/sync.go, scale.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.apps.deployment import Deployment
from wherry.api.apps.replicaset import REPLICA_SETS, ReplicaSet
from wherry.apimachinery.document import Document
from wherry.apimachinery.numerals import whole_number
from wherry.controllers.deployment.history import DESIRED_REPLICAS, MAX_REPLICAS, by_age
from wherry.controllers.deployment.rolling import Group, Limits, compute_limits
from wherry.reconcile.actions import Action, EventNote, Patch


def size_of(replica_set: ReplicaSet) -> int:
    """How many pods it shall have."""
    return replica_set.spec.replicas or 0


def available_of(replica_set: ReplicaSet) -> int:
    """How many of its pods can take work; a status that lags behind a scale-down does not count too many."""
    return min(replica_set.status.available_replicas or 0, size_of(replica_set))


def group_of(replica_set: ReplicaSet) -> Group:
    """A ReplicaSet in numbers."""
    return Group(replica_set.metadata.name, size_of(replica_set), available_of(replica_set))


def size_annotations(limits: Limits) -> dict[str, str]:
    """By which a later look tells that the Deployment has been scaled since."""
    return {DESIRED_REPLICAS: str(limits.wanted), MAX_REPLICAS: str(limits.total_max)}


def plan_size(deployment: Deployment, replica_set: ReplicaSet, size: int, why: str) -> list[Action]:
    """Bring one ReplicaSet to `size`, and its annotations up to date."""
    annotations: Document = {
        name: value
        for name, value in size_annotations(compute_limits(deployment)).items()
        if replica_set.metadata.annotations.get(name) != value
    }
    before = size_of(replica_set)
    patch: Document = {}
    if annotations:
        patch["metadata"] = {"annotations": annotations}
    if size != before:
        patch["spec"] = {"replicas": size}
    if not patch:
        return []
    meta = replica_set.metadata
    event = scaled_event(meta.name, before, size) if size != before else None
    return [Patch(REPLICA_SETS, meta.namespace, meta.name, patch, why, event=event)]


def scaled_event(name: str, before: int, size: int) -> EventNote:
    """What `kubectl describe deployment` shows."""
    direction = "up" if size > before else "down"
    return EventNote("ScalingReplicaSet", f"Scaled {direction} replica set {name} from {before} to {size}")


def is_scaled(deployment: Deployment, replica_sets: Sequence[ReplicaSet]) -> bool:
    """Whether the Deployment has been scaled since its ReplicaSets were last brought to size."""
    wanted = str(deployment.spec.replicas or 0)
    return any(
        size_of(one) > 0 and one.metadata.annotations.get(DESIRED_REPLICAS, wanted) != wanted for one in replica_sets
    )


def plan_scale(deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> list[Action]:
    """Follow spec.replicas without rolling anything out."""
    limits = compute_limits(deployment)
    only = _active_or_latest(new, old)
    if only is not None:
        return plan_size(deployment, only, limits.wanted, f"{limits.wanted} replicas are wanted")
    if new is not None and _is_saturated(limits, new):
        return [
            action
            for one in old
            if size_of(one)
            for action in plan_size(deployment, one, 0, "the newest revision has all the replicas that are wanted")
        ]
    strategy = deployment.spec.strategy
    if strategy is not None and strategy.type == "Recreate":
        return []
    active = [one for one in [*old, *([new] if new else [])] if size_of(one)]
    sizes = compute_proportional_sizes(limits, active, deployment.status.replicas or 0)
    why = f"scaled to {limits.wanted} replicas in the middle of a rollout: every revision gets its share"
    return [action for one in active for action in plan_size(deployment, one, sizes[one.metadata.name], why)]


def compute_proportional_sizes(limits: Limits, active: Sequence[ReplicaSet], replicas_before: int) -> dict[str, int]:
    """Sizes of all active ReplicaSets: grown or shrunk by the same factor, the biggest takes what rounding leaves.

    Args:
        replicas_before: how many pods the Deployment had, for ReplicaSets without a record of it.
    """
    allowed = limits.total_max if limits.wanted else 0
    to_add = allowed - sum(size_of(one) for one in active)
    # Biggest first; of equal ones, growth goes to the newest and shrinking to the oldest.
    ordered = by_age(active)
    if to_add > 0:
        ordered.reverse()
    ordered.sort(key=size_of, reverse=True)
    sizes: dict[str, int] = {}
    added = 0
    for one in ordered:
        share = _share(limits, one, replicas_before)
        left = to_add - added
        change = min(share, left) if to_add > 0 else max(share, left)
        if to_add == 0 or left == 0:
            change = 0
        sizes[one.metadata.name] = max(size_of(one) + change, 0)
        added += change
    if ordered and added != to_add:
        biggest = ordered[0].metadata.name
        sizes[biggest] = max(sizes[biggest] + to_add - added, 0)
    return sizes


def _share(limits: Limits, replica_set: ReplicaSet, replicas_before: int) -> int:
    size = size_of(replica_set)
    if limits.wanted == 0:
        return -size
    before = whole_number(replica_set.metadata.annotations.get(MAX_REPLICAS, "")) or replicas_before
    if before <= 0:
        return 0
    # Half a pod rounds up.
    return (2 * size * limits.total_max + before) // (2 * before) - size


def _active_or_latest(new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The only ReplicaSet with pods, or with none active the newest; None while several have pods."""
    every = [*by_age(old), *([new] if new else [])]
    active = [one for one in every if size_of(one)]
    if not active:
        return every[-1] if every else None
    return active[0] if len(active) == 1 else None


def _is_saturated(limits: Limits, new: ReplicaSet) -> bool:
    return size_of(new) == limits.wanted == available_of(new) and new.metadata.annotations.get(DESIRED_REPLICAS) == str(
        limits.wanted
    )
