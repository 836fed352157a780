"""Pods leave nodes whose taints they do not tolerate."""

from __future__ import annotations

import msgspec
import pytest

from suites.controller_objects import NOW_S, node, pod
from suites.fake_view import FakeView
from wherry.api.core.affinity import Toleration
from wherry.api.core.container import Container
from wherry.api.core.node import Taint
from wherry.api.core.pod import Pod, PodSpec, PodStatus
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.taint_eviction import patience_s, taint_eviction_controller
from wherry.reconcile.actions import Delete, PatchStatus, Requeue

KEY = ObjectKey("ns", "a")
UNREACHABLE = Taint(key="node.kubernetes.io/unreachable", effect="NoExecute")
DEFAULT = Toleration(
    key="node.kubernetes.io/unreachable", operator="Exists", effect="NoExecute", toleration_seconds=300
)


def tolerating(*tolerations: Toleration) -> Pod:
    return pod("a", spec=PodSpec(containers=(Container(name="c"),), tolerations=tolerations))


@pytest.mark.parametrize(
    ("tolerations", "expected"),
    [
        ((), 0.0),
        ((DEFAULT,), 300.0),
        ((msgspec.structs.replace(DEFAULT, toleration_seconds=None),), None),
        ((Toleration(operator="Exists"),), None),
        ((msgspec.structs.replace(DEFAULT, effect="NoSchedule"),), 0.0),
        ((msgspec.structs.replace(DEFAULT, effect=""),), 300.0),
        ((msgspec.structs.replace(DEFAULT, key="other"),), 0.0),
        ((msgspec.structs.replace(DEFAULT, operator="Equal", value="x"),), 0.0),
        ((msgspec.structs.replace(DEFAULT, operator="", value=""),), 300.0),
        ((DEFAULT, msgspec.structs.replace(DEFAULT, toleration_seconds=10)), 10.0),
        ((msgspec.structs.replace(DEFAULT, toleration_seconds=-5),), 0.0),
    ],
)
def test_how_long_a_pod_puts_up_with_a_taint(tolerations: tuple[Toleration, ...], expected: float | None) -> None:
    assert patience_s(tolerating(*tolerations), [UNREACHABLE]) == expected


def test_every_taint_has_to_be_tolerated() -> None:
    assert patience_s(tolerating(DEFAULT), [UNREACHABLE, Taint(key="x", effect="NoExecute")]) == 0


def test_a_pod_leaves_when_its_patience_is_over() -> None:
    controller = taint_eviction_controller()
    view = FakeView([tolerating(DEFAULT), node(taints=(UNREACHABLE,))], now_s=NOW_S)
    [wait] = controller.plan(KEY, view)
    assert isinstance(wait, Requeue)
    assert wait.after_s == 300
    view.monotonic_s = 300
    status, delete = controller.plan(KEY, view)
    assert isinstance(status, PatchStatus)
    assert isinstance(status.new, PodStatus)
    assert status.new.conditions[-1].reason == "DeletionByTaintManager"
    assert isinstance(delete, Delete)
    assert delete.event is not None
    assert (delete.event.reason, delete.event.message) == ("TaintManagerEviction", "Marking for deletion Pod ns/a")


def test_a_node_that_recovers_resets_the_patience() -> None:
    controller = taint_eviction_controller()
    view = FakeView([tolerating(DEFAULT), node(taints=(UNREACHABLE,))])
    controller.plan(KEY, view)
    view.put(node())
    view.monotonic_s = 200
    assert controller.plan(KEY, view) == []
    view.put(node(taints=(UNREACHABLE,)))
    [wait] = controller.plan(KEY, view)
    assert isinstance(wait, Requeue)
    assert wait.after_s == 300


def test_only_changed_no_execute_taints_wake_the_pods_of_a_node() -> None:
    by_node = taint_eviction_controller().sources[1]
    plain, tainted = node(), node(taints=(UNREACHABLE,))
    assert by_node.matters(plain, tainted)
    assert not by_node.matters(plain, node(taints=(Taint(key="x", effect="NoSchedule"),)))
    view = FakeView([pod("a"), pod("b", node="n2")])
    assert list(by_node.keys(tainted, view)) == [KEY]
