"""A Deployment's past: its ReplicaSets, their revisions, and which of them may be forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.apps.deployment import Deployment
from wherry.api.apps.replicaset import REPLICA_SETS, ReplicaSet
from wherry.apimachinery.numerals import whole_number
from wherry.controllers.pod_template import is_same_template
from wherry.reconcile.actions import Delete

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"

# A Deployment's annotations that are not its ReplicaSets'.
NOT_COPIED = frozenset(
    (
        "kubectl.kubernetes.io/last-applied-configuration",
        "deprecated.deployment.rollback.to",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
    )
)


def by_age(replica_sets: Iterable[ReplicaSet]) -> list[ReplicaSet]:
    """Oldest first; the name decides within one second."""
    return sorted(replica_sets, key=lambda one: (one.metadata.creation_timestamp, one.metadata.name))


def find_new(deployment: Deployment, replica_sets: Iterable[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet with the Deployment's own template: the oldest one, so that two are never both new."""
    template = deployment.spec.template
    return next((one for one in by_age(replica_sets) if is_same_template(one.spec.template, template)), None)


def revision_of(replica_set: ReplicaSet) -> int:
    """The number that `kubectl rollout history` shows, 0 for none."""
    return _number(replica_set.metadata.annotations.get(REVISION, ""))


def next_revision(old: Iterable[ReplicaSet]) -> int:
    """The number that the newest ReplicaSet deserves."""
    return max((revision_of(one) for one in old), default=0) + 1


def wanted_annotations(deployment: Deployment, revision: int, new: ReplicaSet | None) -> dict[str, str]:
    """The annotations of the new ReplicaSet that follow from the Deployment; `new` is it, if it exists.

    A rollback gives an old ReplicaSet a new number; the ones it had stay on record.
    """
    wanted = {name: value for name, value in deployment.metadata.annotations.items() if name not in NOT_COPIED}
    had = 0 if new is None else revision_of(new)
    wanted[REVISION] = str(max(had, revision))
    if new is not None and 0 < had < revision:
        earlier = new.metadata.annotations.get(REVISION_HISTORY, "")
        wanted[REVISION_HISTORY] = f"{earlier},{had}" if earlier else str(had)
    return wanted


def plan_cleanup(deployment: Deployment, old: Sequence[ReplicaSet]) -> list[Delete]:
    """Forget the oldest revisions beyond spec.revisionHistoryLimit; those with pods stay."""
    limit = deployment.spec.revision_history_limit
    if limit is None:
        return []
    kept = [one for one in old if not one.metadata.is_being_deleted]
    surplus = sorted(kept, key=lambda one: (revision_of(one), one.metadata.creation_timestamp))[: len(kept) - limit]
    if len(kept) <= limit:
        return []
    return [
        Delete(
            REPLICA_SETS,
            one.metadata.namespace,
            one.metadata.name,
            f"only the last {limit} revisions are kept and this is revision {revision_of(one)}",
            uid=one.metadata.uid,
            propagation="Background",
        )
        for one in surplus
        if _is_empty(one)
    ]


def _is_empty(replica_set: ReplicaSet) -> bool:
    observed = replica_set.status.observed_generation or 0
    return (
        not replica_set.spec.replicas
        and not replica_set.status.replicas
        and (replica_set.metadata.generation <= observed)
    )


def _number(text: str) -> int:
    return whole_number(text) or 0
