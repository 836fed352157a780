"""Marries claims to volumes: finds the smallest volume that will do, ties both to each other, keeps both phases true.

Claims are planned under their own keys, volumes under keys without a namespace. The volume is tied
first (claimRef, against its very revision), so that two claims can never both get it; then the claim.

Source: kubernetes pkg/controller/volume/persistentvolume (syncClaim, syncVolume) and volume/index.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from wherry.api.core.node import NODES, Node
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES, PersistentVolume
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS, PersistentVolumeClaim
from wherry.api.storage.storageclass import STORAGE_CLASSES, StorageClass
from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.quantity import QuantityText, parse_quantity
from wherry.apimachinery.timestamps import format_time
from wherry.reconcile.actions import Action, Emit, EventNote, Patch, PatchStatus
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, mapped, matched

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
STORAGE_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
NO_PROVISIONER = "kubernetes.io/no-provisioner"
HOSTNAME = "kubernetes.io/hostname"

WAITING = EventNote("WaitForFirstConsumer", "waiting for first consumer to be created before binding")
NOTHING_FITS = EventNote("FailedBinding", "no persistent volumes available for this claim and no storage class is set")
LOST = EventNote("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!", "Warning")
MISBOUND = EventNote(
    "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly", "Warning"
)


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide about one claim, or (without a namespace) one volume."""
    if not key.namespace:
        volume = view.lister(PERSISTENT_VOLUMES).get(*key)
        return plan_volume(volume, view) if volume is not None and not volume.metadata.is_being_deleted else []
    claim = view.lister(PERSISTENT_VOLUME_CLAIMS).get(*key)
    if claim is None or claim.metadata.is_being_deleted:
        return []
    return plan_bound_claim(claim, view) if claim.spec.volume_name else plan_unbound_claim(claim, view)


def plan_bound_claim(claim: PersistentVolumeClaim, view: View) -> Sequence[Action]:
    """A claim that names its volume: see that the volume knows, or that the claim knows its loss."""
    volume = view.lister(PERSISTENT_VOLUMES).get("", claim.spec.volume_name)
    was_bound = BIND_COMPLETED in claim.metadata.annotations
    if volume is None:
        return _lose(claim, LOST, "its volume is gone") if was_bound else _pend(claim, "its volume does not exist yet")
    if volume.spec.claim_ref is not None and not is_for(volume, claim):
        return _lose(claim, MISBOUND, "its volume is another's") if was_bound else _pend(claim, "its volume is taken")
    return plan_binding(claim, volume, view)


def plan_unbound_claim(claim: PersistentVolumeClaim, view: View) -> Sequence[Action]:
    """A claim without a volume: bind the best that is there, or say what it waits for."""
    volumes = view.lister(PERSISTENT_VOLUMES)
    kept = next((volume for volume in volumes.list() if is_for(volume, claim)), None)
    if kept is not None:
        return plan_binding(claim, kept, view)
    storage_class = view.lister(STORAGE_CLASSES).get("", claim.spec.storage_class_name)
    selected = claim.metadata.annotations.get(SELECTED_NODE, "")
    waits = storage_class is not None and storage_class.volume_binding_mode == "WaitForFirstConsumer"
    if waits and not selected:
        return [*_pend(claim, "it waits for its first pod"), Emit(WAITING, why="its class waits for the first pod")]
    found = find_volume(claim, volumes.list(), view.lister(NODES).get("", selected) if selected else None)
    if found is not None:
        return plan_binding(claim, found, view)
    if storage_class is None or storage_class.provisioner in ("", NO_PROVISIONER):
        return [*_pend(claim, "no volume fits"), Emit(NOTHING_FITS, why="no volume fits and nobody makes one")]
    provisioner = storage_class.provisioner
    message = (
        f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the "
        "system administrator. If volume creation is delayed, please verify that the provisioner is running and "
        "correctly registered."
    )
    actions: list[Action] = [*_pend(claim, f"{provisioner} is making its volume")]
    if claim.metadata.annotations.get(STORAGE_PROVISIONER) != provisioner:
        patch: Document = {"metadata": {"annotations": {STORAGE_PROVISIONER: provisioner}}}
        why = f"{provisioner} is asked for a volume"
        note = EventNote("ExternalProvisioning", message)
        actions.append(
            Patch(PERSISTENT_VOLUME_CLAIMS, claim.metadata.namespace, claim.metadata.name, patch, why, event=note)
        )
    return actions


