"""Decides which pod of a StatefulSet comes or goes next: in order, one at a time, each with its own storage.

Source: kubernetes pkg/controller/statefulset/stateful_set_control.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wherry.api.apps.controllerrevision import ControllerRevision
from wherry.api.apps.statefulset import STATEFUL_SETS, StatefulSet, StatefulSetStatus
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS, PersistentVolumeClaim
from wherry.api.core.pod import PODS, Pod
from wherry.api.documents import section, text
from wherry.apimachinery.int_or_string import scaled_value
from wherry.controllers.statefulset.identity import (
    REVISION_LABEL,
    build_claims,
    build_ordinal_pod,
    claim_ordinal,
    is_deleted_with_set,
    ordinal_of,
    ordinals,
    pod_name,
    set_reference,
)
from wherry.controllers.statefulset.revisions import Revisions, compute_revisions, plan_truncate
from wherry.reconcile.actions import Action, Create, Delete, EventNote, Patch, PatchStatus, Requeue
from wherry.reconcile.pods import is_ready, is_terminal, seconds_until_available


@dataclass(frozen=True, slots=True)
class Facts:
    """What a StatefulSet's plan rests on; all of it its own. `claims` are those of its namespace, by name."""

    stateful_set: StatefulSet
    pods: Sequence[Pod]
    claims: Mapping[str, PersistentVolumeClaim]
    revisions: Sequence[ControllerRevision]
    now_s: float
    is_revision_name_taken: Callable[[str], bool]


def plan_stateful_set(facts: Facts) -> list[Action]:
    """The next step, and the status as it is now."""
    stateful_set = facts.stateful_set
    revisions = compute_revisions(stateful_set, facts.revisions, facts.is_revision_name_taken)
    if revisions.is_blocked:
        return [*revisions.actions]
    actions = [*revisions.actions]
    if not stateful_set.metadata.is_being_deleted:
        step = _Step(facts, revisions)
        actions += step.plan()
        actions += _plan_claims(facts)
    status = compute_status(facts, revisions)
    meta = stateful_set.metadata
    if status != stateful_set.status:
        why = f"{status.ready_replicas or 0} of {stateful_set.spec.replicas or 0} replicas are ready"
        actions.append(PatchStatus(STATEFUL_SETS, meta.namespace, meta.name, stateful_set.status, status, why))
    in_use = frozenset(_revision_of(pod) for pod in facts.pods) | {revisions.current, revisions.update}
    return actions + plan_truncate(stateful_set, facts.revisions, in_use)


def compute_status(facts: Facts, revisions: Revisions) -> StatefulSetStatus:
    """The numbers of a StatefulSet, and whether an update is over."""
    stateful_set = facts.stateful_set
    min_ready_s = stateful_set.spec.min_ready_seconds or 0
    ready = [pod for pod in facts.pods if _is_running(pod)]
    available = [pod for pod in ready if seconds_until_available(pod, min_ready_s, facts.now_s) == 0]
    kept = [pod for pod in facts.pods if not pod.metadata.is_being_deleted]
    updated = sum(_revision_of(pod) == revisions.update for pod in kept)
    current = sum(_revision_of(pod) == revisions.current for pod in kept)
    current_revision = revisions.current
    wanted = stateful_set.spec.replicas or 0
    strategy = stateful_set.spec.update_strategy
    is_rolling = strategy is None or strategy.type != "OnDelete"
    if is_rolling and updated == len(facts.pods) == len(ready) == wanted:
        current, current_revision = updated, revisions.update
    return StatefulSetStatus(
        observed_generation=stateful_set.metadata.generation,
        replicas=len(facts.pods),
        ready_replicas=len(ready) or None,
        available_replicas=len(available),
        current_replicas=current or None,
        updated_replicas=updated or None,
        current_revision=current_revision,
        update_revision=revisions.update,
        collision_count=stateful_set.status.collision_count or 0,
        conditions=stateful_set.status.conditions,
    )


