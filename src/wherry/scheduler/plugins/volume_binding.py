"""A pod goes where its volumes are, and waits while they are not ready.

A claim of a class that binds immediately must be bound before its pod is placed. A claim of a class
with `WaitForFirstConsumer` is the other way round: the pod's node is chosen first, written on the claim
(see `claims_to_place`), and the volume is made there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.reconcile.node_selectors import selects
from wherry.scheduler.framework import Facts, Plugin
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

SELECTED_NODE = "volume.kubernetes.io/selected-node"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
ELSEWHERE = "node(s) didn't match PersistentVolume's node affinity"
NOT_HERE = "node(s) didn't find available persistent volumes to bind"
VOLUME_GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"


def claim_names(pod: PodInfo) -> Iterator[str]:
    """The claims that the pod mounts."""
    for volume in pod.pod.spec.volumes:
        if volume.persistent_volume_claim is not None:
            yield volume.persistent_volume_claim.claim_name


def is_bound(claim: PersistentVolumeClaim) -> bool:
    """Whether the claim has its volume."""
    return claim.spec.volume_name != "" and claim.status.phase == "Bound"


def claims_to_place(pod: PodInfo, facts: Facts) -> list[PersistentVolumeClaim]:
    """The pod's claims that wait for its node to be chosen."""
    claims = [facts.claims.get(pod.key.namespace, name) for name in claim_names(pod)]
    return [claim for claim in claims if claim is not None and not is_bound(claim)]


def _waits_for_consumer(claim: PersistentVolumeClaim, facts: Facts) -> bool:
    storage_class = facts.classes.get("", claim.spec.storage_class_name) if claim.spec.storage_class_name else None
    return storage_class is not None and storage_class.volume_binding_mode == "WaitForFirstConsumer"


def _check(pod: PodInfo, facts: Facts) -> str:
    for name in claim_names(pod):
        claim = facts.claims.get(pod.key.namespace, name)
        if claim is None:
            return f'persistentvolumeclaim "{name}" not found'
        if claim.metadata.deletion_timestamp:
            return f'persistentvolumeclaim "{name}" is being deleted'
        if claim.status.phase == "Lost":
            return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{claim.spec.volume_name}"'
        if not is_bound(claim) and (claim.spec.volume_name or not _waits_for_consumer(claim, facts)):
            return UNBOUND
    return ""


def _filter(pod: PodInfo, node: NodeInfo, facts: Facts) -> Sequence[str]:
    reasons = []
    for name in claim_names(pod):
        claim = facts.claims.get(pod.key.namespace, name)
        if claim is None:
            continue
        if is_bound(claim):
            reason = _refuse_volume(claim.spec.volume_name, node, facts)
        else:
            selected = claim.metadata.annotations.get(SELECTED_NODE, "")
            reason = NOT_HERE if selected and selected != node.name else ""
        if reason and reason not in reasons:
            reasons.append(reason)
    return reasons


def _refuse_volume(name: str, node: NodeInfo, facts: Facts) -> str:
    volume = facts.volumes.get("", name)
    if volume is None:
        return VOLUME_GONE
    affinity = volume.spec.node_affinity
    if affinity is not None and affinity.required is not None and not selects(affinity.required, node.node):
        return ELSEWHERE
    return ""


VOLUME_BINDING = Plugin(
    name="VolumeBinding",
    check=_check,
    filter=_filter,
    woken_by=frozenset({"node-added", "node-changed", "claim-changed", "volume-changed", "class-changed"}),
)
