"""Volumes made of directories."""

from __future__ import annotations

import msgspec
import pytest

from suites.controller_objects import meta, node
from suites.fake_view import FakeView
from wherry.api.core.binding import ObjectReference
from wherry.api.core.persistent_volume import (
    PersistentHostPath,
    PersistentVolume,
    PersistentVolumeSpec,
    PersistentVolumeStatus,
)
from wherry.api.core.persistent_volume_claim import (
    PersistentVolumeClaim,
    PersistentVolumeClaimSpec,
    VolumeResourceRequirements,
)
from wherry.api.storage.storageclass import StorageClass
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.volume_provisioner import PROVISIONED_BY, PROVISIONER, volume_provisioner
from wherry.reconcile.actions import Create, Delete, Emit, Perform
from wherry.reconcile.controller import Controller

KEY = ObjectKey("ns", "data")
CLASS = StorageClass(
    metadata=meta("local", ""),
    provisioner=PROVISIONER,
    reclaim_policy="Delete",
    volume_binding_mode="WaitForFirstConsumer",
)
SELECTED = {"volume.kubernetes.io/selected-node": "n2"}


def claim(mode: str = "Filesystem", **annotations: str) -> PersistentVolumeClaim:
    return PersistentVolumeClaim(
        metadata=meta("data", annotations=annotations),
        spec=PersistentVolumeClaimSpec(
            storage_class_name="local",
            access_modes=("ReadWriteOnce",),
            volume_mode=mode,
            resources=VolumeResourceRequirements(requests={"storage": "1Gi"}),
        ),
    )


def volume(
    path: str = "/data/volumes/pvc-uid-data_ns_data", policy: str = "Delete", phase: str = "Released"
) -> PersistentVolume:
    return PersistentVolume(
        metadata=meta("pvc-uid-data", "", annotations={PROVISIONED_BY: PROVISIONER}),
        spec=PersistentVolumeSpec(
            host_path=PersistentHostPath(path=path),
            persistent_volume_reclaim_policy=policy,
            claim_ref=ObjectReference(kind="PersistentVolumeClaim", namespace="ns", name="data", uid="uid-data"),
        ),
        status=PersistentVolumeStatus(phase=phase),
    )


@pytest.fixture
def removed() -> list[str]:
    return []


@pytest.fixture
def controller(removed: list[str]) -> Controller:
    async def remove(path: str) -> None:
        removed.append(path)

    return volume_provisioner("/data/volumes", remove)


def test_a_claim_gets_a_directory_on_the_scheduled_node(controller: Controller) -> None:
    view = FakeView([claim(**SELECTED), CLASS, node("n1"), node("n2")])
    [create] = controller.plan(KEY, view)
    assert isinstance(create, Create)
    assert create.document["metadata"] == {"name": "pvc-uid-data", "annotations": {PROVISIONED_BY: PROVISIONER}}
    spec = create.document["spec"]
    assert isinstance(spec, dict)
    assert spec["hostPath"] == {"path": "/data/volumes/pvc-uid-data_ns_data", "type": "DirectoryOrCreate"}
    assert spec["capacity"] == {"storage": "1Gi"}
    assert (spec["claimRef"]["uid"], spec["claimRef"]["name"]) == ("uid-data", "data")
    [term] = spec["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"] == [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["n2"]}]
    assert (spec["persistentVolumeReclaimPolicy"], spec["storageClassName"]) == ("Delete", "local")
    view.put(volume())
    assert controller.plan(KEY, view) == [], "never twice"


def test_without_a_scheduled_pod_it_waits_unless_the_class_does_not(controller: Controller) -> None:
    assert controller.plan(KEY, FakeView([claim(), CLASS, node("n1")])) == []
    immediate = msgspec.structs.replace(CLASS, volume_binding_mode="Immediate")
    [create] = controller.plan(KEY, FakeView([claim(), immediate, node("n9"), node("n1")]))
    assert isinstance(create, Create)
    assert create.why.endswith("node n1")


def test_other_classes_bound_and_deleted_claims_are_left_alone(controller: Controller) -> None:
    foreign = msgspec.structs.replace(CLASS, provisioner="example.com/nfs")
    bound = msgspec.structs.replace(claim(**SELECTED), spec=PersistentVolumeClaimSpec(volume_name="x"))
    for objects in ([claim(**SELECTED), foreign], [claim(**SELECTED)], [bound, CLASS], []):
        assert controller.plan(KEY, FakeView([*objects, node("n2")])) == []


def test_a_block_device_is_refused_in_words(controller: Controller) -> None:
    [emit] = controller.plan(KEY, FakeView([claim("Block", **SELECTED), CLASS, node("n2")]))
    assert isinstance(emit, Emit)
    assert (emit.event.reason, emit.event.type) == ("ProvisioningFailed", "Warning")


async def test_a_released_volume_goes_after_its_directory(controller: Controller, removed: list[str]) -> None:
    perform, delete = controller.plan(ObjectKey("", "pvc-uid-data"), FakeView([volume()]))
    assert isinstance(perform, Perform)
    assert [each.uid for each in perform.unless] == ["uid-data"], "the server is asked before anything is lost"
    await perform.do()
    assert removed == ["/data/volumes/pvc-uid-data_ns_data"]
    assert isinstance(delete, Delete)
    assert delete.name == "pvc-uid-data"


@pytest.mark.parametrize(
    "kept",
    [
        volume(policy="Retain"),
        volume(phase="Bound"),
        volume(path="/etc"),
        volume(path="/data/volumes/../../etc"),
        volume(path="/data/volumes/pvc-x/../../../etc"),
        volume(path="/data/volumes/other"),
        msgspec.structs.replace(volume(), metadata=meta("pvc-uid-data", "")),
    ],
)
def test_no_other_directory_is_ever_removed(controller: Controller, kept: PersistentVolume) -> None:
    assert controller.plan(ObjectKey("", "pvc-uid-data"), FakeView([kept])) == []
