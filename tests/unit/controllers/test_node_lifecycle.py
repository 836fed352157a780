"""Silent nodes: noticed by our own watch, never by a clock that jumps."""

from __future__ import annotations

import msgspec
import pytest

from suites.controller_objects import NOW_S, meta, node, pod
from suites.fake_view import FakeView
from wherry.api.coordination.lease import Lease, LeaseSpec
from wherry.api.core.node import Node, NodeSpec, NodeStatus, Taint
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.node_lifecycle import node_lifecycle_controller
from wherry.reconcile.actions import Emit, Patch, PatchStatus, Requeue
from wherry.reconcile.controller import Controller

KEY = ObjectKey("", "n1")


def lease(renewed: str) -> Lease:
    return Lease(metadata=meta("n1", "kube-node-lease"), spec=LeaseSpec(renew_time=renewed))


@pytest.fixture
def controller() -> Controller:
    return node_lifecycle_controller()


def taints_of(patch: object) -> list[tuple[str, str]]:
    assert isinstance(patch, Patch)
    spec = patch.patch["spec"]
    assert isinstance(spec, dict)
    return [(taint["key"], taint["effect"]) for taint in spec["taints"] or []]


def test_a_node_that_renews_is_left_alone(controller: Controller) -> None:
    view = FakeView([node(), lease("1")], now_s=NOW_S)
    for second in range(0, 200, 10):
        view.put(lease(str(second)))
        view.monotonic_s = second
        [wait] = controller.plan(KEY, view)
        assert isinstance(wait, Requeue)
        assert wait.after_s == 40


def test_a_wall_clock_that_jumps_condemns_nobody(controller: Controller) -> None:
    view = FakeView([node(), lease("1")], now_s=NOW_S)
    controller.plan(KEY, view)
    view.now_s += 7 * 86400
    view.monotonic_s = 39
    [wait] = controller.plan(KEY, view)
    assert isinstance(wait, Requeue)
    assert wait.after_s == 1


def test_forty_silent_seconds_make_everything_unknown(controller: Controller) -> None:
    view = FakeView([node(), lease("1")], now_s=NOW_S)
    controller.plan(KEY, view)
    view.monotonic_s = 40
    status, event = controller.plan(KEY, view)
    assert isinstance(status, PatchStatus)
    assert isinstance(status.new, NodeStatus)
    assert {(each.status, each.reason, each.message) for each in status.new.conditions} == {
        ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
    }
    assert isinstance(event, Emit)
    assert event.event.reason == "NodeNotReady"


def test_an_unknown_node_is_tainted_and_its_pods_get_no_requests(controller: Controller) -> None:
    silent = node(ready="Unknown")
    conditions = tuple(msgspec.structs.replace(each, status="Unknown") for each in silent.status.conditions)
    silent = msgspec.structs.replace(silent, status=NodeStatus(conditions=conditions))
    view = FakeView(
        [silent, lease("1"), pod("here"), pod("there", node="n2"), pod("unready", ready=False)], now_s=NOW_S
    )
    controller.plan(KEY, view)
    view.monotonic_s = 50
    taints, *pods = controller.plan(KEY, view)
    unreachable = "node.kubernetes.io/unreachable"
    assert taints_of(taints) == [(unreachable, "NoSchedule"), (unreachable, "NoExecute")]
    assert isinstance(taints, Patch)
    assert taints.resource_version == "5"
    assert [each.name for each in pods if isinstance(each, PatchStatus)] == ["here"]


def test_a_node_that_returns_loses_our_taints_and_keeps_others(controller: Controller) -> None:
    foreign = Taint(key="dedicated", value="db", effect="NoSchedule")
    ours = Taint(key="node.kubernetes.io/unreachable", effect="NoExecute")
    _, patch = controller.plan(KEY, FakeView([node(taints=(ours, foreign)), lease("9")], now_s=NOW_S))
    assert taints_of(patch) == [("dedicated", "NoSchedule")]


def test_conditions_and_cordons_are_told_as_taints(controller: Controller) -> None:
    cordoned = msgspec.structs.replace(node(ready="False"), spec=NodeSpec(unschedulable=True))
    _, patch = controller.plan(KEY, FakeView([cordoned, lease("9")], now_s=NOW_S))
    assert taints_of(patch) == [
        ("node.kubernetes.io/not-ready", "NoSchedule"),
        ("node.kubernetes.io/not-ready", "NoExecute"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ]


def test_a_node_that_never_spoke_is_told_so(controller: Controller) -> None:
    mute = Node(metadata=meta("n1", ""))
    view = FakeView([mute], now_s=NOW_S)
    controller.plan(KEY, view)
    view.monotonic_s = 41
    [status] = controller.plan(KEY, view)
    assert isinstance(status, PatchStatus)
    assert isinstance(status.new, NodeStatus)
    assert {each.reason for each in status.new.conditions} == {"NodeStatusNeverUpdated"}


def test_a_node_that_is_gone_is_forgotten(controller: Controller) -> None:
    view = FakeView([node(), lease("1")])
    controller.plan(KEY, view)
    view.remove(node(), "", "n1")
    assert controller.plan(KEY, view) == []
    view.put(node())
    view.monotonic_s = 100
    [wait] = controller.plan(KEY, view)
    assert isinstance(wait, Requeue)
