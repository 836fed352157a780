"""Decides what a Deployment needs next: a ReplicaSet, other sizes, another number, or just a truer status.

Source: kubernetes pkg/controller/deployment/deployment_controller.go, syncDeployment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from wherry.api.apps.deployment import DEPLOYMENTS, Deployment
from wherry.api.apps.replicaset import REPLICA_SETS, ReplicaSet
from wherry.api.core.pod import Pod
from wherry.api.core.workload import pod_template
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.controllers.deployment.history import (
    REVISION,
    by_age,
    find_new,
    next_revision,
    plan_cleanup,
    wanted_annotations,
)
from wherry.controllers.deployment.progress import compute_status, is_complete, plan_deadline
from wherry.controllers.deployment.recreate import is_old_running, plan_stop_old
from wherry.controllers.deployment.rolling import Group, compute_growth, compute_limits, compute_sizes
from wherry.controllers.deployment.scaling import (
    group_of,
    is_scaled,
    plan_scale,
    plan_size,
    scaled_event,
    size_annotations,
    size_of,
)
from wherry.controllers.pod_template import HASH_LABEL, owner_document, template_hash, with_labels
from wherry.reconcile.actions import Action, Create, EventNote, Patch, PatchStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """What a Deployment's plan rests on; `replica_sets` and `pods` are its own."""

    deployment: Deployment
    replica_sets: Sequence[ReplicaSet]
    pods: Sequence[Pod]
    now_s: float
    is_name_taken: Callable[[str], bool]


def plan_deployment(facts: Facts) -> list[Action]:
    """The next step of a rollout, and the status as it is now.

    Pure: the same facts give the same actions, and a Deployment that is where it should be gives none.
    """
    deployment = facts.deployment
    new = find_new(deployment, facts.replica_sets)
    old = by_age(one for one in facts.replica_sets if new is None or one.metadata.uid != new.metadata.uid)
    if deployment.metadata.is_being_deleted:
        return _plan_status(facts, new)
    is_recreate = deployment.spec.strategy is not None and deployment.spec.strategy.type == "Recreate"
    if deployment.spec.paused or (is_scaled(deployment, facts.replica_sets) and not is_recreate):
        return [*_plan_revision(deployment, new, old), *plan_scale(deployment, new, old), *_plan_rest(facts, new, old)]
    if is_recreate:
        return _plan_recreate(facts, new, old)
    return _plan_rolling(facts, new, old)