def find_volume(
    claim: PersistentVolumeClaim, volumes: Iterable[PersistentVolume], node: Node | None
) -> PersistentVolume | None:
    """The smallest free volume that satisfies the claim (and can be reached from `node`), or None."""
    fitting = [volume for volume in volumes if fits(volume, claim) and (node is None or is_reachable(volume, node))]
    return min(fitting, key=lambda volume: (_storage(volume.spec.capacity), volume.metadata.name), default=None)


def fits(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether a volume is free and has the class, size, modes and labels that the claim asks for."""
    spec, wanted = volume.spec, claim.spec
    requests = wanted.resources.requests if wanted.resources is not None else {}
    return (
        spec.claim_ref is None
        and not volume.metadata.is_being_deleted
        and volume.status.phase in ("", "Pending", "Available")
        and spec.storage_class_name == wanted.storage_class_name
        and (spec.volume_mode or "Filesystem") == (wanted.volume_mode or "Filesystem")
        and set(wanted.access_modes) <= set(spec.access_modes)
        and _storage(spec.capacity) >= _storage(requests)
        and (wanted.selector is None or selector_from(wanted.selector).matches(volume.metadata.labels))
    )


def is_reachable(volume: PersistentVolume, node: Node) -> bool:
    """Whether the volume's node affinity lets it be used on the node."""
    affinity = volume.spec.node_affinity
    if affinity is None or affinity.required is None:
        return True
    labels = {HOSTNAME: node.metadata.name, **node.metadata.labels}
    return any(
        all(
            (labels.get(each.key) in each.values) == (each.operator == "In")
            for each in term.match_expressions
            if each.operator in ("In", "NotIn")
        )
        and all(each.key in labels for each in term.match_expressions if each.operator == "Exists")
        and not any(each.key in labels for each in term.match_expressions if each.operator == "DoesNotExist")
        for term in affinity.required.node_selector_terms
    )


def is_for(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether the volume is tied to this claim (or kept for one of its name, by somebody who knew no uid)."""
    reference, meta = volume.spec.claim_ref, claim.metadata
    if reference is None or (reference.namespace, reference.name) != (meta.namespace, meta.name):
        return False
    return reference.uid in ("", meta.uid)


def plan_binding(claim: PersistentVolumeClaim, volume: PersistentVolume, view: View) -> Sequence[Action]:
    """Tie the two, the volume first; whatever is done already is not done again."""
    meta, why = claim.metadata, f"claim {claim.metadata.key} and volume {volume.metadata.name} fit each other"
    actions: list[Action] = []
    reference = volume.spec.claim_ref
    if reference is None or not reference.uid:
        tie = {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": meta.namespace, "name": meta.name}
        patch: Document = {"spec": {"claimRef": {**tie, "uid": meta.uid}}}
        if reference is None:
            patch["metadata"] = {"annotations": {BOUND_BY_CONTROLLER: "yes"}}
        revision = volume.metadata.resource_version
        actions.append(Patch(PERSISTENT_VOLUMES, "", volume.metadata.name, patch, why, resource_version=revision))
    actions += _phase(volume, "Bound", why, view)
    annotations = {BIND_COMPLETED: "yes"}
    if not claim.spec.volume_name:
        annotations[BOUND_BY_CONTROLLER] = "yes"
    if not claim.spec.volume_name or BIND_COMPLETED not in meta.annotations:
        change: Document = {
            "metadata": {"annotations": annotations},
            "spec": {"volumeName": volume.metadata.name},
        }
        actions.append(Patch(PERSISTENT_VOLUME_CLAIMS, meta.namespace, meta.name, change, why))
    status = msgspec.structs.replace(
        claim.status, phase="Bound", access_modes=volume.spec.access_modes, capacity=volume.spec.capacity
    )
    if status != claim.status:
        actions.append(PatchStatus(PERSISTENT_VOLUME_CLAIMS, meta.namespace, meta.name, claim.status, status, why))
    return actions


def plan_volume(volume: PersistentVolume, view: View) -> Sequence[Action]:
    """Decide what a volume's phase is: Available, Bound or Released."""
    reference = volume.spec.claim_ref
    if reference is None or not reference.uid:
        return _phase(volume, "Available", "nobody has claimed it", view)
    claim = view.lister(PERSISTENT_VOLUME_CLAIMS).get(reference.namespace, reference.name)
    if claim is None or claim.metadata.uid != reference.uid:
        return _phase(volume, "Released", f"its claim {reference.namespace}/{reference.name} is gone", view)
    if claim.spec.volume_name == volume.metadata.name:
        return _phase(volume, "Bound", f"claim {claim.metadata.key} uses it", view)
    if claim.spec.volume_name and BOUND_BY_CONTROLLER in volume.metadata.annotations:
        patch: Document = {
            "metadata": {"annotations": {BOUND_BY_CONTROLLER: None}},
            "spec": {"claimRef": None},
        }
        why = f"claim {claim.metadata.key} has another volume"
        revision = volume.metadata.resource_version
        return [Patch(PERSISTENT_VOLUMES, "", volume.metadata.name, patch, why, resource_version=revision)]
    return _phase(volume, "Available", "its claim has not taken it yet", view) if not volume.status.phase else []


def _phase(volume: PersistentVolume, phase: str, why: str, view: View) -> list[Action]:
    if volume.status.phase == phase:
        return []
    status = msgspec.structs.replace(volume.status, phase=phase, last_phase_transition_time=format_time(view.now_s))
    return [PatchStatus(PERSISTENT_VOLUMES, "", volume.metadata.name, volume.status, status, why)]


def _pend(claim: PersistentVolumeClaim, why: str) -> list[Action]:
    return _claim_phase(claim, "Pending", why)


def _lose(claim: PersistentVolumeClaim, note: EventNote, why: str) -> list[Action]:
    changed = _claim_phase(claim, "Lost", why)
    return [*changed, Emit(note, why)] if changed else []


def _claim_phase(claim: PersistentVolumeClaim, phase: str, why: str) -> list[Action]:
    if claim.status.phase == phase:
        return []
    status = msgspec.structs.replace(claim.status, phase=phase)
    meta = claim.metadata
    return [PatchStatus(PERSISTENT_VOLUME_CLAIMS, meta.namespace, meta.name, claim.status, status, why)]


def _storage(amounts: Mapping[str, QuantityText]) -> Fraction:
    return parse_quantity(amounts.get("storage", "0"))


def _volume_of(claim: PersistentVolumeClaim, view: View) -> list[ObjectKey]:
    """The volume that a claim names, and those that name the claim."""
    tied = [
        ObjectKey("", volume.metadata.name)
        for volume in view.lister(PERSISTENT_VOLUMES).list()
        if is_named(volume, claim)
    ]
    return [ObjectKey("", claim.spec.volume_name), *tied] if claim.spec.volume_name else tied


def is_named(volume: PersistentVolume, claim: PersistentVolumeClaim) -> bool:
    """Whether the volume's claimRef has this claim's name, whatever the uid."""
    reference = volume.spec.claim_ref
    return reference is not None and (reference.namespace, reference.name) == claim.metadata.key


def _claims_of(volume: PersistentVolume, view: View) -> list[ObjectKey]:
    """The claim that a volume is for; a free one concerns every claim of its class that waits."""
    reference = volume.spec.claim_ref
    if reference is not None:
        return [ObjectKey(reference.namespace, reference.name)]
    name = volume.metadata.name
    return [
        claim.metadata.key
        for claim in view.lister(PERSISTENT_VOLUME_CLAIMS).list()
        if claim.spec.volume_name in ("", name) and claim.spec.storage_class_name == volume.spec.storage_class_name
    ]


def _claims_of_class(storage_class: StorageClass, view: View) -> list[ObjectKey]:
    """The claims that wait for something of this class."""
    name = storage_class.metadata.name
    return [
        claim.metadata.key
        for claim in view.lister(PERSISTENT_VOLUME_CLAIMS).list()
        if claim.spec.storage_class_name == name and not claim.spec.volume_name
    ]


PV_BINDER_CONTROLLER = Controller(
    name="persistentvolume-controller",
    primary=PERSISTENT_VOLUME_CLAIMS,
    sources=(
        for_kind(PERSISTENT_VOLUME_CLAIMS),
        matched(PERSISTENT_VOLUME_CLAIMS, _volume_of),
        matched(PERSISTENT_VOLUMES, _claims_of),
        mapped(PERSISTENT_VOLUMES, lambda volume: [volume.metadata.key]),
        matched(STORAGE_CLASSES, _claims_of_class),
    ),
    reads=(NODES,),
    plan=plan,
)
