"""The Recreate strategy: everything old goes, then everything new comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.apps.deployment import Deployment
from wherry.api.apps.replicaset import ReplicaSet
from wherry.api.core.pod import Pod
from wherry.controllers.deployment.scaling import plan_size, size_of
from wherry.reconcile.actions import Action
from wherry.reconcile.pods import is_terminal


def plan_stop_old(deployment: Deployment, old: Sequence[ReplicaSet]) -> list[Action]:
    """Scale every old ReplicaSet to nothing."""
    why = "the strategy is Recreate: the old release stops before the new one starts"
    return [action for one in old if size_of(one) for action in plan_size(deployment, one, 0, why)]


def is_old_running(old: Sequence[ReplicaSet], pods: Iterable[Pod]) -> bool:
    """Whether a pod of an old release may still be at work; one that is being stopped is."""
    uids = {one.metadata.uid for one in old}
    return any(
        not is_terminal(pod) and (owner := pod.metadata.controller) is not None and owner.uid in uids for pod in pods
    )
