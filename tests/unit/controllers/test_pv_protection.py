"""Volumes in use stay."""

from __future__ import annotations

from suites.controller_objects import meta
from suites.fake_view import FakeView
from wherry.api.core.persistent_volume import PersistentVolume, PersistentVolumeStatus
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.pv_protection import FINALIZER, plan
from wherry.reconcile.actions import Patch

KEY = ObjectKey("", "v")
GOING = meta("v", "", finalizers=(FINALIZER, "x/y"), deletion_timestamp="2026-11-23T07:00:00Z")


def test_a_new_volume_is_protected_once() -> None:
    [patch] = plan(KEY, FakeView([PersistentVolume(metadata=meta("v", ""))]))
    assert isinstance(patch, Patch)
    assert patch.patch == {"metadata": {"finalizers": [FINALIZER]}}
    assert plan(KEY, FakeView([PersistentVolume(metadata=meta("v", "", finalizers=(FINALIZER,)))])) == []


def test_a_volume_goes_when_no_claim_is_bound_to_it() -> None:
    assert plan(KEY, FakeView([PersistentVolume(metadata=GOING, status=PersistentVolumeStatus(phase="Bound"))])) == []
    released = PersistentVolume(metadata=GOING, status=PersistentVolumeStatus(phase="Released"))
    [patch] = plan(KEY, FakeView([released]))
    assert isinstance(patch, Patch)
    assert patch.patch == {"metadata": {"finalizers": ["x/y"]}}
    assert plan(KEY, FakeView()) == []
