"""Keeps a claim that is being deleted for as long as a pod uses it, so that no storage vanishes under it.

Source: kubernetes pkg/controller/volume/pvcprotection and the admission plugin StorageObjectInUseProtection
(whose part, adding the finalizer, is done here, right after the claim appears).
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.pods import is_terminal
from wherry.reconcile.sources import for_kind, mapped

FINALIZER = "kubernetes.io/pvc-protection"


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the claim has to be protected, or may go."""
    claim = view.lister(PERSISTENT_VOLUME_CLAIMS).get(*key)
    if claim is None:
        return []
    meta = claim.metadata
    if not meta.is_being_deleted:
        if FINALIZER in meta.finalizers:
            return []
        finalizers, why = [*meta.finalizers, FINALIZER], "claims in use must not be deleted"
    else:
        if FINALIZER not in meta.finalizers or any(uses(pod, key) for pod in view.lister(PODS).list(key.namespace)):
            return []
        finalizers, why = [name for name in meta.finalizers if name != FINALIZER], "no pod uses it any more"
    patch: Document = {"metadata": {"finalizers": finalizers or None}}
    revision = meta.resource_version
    return [Patch(PERSISTENT_VOLUME_CLAIMS, key.namespace, key.name, patch, why, resource_version=revision)]


def uses(pod: Pod, claim: ObjectKey) -> bool:
    """Whether a pod that is on a node and has not ended mounts the claim."""
    return bool(pod.spec.node_name) and not is_terminal(pod) and claim in claims_of(pod)


def claims_of(pod: Pod) -> list[ObjectKey]:
    """The claims among the pod's volumes."""
    return [
        ObjectKey(pod.metadata.namespace, volume.persistent_volume_claim.claim_name)
        for volume in pod.spec.volumes
        if volume.persistent_volume_claim is not None
    ]


PVC_PROTECTION_CONTROLLER = Controller(
    name="persistentvolumeclaim-protection-controller",
    primary=PERSISTENT_VOLUME_CLAIMS,
    sources=(for_kind(PERSISTENT_VOLUME_CLAIMS), mapped(PODS, claims_of)),
    plan=plan,
)
