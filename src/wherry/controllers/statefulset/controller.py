"""Wires the StatefulSet's plan to the caches."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.pod import PODS
from wherry.apimachinery.meta import ObjectKey, ObjectMeta
from wherry.controllers.statefulset.plan import Facts, plan_stateful_set
from wherry.reconcile.actions import Action
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, owned_by


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Look at one StatefulSet."""
    stateful_set = view.lister(STATEFUL_SETS).get(*key)
    if stateful_set is None:
        return ()
    uid = stateful_set.metadata.uid

    def is_own(meta: ObjectMeta) -> bool:
        return meta.controller is not None and meta.controller.uid == uid

    revisions = view.lister(CONTROLLER_REVISIONS)
    has_claims = bool(stateful_set.spec.volume_claim_templates)
    claims = view.lister(PERSISTENT_VOLUME_CLAIMS).list(key.namespace) if has_claims else ()
    return plan_stateful_set(
        Facts(
            stateful_set=stateful_set,
            pods=[pod for pod in view.lister(PODS).owned_by(uid) if is_own(pod.metadata)],
            claims={claim.metadata.name: claim for claim in claims},
            revisions=[one for one in revisions.owned_by(uid) if is_own(one.metadata)],
            now_s=view.now_s,
            is_revision_name_taken=lambda name: revisions.get(key.namespace, name) is not None,
        )
    )


STATEFUL_SET_CONTROLLER = Controller(
    name="statefulset-controller",
    primary=STATEFUL_SETS,
    sources=(
        for_kind(STATEFUL_SETS),
        owned_by(PODS, STATEFUL_SETS),
        owned_by(CONTROLLER_REVISIONS, STATEFUL_SETS),
    ),
    plan=plan,
    reads=(PERSISTENT_VOLUME_CLAIMS,),
)