class _Step:
    """One look at the pods of one StatefulSet."""

    def __init__(self, facts: Facts, revisions: Revisions) -> None:
        self._facts = facts
        self._set = facts.stateful_set
        self._revisions = revisions
        self._is_ordered = self._set.spec.pod_management_policy != "Parallel"
        self._wanted = ordinals(self._set)
        self._pods: dict[int, Pod] = {}
        self._condemned: dict[int, Pod] = {}
        for pod in facts.pods:
            ordinal = ordinal_of(self._set, pod.metadata.name)
            if ordinal is not None:
                (self._pods if ordinal in self._wanted else self._condemned)[ordinal] = pod

    def plan(self) -> list[Action]:
        """First what is missing, then what is too many, then what is out of date; in order: one thing at a time."""
        actions: list[Action] = []
        for ordinal in self._wanted:
            more, is_settled = self._plan_ordinal(ordinal)
            actions += more
            if self._is_ordered and not is_settled:
                return actions
        removals, is_settled = self._plan_condemned()
        actions += removals
        if self._is_ordered and not is_settled:
            return actions
        return actions + self._plan_update()

    def _plan_ordinal(self, ordinal: int) -> tuple[list[Action], bool]:
        """What one wanted pod needs, and whether the next one may be looked at."""
        pod = self._pods.get(ordinal)
        if pod is None:
            return [*self._create(ordinal)], False
        if pod.metadata.is_being_deleted:
            return [], False
        if is_terminal(pod):
            meta = self._set.metadata
            message = f"StatefulSet {meta.namespace}/{meta.name} is recreating failed Pod {pod.metadata.name}"
            event = EventNote("RecreatingFailedPod", message, type="Warning")
            return [self._delete(pod, f"it has {pod.status.phase.lower()}: a new one takes its name", event)], False
        in_s = seconds_until_available(pod, self._set.spec.min_ready_seconds or 0, self._facts.now_s)
        if in_s is None or not _is_running(pod):
            return [], False
        if in_s > 0:
            return [Requeue(in_s, f"{pod.metadata.name} must be ready for a while to count as available")], False
        return [], True

    def _create(self, ordinal: int) -> Iterator[Action]:
        meta = self._set.metadata
        name = pod_name(self._set, ordinal)
        for claim in build_claims(self._set, ordinal):
            claim_name = text(section(claim, "metadata"), "name")
            if claim_name not in self._facts.claims:
                message = f"create Claim {claim_name} Pod {name} in StatefulSet {meta.name} success"
                yield Create(
                    PERSISTENT_VOLUME_CLAIMS,
                    meta.namespace,
                    claim,
                    f"{name} needs its own storage",
                    event=EventNote("SuccessfulCreate", message),
                    exists_ok=True,
                )
        is_current = self._needs_current(ordinal)
        template = self._revisions.current_template if is_current else self._set.spec.template
        revision = self._revisions.current if is_current else self._revisions.update
        yield Create(
            PODS,
            meta.namespace,
            build_ordinal_pod(self._set, template, ordinal, revision),
            f"number {ordinal} of {self._set.spec.replicas or 0} is missing",
            event=EventNote("SuccessfulCreate", f"create Pod {name} in StatefulSet {meta.name} successful"),
            failed_event=EventNote(
                "FailedCreate", f"create Pod {name} in StatefulSet {meta.name} failed error: {{error}}", type="Warning"
            ),
        )

    def _needs_current(self, ordinal: int) -> bool:
        """Whether a pod below the partition is to be made as before the update."""
        strategy = self._set.spec.update_strategy
        if strategy is None or strategy.type == "OnDelete" or strategy.rolling_update is None:
            return False
        return ordinal < self._wanted.start + (strategy.rolling_update.partition or 0)

    def _plan_condemned(self) -> tuple[list[Action], bool]:
        """Remove surplus pods, the highest number first."""
        actions: list[Action] = []
        unhealthy = next((one for _, one in sorted(self._condemned.items()) if not _is_running(one)), None)
        for _, pod in sorted(self._condemned.items(), reverse=True):
            if pod.metadata.is_being_deleted:
                if self._is_ordered:
                    return actions, False
                continue
            if self._is_ordered and not _is_running(pod) and pod is not unhealthy:
                return actions, False
            actions.append(self._delete(pod, f"only {self._set.spec.replicas or 0} replicas are wanted"))
            if self._is_ordered:
                return actions, False
        return actions, not actions

    def _plan_update(self) -> list[Action]:
        """Replace pods of another revision, the highest number first, never more at once than may be unavailable."""
        strategy = self._set.spec.update_strategy
        if strategy is None or strategy.type == "OnDelete":
            return []
        rolling = strategy.rolling_update
        partition = (rolling.partition if rolling else None) or 0
        share = rolling.max_unavailable if rolling else None
        unavailable_max = max(scaled_value(share or 1, len(self._wanted), round_up=True), 1)
        unavailable = sum(not self._is_healthy(ordinal) for ordinal in self._wanted)
        actions: list[Action] = []
        for ordinal in reversed(self._wanted[partition:]):
            pod = self._pods.get(ordinal)
            if pod is None or pod.metadata.is_being_deleted:
                if unavailable >= unavailable_max:
                    return actions
                continue
            if _revision_of(pod) == self._revisions.update:
                if not self._is_healthy(ordinal) and unavailable >= unavailable_max:
                    return actions
                continue
            if self._is_healthy(ordinal):
                if unavailable >= unavailable_max:
                    return actions
                unavailable += 1
            actions.append(self._delete(pod, f"it is of revision {_revision_of(pod)}, not {self._revisions.update}"))
        return actions

    def _is_healthy(self, ordinal: int) -> bool:
        pod = self._pods.get(ordinal)
        if pod is None or not _is_running(pod):
            return False
        return seconds_until_available(pod, self._set.spec.min_ready_seconds or 0, self._facts.now_s) == 0

    def _delete(self, pod: Pod, why: str, event: EventNote | None = None) -> Delete:
        meta = pod.metadata
        message = f"delete Pod {meta.name} in StatefulSet {self._set.metadata.name} successful"
        return Delete(
            PODS,
            meta.namespace,
            meta.name,
            why,
            uid=meta.uid,
            event=event or EventNote("SuccessfulDelete", message),
        )


