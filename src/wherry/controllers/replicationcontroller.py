"""Keeps the pods of a ReplicationController running: the older form of a ReplicaSet, looked at as one.

Source: kubernetes pkg/controller/replication, which does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from wherry.api.apps.replicaset import ReplicaSet, ReplicaSetSpec, ReplicaSetStatus
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.replicationcontroller import (
    REPLICATION_CONTROLLERS,
    ReplicationController,
    ReplicationControllerStatus,
)
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.replicaset import plan_replicas
from wherry.reconcile.actions import Action, Create, PatchStatus
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, matched, owned_by


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide how to get from the pods that exist to the pods that are wanted."""
    controller = view.lister(REPLICATION_CONTROLLERS).get(*key)
    if controller is None:
        return []
    related = view.lister(PODS).owned_by(controller.metadata.uid)
    actions = plan_replicas(as_replica_set(controller), related, view, REPLICATION_CONTROLLERS)
    return [_in_its_words(action) for action in actions]


def as_replica_set(controller: ReplicationController) -> ReplicaSet:
    """The ReplicaSet that would do the same."""
    spec, status = controller.spec, controller.status
    return ReplicaSet(
        metadata=controller.metadata,
        spec=ReplicaSetSpec(
            replicas=spec.replicas,
            min_ready_seconds=spec.min_ready_seconds,
            selector=LabelSelector(match_labels=spec.selector),
            template=spec.template,
        ),
        status=ReplicaSetStatus(**{name: getattr(status, name) for name in status.__struct_fields__}),
    )


def _in_its_words(action: Action) -> Action:
    """An action with the status of a ReplicationController in it instead of a ReplicaSet's."""
    if isinstance(action, PatchStatus):
        return _status_of_its_own(action)
    if isinstance(action, Create) and action.on_failure is not None:
        on_failure = action.on_failure
        return replace(action, on_failure=lambda error: _status_of_its_own(on_failure(error)))
    return action


def _status_of_its_own(patch: PatchStatus) -> PatchStatus:
    return replace(patch, old=_own_status(patch.old), new=_own_status(patch.new))


def _own_status(status: msgspec.Struct) -> ReplicationControllerStatus:
    names = ReplicationControllerStatus.__struct_fields__
    return ReplicationControllerStatus(**{name: getattr(status, name) for name in names})


def _adopters(pod: Pod, view: View) -> list[ObjectKey]:
    """The ReplicationControllers that would adopt this pod, if nobody controls it."""
    if pod.metadata.controller is not None:
        return []
    return [
        controller.metadata.key
        for controller in view.lister(REPLICATION_CONTROLLERS).list(pod.metadata.namespace)
        if controller.spec.selector and controller.spec.selector.items() <= pod.metadata.labels.items()
    ]


REPLICATION_CONTROLLER = Controller(
    name="replication-controller",
    primary=REPLICATION_CONTROLLERS,
    sources=(for_kind(REPLICATION_CONTROLLERS), owned_by(PODS, REPLICATION_CONTROLLERS), matched(PODS, _adopters)),
    plan=plan,
)
