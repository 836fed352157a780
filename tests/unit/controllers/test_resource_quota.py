"""Quotas are counted when something goes or a wish changes."""

from __future__ import annotations

import json

from suites.controller_objects import meta, pod
from suites.fake_view import FakeView
from wherry.api.core.configmap import ConfigMap
from wherry.api.core.resourcequota import ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus
from wherry.api.quota.counts import COUNTED_AT
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.resource_quota import RESOURCE_QUOTA_CONTROLLER, RESYNC_S, SECOND_LOOK_S, plan
from wherry.reconcile.actions import Patch, Requeue

KEY = ObjectKey("ns", "q")


def quota(
    hard: dict[str, str], told: dict[str, str] | None = None, used: dict[str, str] | None = None
) -> ResourceQuota:
    return ResourceQuota(
        metadata=meta("q"),
        spec=ResourceQuotaSpec(hard={**hard}),
        status=ResourceQuotaStatus(hard={**(told or {})}, used={**(used or {})}),
    )


def patch_of(view: FakeView) -> Document:
    patch, again = plan(KEY, view)
    assert isinstance(patch, Patch)
    assert isinstance(again, Requeue)
    assert (patch.subresource, patch.resource_version) == ("status", "5")
    return patch.patch


def test_a_new_quota_is_counted_and_looked_at_again_soon() -> None:
    things = [
        quota({"pods": "3", "configmaps": "2"}),
        pod("a"),
        pod("b", phase="Failed"),
        ConfigMap(metadata=meta("c")),
    ]
    view = FakeView([*things, ConfigMap(metadata=meta("elsewhere", "other"))])
    view.revisions = {"pods": 7, "configmaps": 9}
    patch = patch_of(view)
    assert patch["status"] == {"hard": {"pods": "3", "configmaps": "2"}, "used": {"configmaps": "1", "pods": "1"}}
    notes = patch["metadata"]["annotations"]  # type: ignore[index]
    assert json.loads(notes[COUNTED_AT]) == {"pods": 7, "configmaps": 9}
    assert plan(KEY, view)[1] == Requeue(SECOND_LOOK_S, "something may have come while it was counted")


def test_what_is_right_is_left_alone() -> None:
    view = FakeView([quota({"pods": "3"}, {"pods": "3"}, {"pods": "1"}), pod("a")])
    assert plan(KEY, view) == [Requeue(RESYNC_S, "its status may have been changed by hand")]
    assert plan(KEY, FakeView()) == []


def test_what_is_not_limited_any_more_is_not_counted_any_more() -> None:
    patch = patch_of(FakeView([quota({"pods": "3"}, {"secrets": "1"}, {"secrets": "1"})]))
    assert patch["status"] == {"hard": {"secrets": None, "pods": "3"}, "used": {"secrets": None, "pods": "0"}}


def triggered(plural: str, old: object, new: object) -> bool:
    source = next(each for each in RESOURCE_QUOTA_CONTROLLER.sources if each.resource.plural == plural)
    return source.matters(old, new)  # type: ignore[arg-type]


def test_what_comes_is_nothing_to_look_at_and_what_goes_is() -> None:
    assert not triggered("pods", None, pod("a"))
    assert triggered("pods", pod("a"), None)
    assert not triggered("pods", pod("a"), pod("a", ready=False))
    assert triggered("pods", pod("a"), pod("a", phase="Succeeded"))
    view = FakeView([quota({"pods": "1"})])
    source = next(each for each in RESOURCE_QUOTA_CONTROLLER.sources if each.resource.plural == "pods")
    assert list(source.keys(pod("a"), view)) == [KEY]


def test_a_changed_wish_is_looked_at_and_a_charge_is_not() -> None:
    before = quota({"pods": "3"}, {"pods": "3"}, {"pods": "1"})
    assert not triggered("resourcequotas", before, quota({"pods": "3"}, {"pods": "3"}, {"pods": "2"}))
    assert triggered("resourcequotas", before, quota({"pods": "4"}, {"pods": "3"}, {"pods": "1"}))
    assert triggered("resourcequotas", before, quota({"pods": "3"}, {"pods": "9"}, {"pods": "1"}))