def _plan_claims(facts: Facts) -> list[Action]:
    """Claims stay, unless spec.persistentVolumeClaimRetentionPolicy says otherwise."""
    stateful_set = facts.stateful_set
    policy = stateful_set.spec.persistent_volume_claim_retention_policy
    goes_when_scaled = policy is not None and policy.when_scaled == "Delete"
    names = {pod.metadata.name for pod in facts.pods}
    actions: list[Action] = []
    for claim, ordinal in _own_claims(facts):
        meta = claim.metadata
        if goes_when_scaled and ordinal not in ordinals(stateful_set):
            if pod_name(stateful_set, ordinal) not in names and not meta.is_being_deleted:
                why = f"number {ordinal} is not wanted any more and whenScaled is Delete"
                actions.append(Delete(PERSISTENT_VOLUME_CLAIMS, meta.namespace, meta.name, why, uid=meta.uid))
            continue
        owned = any(owner.uid == stateful_set.metadata.uid for owner in meta.owner_references)
        if owned != is_deleted_with_set(stateful_set):
            owners = [set_reference(stateful_set)] if not owned else []
            why = "whenDeleted says whether it goes with its StatefulSet"
            patch = {"metadata": {"ownerReferences": owners}}
            actions.append(
                Patch(
                    PERSISTENT_VOLUME_CLAIMS,
                    meta.namespace,
                    meta.name,
                    {**patch},
                    why,
                    resource_version=meta.resource_version,
                )
            )
    return actions


def _own_claims(facts: Facts) -> Iterable[tuple[PersistentVolumeClaim, int]]:
    for claim in facts.claims.values():
        ordinal = claim_ordinal(facts.stateful_set, claim)
        if ordinal is not None:
            yield claim, ordinal


def _revision_of(pod: Pod) -> str:
    return pod.metadata.labels.get(REVISION_LABEL, "")


def _is_running(pod: Pod) -> bool:
    return pod.status.phase == "Running" and is_ready(pod) and not pod.metadata.is_being_deleted
