"""Claims and volumes find each other."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from suites.controller_objects import NOW_S, meta, node
from suites.fake_view import FakeView
from wherry.api.core.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from wherry.api.core.binding import ObjectReference
from wherry.api.core.persistent_volume import (
    PersistentVolume,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
    VolumeNodeAffinity,
)
from wherry.api.core.persistent_volume_claim import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    PersistentVolumeClaimStatus,
    VolumeResourceRequirements,
)
from wherry.api.storage.storageclass import StorageClass
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.pv_binder import BIND_COMPLETED, BOUND_BY_CONTROLLER, PV_BINDER_CONTROLLER, plan
from wherry.reconcile.actions import Action, Emit, Patch, PatchStatus

KEY = ObjectKey("ns", "data")
RWO = ("ReadWriteOnce",)


def claim(
    *, phase: str = "Pending", annotations: dict[str, str] | None = None, **spec: object
) -> PersistentVolumeClaim:
    known = {
        "access_modes": RWO,
        "storage_class_name": "manual",
        "resources": VolumeResourceRequirements(requests={"storage": "1Gi"}),
    }
    return PersistentVolumeClaim(
        metadata=meta("data", annotations=annotations or {}),
        spec=msgspec.structs.replace(PersistentVolumeClaimSpec(), **{**known, **spec}),
        status=PersistentVolumeClaimStatus(phase=phase),
    )


def volume(
    name: str, size: str = "1Gi", *, phase: str = "Available", labels: dict[str, str] | None = None, **spec: object
) -> PersistentVolume:
    known = {"access_modes": RWO, "storage_class_name": "manual", "capacity": {"storage": size}}
    return PersistentVolume(
        metadata=meta(name, "", labels=labels or {}),
        spec=msgspec.structs.replace(PersistentVolumeSpec(), **{**known, **spec}),
        status=PersistentVolumeStatus(phase=phase),
    )


def tie(uid: str = "uid-data") -> ObjectReference:
    return ObjectReference(kind="PersistentVolumeClaim", namespace="ns", name="data", uid=uid)


def storage_class(mode: str = "WaitForFirstConsumer", provisioner: str = "wherry.dev/local-path") -> StorageClass:
    return StorageClass(metadata=meta("manual", ""), provisioner=provisioner, volume_binding_mode=mode)


def plan_claim(*objects: msgspec.Struct) -> Sequence[Action]:
    return plan(KEY, FakeView(objects, now_s=NOW_S))


def plan_volume(*objects: msgspec.Struct) -> Sequence[Action]:
    return plan(ObjectKey("", "v"), FakeView(objects, now_s=NOW_S))


def phases(actions: Sequence[Action]) -> list[str]:
    return [action.new.phase for action in actions if isinstance(action, PatchStatus)]  # type: ignore[attr-defined]


def bound_to(actions: Sequence[Action]) -> list[str]:
    return [
        action.patch["spec"]["volumeName"]  # type: ignore[index]
        for action in actions
        if isinstance(action, Patch) and action.resource.plural == "persistentvolumeclaims"
    ]


def said(actions: Sequence[Action]) -> list[str]:
    return [action.event.reason for action in actions if isinstance(action, Emit)]


def test_the_smallest_volume_that_will_do_is_bound_volume_first() -> None:
    tie_volume, bound, tie_claim, claimed = plan_claim(
        claim(), volume("big", "10Gi"), volume("fit", "2Gi"), volume("small", "1Mi")
    )
    assert isinstance(tie_volume, Patch)
    assert (tie_volume.name, tie_volume.resource_version) == ("fit", "5")
    assert tie_volume.patch["spec"] == {
        "claimRef": {
            "kind": "PersistentVolumeClaim",
            "apiVersion": "v1",
            "namespace": "ns",
            "name": "data",
            "uid": "uid-data",
        }
    }
    assert isinstance(tie_claim, Patch)
    assert tie_claim.patch == {
        "metadata": {"annotations": {BIND_COMPLETED: "yes", BOUND_BY_CONTROLLER: "yes"}},
        "spec": {"volumeName": "fit"},
    }
    assert phases([bound, claimed]) == ["Bound", "Bound"]
    assert isinstance(claimed, PatchStatus)
    assert isinstance(claimed.new, PersistentVolumeClaimStatus)
    assert (claimed.new.capacity, claimed.new.access_modes) == ({"storage": "2Gi"}, RWO)


def test_what_is_bound_on_both_sides_needs_nothing() -> None:
    married = msgspec.structs.replace(
        claim(annotations={BIND_COMPLETED: "yes"}, volume_name="v"),
        status=PersistentVolumeClaimStatus(phase="Bound", access_modes=RWO, capacity={"storage": "1Gi"}),
    )
    mine = volume("v", phase="Bound", claim_ref=tie())
    assert plan_claim(married, mine) == []
    assert plan_volume(married, mine) == []


def test_class_modes_labels_and_other_claims_are_minded() -> None:
    chosen = LabelSelector(match_labels={"disk": "ssd"})
    unfit = [
        volume("other-class", storage_class_name="x"),
        volume("read-only", access_modes=("ReadOnlyMany",)),
        volume("block", volume_mode="Block"),
        volume("taken", claim_ref=ObjectReference(namespace="ns", name="other", uid="u")),
        volume("released", phase="Released"),
        volume("unlabelled"),
    ]
    actions = plan_claim(claim(selector=chosen), *unfit)
    assert (bound_to(actions), said(actions)) == ([], ["FailedBinding"])
    assert bound_to(plan_claim(claim(selector=chosen), *unfit, volume("ssd", labels={"disk": "ssd"}))) == ["ssd"]


def test_a_volume_kept_for_the_claim_is_taken_even_if_it_would_not_fit() -> None:
    kept = volume("kept", "1Mi", claim_ref=tie(uid=""))
    actions = plan_claim(claim(), storage_class(), kept, volume("fit"))
    assert bound_to(actions) == ["kept"]
    assert isinstance(actions[0], Patch)
    assert "metadata" not in actions[0].patch, "a person tied it, not the controller"


def test_a_class_that_waits_waits_for_the_first_pod() -> None:
    actions = plan_claim(claim(phase=""), storage_class(), volume("fit"))
    assert (bound_to(actions), said(actions), phases(actions)) == ([], ["WaitForFirstConsumer"], ["Pending"])


def test_once_a_node_is_chosen_a_volume_there_is_bound_or_asked_for() -> None:
    def on(name: str, host: str) -> PersistentVolume:
        requirement = NodeSelectorRequirement(key="kubernetes.io/hostname", operator="In", values=(host,))
        terms = (NodeSelectorTerm(match_expressions=(requirement,)),)
        return volume(name, node_affinity=VolumeNodeAffinity(required=NodeSelector(node_selector_terms=terms)))

    chosen = claim(annotations={"volume.kubernetes.io/selected-node": "n2"})
    assert bound_to(plan_claim(chosen, storage_class(), node("n2"), on("a", "n1"), on("b", "n2"))) == ["b"]
    [asked] = plan_claim(chosen, storage_class(), node("n2"), on("a", "n1"))
    assert isinstance(asked, Patch)
    assert asked.patch == {
        "metadata": {"annotations": {"volume.kubernetes.io/storage-provisioner": "wherry.dev/local-path"}}
    }
    assert asked.event is not None
    assert asked.event.reason == "ExternalProvisioning"


def test_a_claim_that_lost_its_volume_is_lost() -> None:
    was_bound = claim(phase="Bound", annotations={BIND_COMPLETED: "yes"}, volume_name="v")
    gone = plan_claim(was_bound)
    assert (phases(gone), said(gone)) == (["Lost"], ["ClaimLost"])
    stolen = plan_claim(was_bound, volume("v", claim_ref=ObjectReference(namespace="x", name="y", uid="z")))
    assert (phases(stolen), said(stolen)) == (["Lost"], ["ClaimMisbound"])
    assert phases(plan_claim(claim(phase="", volume_name="v"))) == ["Pending"]


def test_a_volume_tells_whether_it_is_free_bound_or_released() -> None:
    assert phases(plan_volume(volume("v", phase=""))) == ["Available"]
    assert phases(plan_volume(volume("v", phase="Bound", claim_ref=tie()))) == ["Released"]
    assert phases(plan_volume(volume("v", phase="Bound", claim_ref=tie("older")), claim(volume_name="v"))) == [
        "Released"
    ]
    assert phases(plan_volume(volume("v", claim_ref=tie()), claim(volume_name="v"))) == ["Bound"]
    assert plan_volume(volume("v", claim_ref=tie(uid=""))) == [], "kept for a claim to come"


def test_a_volume_whose_claim_chose_another_is_free_again() -> None:
    tied = volume("v", claim_ref=tie())
    tied = msgspec.structs.replace(tied, metadata=meta("v", "", annotations={BOUND_BY_CONTROLLER: "yes"}))
    [untie] = plan_volume(tied, claim(volume_name="other"))
    assert isinstance(untie, Patch)
    assert untie.patch["spec"] == {"claimRef": None}


def test_each_side_wakes_the_other() -> None:
    view = FakeView([claim(), volume("v", claim_ref=tie("old")), volume("free"), storage_class()])
    _, of_claim, of_volume, own, of_class = PV_BINDER_CONTROLLER.sources
    assert list(of_claim.keys(claim(volume_name="v"), view)) == [ObjectKey("", "v"), ObjectKey("", "v")]
    assert list(of_volume.keys(volume("v", claim_ref=tie()), view)) == [KEY]
    assert list(of_volume.keys(volume("free"), view)) == [KEY]
    assert list(own.keys(volume("free"), view)) == [ObjectKey("", "free")]
    assert list(of_class.keys(storage_class(), view)) == [KEY]
