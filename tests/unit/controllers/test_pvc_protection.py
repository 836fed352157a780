"""Claims in use stay."""

from __future__ import annotations

from suites.controller_objects import meta, pod
from suites.fake_view import FakeView
from wherry.api.core.container import Container
from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.api.core.pod import Pod, PodSpec
from wherry.api.core.volume import PersistentVolumeClaimVolumeSource, Volume
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.pvc_protection import FINALIZER, PVC_PROTECTION_CONTROLLER, plan
from wherry.reconcile.actions import Patch

KEY = ObjectKey("ns", "data")
GOING = PersistentVolumeClaim(
    metadata=meta("data", finalizers=(FINALIZER, "x/y"), deletion_timestamp="2026-11-23T07:00:00Z")
)


def user(**fields: object) -> Pod:
    volume = Volume(name="v", persistent_volume_claim=PersistentVolumeClaimVolumeSource(claim_name="data"))
    return pod("a", spec=PodSpec(containers=(Container(name="c"),), volumes=(volume,)), **fields)  # type: ignore[arg-type]


def test_a_new_claim_is_protected_once() -> None:
    [patch] = plan(KEY, FakeView([PersistentVolumeClaim(metadata=meta("data", finalizers=("x/y",)))]))
    assert isinstance(patch, Patch)
    assert patch.patch == {"metadata": {"finalizers": ["x/y", FINALIZER]}}
    assert plan(KEY, FakeView([PersistentVolumeClaim(metadata=meta("data", finalizers=(FINALIZER,)))])) == []


def test_a_claim_goes_when_no_running_pod_uses_it() -> None:
    assert plan(KEY, FakeView([GOING, user()])) == []
    for unused in (user(phase="Succeeded"), user(node=""), pod("b")):
        [patch] = plan(KEY, FakeView([GOING, unused]))
        assert isinstance(patch, Patch)
        assert patch.patch == {"metadata": {"finalizers": ["x/y"]}}
    assert plan(KEY, FakeView()) == []


def test_the_end_of_a_pod_wakes_its_claims() -> None:
    assert list(PVC_PROTECTION_CONTROLLER.sources[1].keys(user(), FakeView())) == [KEY]
