"""Keeps a volume that is being deleted for as long as a claim is bound to it.

Source: kubernetes pkg/controller/volume/pvprotection; new volumes get the finalizer at admission.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.persistent_volume import PERSISTENT_VOLUMES
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import Action, Patch
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind

FINALIZER = "kubernetes.io/pv-protection"


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the volume has to be protected, or may go."""
    volume = view.lister(PERSISTENT_VOLUMES).get(*key)
    if volume is None:
        return []
    meta = volume.metadata
    if not meta.is_being_deleted:
        if FINALIZER in meta.finalizers:
            return []
        finalizers, why = [*meta.finalizers, FINALIZER], "volumes in use must not be deleted"
    else:
        if FINALIZER not in meta.finalizers or volume.status.phase == "Bound":
            return []
        finalizers, why = [name for name in meta.finalizers if name != FINALIZER], "no claim is bound to it any more"
    patch: Document = {"metadata": {"finalizers": finalizers or None}}
    return [Patch(PERSISTENT_VOLUMES, "", key.name, patch, why, resource_version=meta.resource_version)]


PV_PROTECTION_CONTROLLER = Controller(
    name="persistentvolume-protection-controller",
    primary=PERSISTENT_VOLUMES,
    sources=(for_kind(PERSISTENT_VOLUMES),),
    plan=plan,
)
