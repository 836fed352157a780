"""Makes PersistentVolumes out of directories: the provisioner `wherry.dev/local-path`.

A claim of a class with this provisioner gets the volume `pvc-<uid>`, a directory below the cluster's
own volume directory on the node that the scheduler has chosen for the claim's first pod; the node agent
creates it when it is first mounted. When such a volume is released and its policy is Delete, the
directory is removed by the function that the composition root passes in (it knows on which machine the
directory is) and only then the volume: a failure leaves both, and is tried again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import PurePosixPath

from wherry.api.core.node import NODES, Node
from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES, PersistentVolume
from wherry.api.core.persistent_volume_claim import PERSISTENT_VOLUME_CLAIMS, PersistentVolumeClaim
from wherry.api.storage.storageclass import STORAGE_CLASSES, StorageClass
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Create, Delete, Emit, EventNote, LiveObject, Perform
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, mapped, matched

PROVISIONER = "wherry.dev/local-path"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
HOSTNAME = "kubernetes.io/hostname"
WAIT_FOR_FIRST_CONSUMER = "WaitForFirstConsumer"

RemoveDirectory = Callable[[str], Awaitable[None]]
"""Removes a directory and all that is in it; that it is gone already is success."""


def volume_provisioner(data_dir: str, remove_directory: RemoveDirectory) -> Controller:
    """The controller that keeps volumes below the absolute path `data_dir`."""

    def plan(key: ObjectKey, view: View) -> Sequence[Action]:
        if key.namespace:
            return plan_claim(key, view, data_dir)
        return plan_removal(key, view, data_dir, remove_directory)

    return Controller(
        name=PROVISIONER,
        primary=PERSISTENT_VOLUME_CLAIMS,
        sources=(
            for_kind(PERSISTENT_VOLUME_CLAIMS),
            for_kind(PERSISTENT_VOLUMES),
            mapped(PERSISTENT_VOLUMES, _claim_of),
            matched(STORAGE_CLASSES, _claims_of_class),
        ),
        reads=(NODES,),
        plan=plan,
    )


def plan_claim(key: ObjectKey, view: View, data_dir: str) -> Sequence[Action]:
    """Decide whether the claim needs a new volume from here."""
    claim = view.lister(PERSISTENT_VOLUME_CLAIMS).get(*key)
    if claim is None or claim.metadata.is_being_deleted or claim.spec.volume_name:
        return []
    storage_class = view.lister(STORAGE_CLASSES).get("", claim.spec.storage_class_name)
    if storage_class is None or storage_class.provisioner != PROVISIONER:
        return []
    name = volume_name(claim)
    if view.lister(PERSISTENT_VOLUMES).get("", name) is not None:
        return []
    if claim.spec.volume_mode == "Block":
        name = storage_class.metadata.name
        message = f'failed to provision volume with StorageClass "{name}": block volumes are not supported'
        return [Emit(EventNote("ProvisioningFailed", message, "Warning"), why="it asks for a block device")]
    node = chosen_node(claim, storage_class, view)
    if node is None:
        return []
    return [
        Create(
            PERSISTENT_VOLUMES,
            "",
            build_volume(claim, storage_class, node, data_dir),
            why=f"the claim {key} waits for a volume on node {node.metadata.name}",
            event=EventNote("ProvisioningSucceeded", f"Successfully provisioned volume {name}"),
            failed_event=EventNote("ProvisioningFailed", "failed to create the volume: {error}", "Warning"),
            exists_ok=True,
        )
    ]


def volume_name(claim: PersistentVolumeClaim) -> str:
    """The one name that this claim's volume can have, so that it is never made twice."""
    return f"pvc-{claim.metadata.uid}"


def chosen_node(claim: PersistentVolumeClaim, storage_class: StorageClass, view: View) -> Node | None:
    """Where the volume has to be: the scheduler's choice; without waiting for one, the first node there is."""
    selected = claim.metadata.annotations.get(SELECTED_NODE)
    nodes = view.lister(NODES)
    if selected:
        return nodes.get("", selected)
    if storage_class.volume_binding_mode == WAIT_FOR_FIRST_CONSUMER:
        return None
    return min(nodes.list(), key=lambda node: node.metadata.name, default=None)


def build_volume(claim: PersistentVolumeClaim, storage_class: StorageClass, node: Node, data_dir: str) -> Document:
    """The whole volume: a directory on one node, kept for one claim."""
    meta, name = claim.metadata, volume_name(claim)
    requests = claim.spec.resources.requests if claim.spec.resources is not None else {}
    hostname = node.metadata.labels.get(HOSTNAME, node.metadata.name)
    term = {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [hostname]}]}
    path = PurePosixPath(data_dir) / f"{name}_{meta.namespace}_{meta.name}"
    return {
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": requests.get("storage", "0")},
            "accessModes": list(claim.spec.access_modes),
            "claimRef": {
                "kind": "PersistentVolumeClaim",
                "apiVersion": "v1",
                "namespace": meta.namespace,
                "name": meta.name,
                "uid": meta.uid,
            },
            "hostPath": {"path": str(path), "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
            "persistentVolumeReclaimPolicy": storage_class.reclaim_policy or "Delete",
            "storageClassName": storage_class.metadata.name,
            "mountOptions": list(storage_class.mount_options),
            "volumeMode": "Filesystem",
        },
    }


def plan_removal(key: ObjectKey, view: View, data_dir: str, remove_directory: RemoveDirectory) -> Sequence[Action]:
    """Decide whether a volume made here has served its time: then its directory goes, then it."""
    volume = view.lister(PERSISTENT_VOLUMES).get(*key)
    if volume is None or not is_ours(volume, data_dir) or volume.metadata.is_being_deleted:
        return []
    spec, claim = volume.spec, volume.spec.claim_ref
    if volume.status.phase != "Released" or spec.persistent_volume_reclaim_policy != "Delete":
        return []
    if claim is None or spec.host_path is None:
        return []
    gone = (LiveObject(PERSISTENT_VOLUME_CLAIMS, claim.namespace, claim.name, claim.uid),)
    why = f"its claim {ObjectKey(claim.namespace, claim.name)} is gone and its policy is Delete"
    remove = partial(remove_directory, spec.host_path.path)
    meta = volume.metadata
    return [
        Perform(remove, PERSISTENT_VOLUMES, "", meta.name, why, unless=gone),
        Delete(PERSISTENT_VOLUMES, "", meta.name, why, uid=meta.uid),
    ]


def is_ours(volume: PersistentVolume, data_dir: str) -> bool:
    """Whether the volume was made here and its directory lies directly in the volume directory.

    Anybody who may write PersistentVolumes could otherwise have any directory of the machine removed.
    """
    if volume.metadata.annotations.get(PROVISIONED_BY) != PROVISIONER or volume.spec.host_path is None:
        return False
    path = PurePosixPath(volume.spec.host_path.path)
    return path.parent == PurePosixPath(data_dir) and path.name.startswith("pvc-")


def _claim_of(volume: PersistentVolume) -> list[ObjectKey]:
    claim = volume.spec.claim_ref
    return [ObjectKey(claim.namespace, claim.name)] if claim is not None else []


def _claims_of_class(storage_class: StorageClass, view: View) -> list[ObjectKey]:
    name = storage_class.metadata.name
    return [
        claim.metadata.key
        for claim in view.lister(PERSISTENT_VOLUME_CLAIMS).list()
        if claim.spec.storage_class_name == name and not claim.spec.volume_name
    ]