def _plan_recreate(facts: Facts, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> list[Action]:
    deployment = facts.deployment
    stops = plan_stop_old(deployment, old)
    if stops or is_old_running(old, facts.pods):
        return [*_plan_revision(deployment, new, old), *stops, *_plan_rest(facts, new, old)]
    if new is None:
        return _plan_new(facts, old, deployment.spec.replicas or 0)
    sizes = plan_size(deployment, new, deployment.spec.replicas or 0, "the old release has stopped")
    return [*_plan_revision(deployment, new, old), *sizes, *_plan_rest(facts, new, old)]


def _plan_rolling(facts: Facts, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> list[Action]:
    deployment = facts.deployment
    limits = compute_limits(deployment)
    if new is None:
        return _plan_new(facts, old, compute_growth(limits, 0, sum(size_of(one) for one in old)))
    groups: list[Group] = [group_of(one) for one in old]
    sizes = compute_sizes(limits, group_of(new), groups)
    actions = _plan_revision(deployment, new, old)
    why = f"rolling update: at most {limits.total_max} pods, at least {limits.available_min} available"
    for one in (new, *old):
        if one is new or size_of(one) != sizes[one.metadata.name]:
            actions += plan_size(deployment, one, sizes[one.metadata.name], why)
    return [*actions, *_plan_rest(facts, new, old)]


def _plan_new(facts: Facts, old: Sequence[ReplicaSet], size: int) -> list[Action]:
    """Create the ReplicaSet of a template that none has yet."""
    deployment = facts.deployment
    meta = deployment.metadata
    word = template_hash(deployment.spec.template, deployment.status.collision_count)
    name = f"{meta.name}-{word}"
    if facts.is_name_taken(name):
        counted = msgspec.structs.replace(
            deployment.status, collision_count=(deployment.status.collision_count or 0) + 1
        )
        why = f"{name} is the name of another ReplicaSet: the next look tries another name"
        return [PatchStatus(DEPLOYMENTS, meta.namespace, meta.name, deployment.status, counted, why)]
    limits = compute_limits(deployment)
    revision = next_revision(old)
    template = with_labels(deployment.spec.template, {HASH_LABEL: word})
    labels = {**pod_template(deployment.spec.template).metadata.labels, HASH_LABEL: word}
    selector: Document = msgspec.to_builtins(deployment.spec.selector)
    section(selector, "matchLabels")[HASH_LABEL] = word
    annotations = {**wanted_annotations(deployment, revision, None), **size_annotations(limits)}
    document: Document = {
        "apiVersion": REPLICA_SETS.api_version,
        "kind": REPLICA_SETS.kind,
        "metadata": {
            "name": name,
            "namespace": meta.namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [owner_document(DEPLOYMENTS, meta)],
        },
        "spec": {
            "replicas": size,
            "minReadySeconds": deployment.spec.min_ready_seconds or 0,
            "selector": selector,
            "template": template,
        },
    }
    create = Create(
        REPLICA_SETS,
        meta.namespace,
        document,
        f"revision {revision} is new: no ReplicaSet has its template yet",
        event=scaled_event(name, 0, size) if size else None,
        failed_event=EventNote(
            "ReplicaSetCreateError", f'Failed to create new replica set "{name}": {{error}}', type="Warning"
        ),
    )
    return [
        create,
        *_plan_number(deployment, revision),
        *_plan_status(facts, None, created_name=name),
    ]


def _plan_revision(deployment: Deployment, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> list[Action]:
    """Number the newest release, on its ReplicaSet and on the Deployment."""
    if new is None:
        return []
    wanted = wanted_annotations(deployment, next_revision(old), new)
    have = new.metadata.annotations
    annotations: Document = {name: value for name, value in wanted.items() if have.get(name) != value}
    patch: Document = {"metadata": {"annotations": annotations}} if annotations else {}
    if (new.spec.min_ready_seconds or 0) != (deployment.spec.min_ready_seconds or 0):
        patch["spec"] = {"minReadySeconds": deployment.spec.min_ready_seconds or 0}
    actions: list[Action] = []
    if patch:
        why = f"it is revision {wanted[REVISION]} of Deployment {deployment.metadata.name}"
        actions.append(Patch(REPLICA_SETS, new.metadata.namespace, new.metadata.name, patch, why))
    return [*actions, *_plan_number(deployment, int(wanted[REVISION]))]


def _plan_number(deployment: Deployment, revision: int) -> list[Action]:
    meta = deployment.metadata
    if meta.annotations.get(REVISION) == str(revision):
        return []
    patch: Document = {"metadata": {"annotations": {REVISION: str(revision)}}}
    return [Patch(DEPLOYMENTS, meta.namespace, meta.name, patch, f"the template in use is revision {revision}")]


def _plan_rest(facts: Facts, new: ReplicaSet | None, old: Sequence[ReplicaSet]) -> list[Action]:
    """Status, and when all is done, the end of old revisions."""
    actions = _plan_status(facts, new)
    if is_complete(facts.deployment, compute_status(facts.deployment, facts.replica_sets, new, facts.now_s)):
        actions += plan_cleanup(facts.deployment, old)
    return actions


def _plan_status(facts: Facts, new: ReplicaSet | None, *, created_name: str = "") -> list[Action]:
    deployment = facts.deployment
    meta = deployment.metadata
    status = compute_status(deployment, facts.replica_sets, new, facts.now_s, created_name=created_name)
    actions: list[Action] = []
    if status != deployment.status:
        why = f"{status.available_replicas or 0} of {deployment.spec.replicas or 0} replicas are available"
        actions.append(PatchStatus(DEPLOYMENTS, meta.namespace, meta.name, deployment.status, status, why))
    return [*actions, *plan_deadline(deployment, status, facts.now_s)]


def orphans_to_adopt(deployment: Deployment, replica_sets: Iterable[ReplicaSet]) -> list[Action]:
    """ReplicaSets that nobody controls and that the selector means: they become this Deployment's."""
    return [
        Patch(
            REPLICA_SETS,
            one.metadata.namespace,
            one.metadata.name,
            {"metadata": {"ownerReferences": [owner_document(DEPLOYMENTS, deployment.metadata)]}},
            f"nobody controls it and Deployment {deployment.metadata.name} selects it",
            resource_version=one.metadata.resource_version,
        )
        for one in replica_sets
    ]
