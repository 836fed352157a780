"""Wires the Deployment's plan to the caches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.deployment.plan import Facts, orphans_to_adopt, plan_deployment
from wherry.reconcile.actions import Action
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, matched, owned_by


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Look at one Deployment."""
    deployment = view.lister(DEPLOYMENTS).get(*key)
    selector = selector_from(deployment.spec.selector) if deployment else None
    if deployment is None or selector is None or selector.is_everything:
        return ()
    replica_sets = view.lister(REPLICA_SETS)
    uid = deployment.metadata.uid
    owned = [
        one for one in replica_sets.owned_by(uid) if (owner := one.metadata.controller) is not None and owner.uid == uid
    ]
    if not deployment.metadata.is_being_deleted:
        orphans = [
            one
            for one in replica_sets.list(key.namespace)
            if one.metadata.controller is None
            and not one.metadata.is_being_deleted
            and selector.matches(one.metadata.labels)
        ]
        if orphans:
            return orphans_to_adopt(deployment, orphans)
    pods: list[Pod] = []
    if deployment.spec.strategy is not None and deployment.spec.strategy.type == "Recreate":
        lister = view.lister(PODS)
        pods = [pod for one in owned for pod in lister.owned_by(one.metadata.uid)]
    return plan_deployment(
        Facts(
            deployment=deployment,
            replica_sets=owned,
            pods=pods,
            now_s=view.now_s,
            is_name_taken=lambda name: replica_sets.get(key.namespace, name) is not None,
        )
    )


def _deployment_of_pod(pod: Pod, view: View) -> Iterable[ObjectKey]:
    """The Deployment behind a pod's ReplicaSet, if it waits for its old pods to go."""
    owner = pod.metadata.controller
    if owner is None or owner.kind != REPLICA_SETS.kind:
        return
    replica_set = view.lister(REPLICA_SETS).get(pod.metadata.namespace, owner.name)
    above = replica_set.metadata.controller if replica_set else None
    if above is None or above.kind != DEPLOYMENTS.kind:
        return
    deployment = view.lister(DEPLOYMENTS).get(pod.metadata.namespace, above.name)
    if deployment and deployment.spec.strategy and deployment.spec.strategy.type == "Recreate":
        yield ObjectKey(pod.metadata.namespace, above.name)


DEPLOYMENT_CONTROLLER = Controller(
    name="deployment-controller",
    primary=DEPLOYMENTS,
    sources=(
        for_kind(DEPLOYMENTS),
        owned_by(REPLICA_SETS, DEPLOYMENTS),
        matched(PODS, _deployment_of_pod),
    ),
    plan=plan,
)
