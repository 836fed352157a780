"""Pods that nobody else removes."""

from __future__ import annotations

from suites.controller_objects import NOW_S, node, pod
from suites.fake_view import FakeView
from wherry.api.core.node import NODES
from wherry.api.core.pod import PodStatus
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.pod_gc import TERMINATED, plan_terminated, pod_gc_controller
from wherry.reconcile.actions import Delete, PatchStatus, Requeue

KEY = ObjectKey("ns", "a")


def test_pods_of_a_node_that_is_gone_go_after_40_seconds_by_our_own_watch() -> None:
    controller = pod_gc_controller()
    view = FakeView([pod("a")], now_s=NOW_S, monotonic_s=100)
    [wait] = controller.plan(KEY, view)
    assert isinstance(wait, Requeue)
    assert wait.after_s == 40
    view.now_s += 86400
    assert isinstance(controller.plan(KEY, view)[0], Requeue), "a jump of the wall clock means nothing"
    view.monotonic_s = 141
    status, delete = controller.plan(KEY, view)
    assert isinstance(status, PatchStatus)
    assert isinstance(status.new, PodStatus)
    assert status.new.phase == "Failed"
    assert status.new.conditions[-1].reason == "DeletionByPodGC"
    assert isinstance(delete, Delete)
    assert (delete.grace_period_s, delete.unless[0].resource, delete.unless[0].name) == (0, NODES, "n1")


def test_a_node_that_comes_back_resets_the_count() -> None:
    controller = pod_gc_controller()
    view = FakeView([pod("a")], monotonic_s=0)
    controller.plan(KEY, view)
    view.put(node("n1"))
    view.monotonic_s = 50
    assert controller.plan(KEY, view) == []
    view.remove(node("n1"), "", "n1")
    assert isinstance(controller.plan(KEY, view)[0], Requeue)


def test_pods_on_a_node_or_waiting_for_one_stay() -> None:
    plan = pod_gc_controller().plan
    assert plan(KEY, FakeView([pod("a"), node("n1")])) == []
    assert plan(KEY, FakeView([pod("a", node="")])) == []


def test_the_oldest_ended_pods_beyond_the_limit_go() -> None:
    ended = [pod(f"p{n}", phase="Failed", creation_timestamp=f"2026-11-23T07:00:0{n}Z") for n in range(5)]
    actions = plan_terminated([*reversed(ended), pod("running")], keep_max=3)
    assert [action.name for action in actions if isinstance(action, Delete)] == ["p0", "p1"]
    assert plan_terminated(ended, keep_max=5) == []


def test_ended_pods_are_counted_under_one_key() -> None:
    by_pod = pod_gc_controller().sources[0]
    assert list(by_pod.keys(pod("a", phase="Succeeded"), FakeView())) == [KEY, TERMINATED]
    assert list(by_pod.keys(pod("a"), FakeView())) == [KEY]
    assert pod_gc_controller().plan(TERMINATED, FakeView([pod("a", phase="Failed")])) == []
