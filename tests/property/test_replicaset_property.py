"""Whatever pods there are: the ReplicaSet planner converges at once, stays put, and spares what is useful."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from suites.controller_objects import NOW_S, controlled_by, meta, pod, replica_set
from suites.fake_view import FakeView
from wherry.api.core.pod import Pod
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.replicaset import BURST_REPLICAS, plan
from wherry.reconcile.actions import Create, Delete
from wherry.reconcile.pods import is_active, is_ready

KEY = ObjectKey("ns", "web")


@st.composite
def pods(draw: st.DrawFn) -> list[Pod]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        name = f"p{number}"
        going = draw(st.booleans()) and draw(st.booleans())
        labels = {"app": "web"}
        metadata = meta(
            name,
            labels=labels,
            owner_references=controlled_by("ReplicaSet", "web") if draw(st.integers(0, 4)) else (),
            deletion_timestamp="2026-11-23T07:00:00Z" if going else "",
        )
        one = pod(
            name,
            ready=draw(st.booleans()),
            phase=draw(st.sampled_from(["Pending", "Running", "Succeeded", "Failed"])),
            node=draw(st.sampled_from(["", "n1", "n2"])),
        )
        found.append(msgspec.structs.replace(one, metadata=metadata))
    return found


@given(pods=pods(), wanted=st.integers(0, 15))
def test_one_plan_reaches_the_wanted_number_and_the_next_changes_nothing(pods: list[Pod], wanted: int) -> None:
    view = FakeView([replica_set(replicas=wanted), *pods], now_s=NOW_S)
    actions = plan(KEY, view)
    created = [action for action in actions if isinstance(action, Create)]
    deleted = {action.name for action in actions if isinstance(action, Delete)}
    assert not (created and deleted), "never both"
    assert len(created) <= BURST_REPLICAS
    active = [each for each in pods if is_active(each)]
    assert len(active) + len(created) - len(deleted) == wanted
    assert deleted <= {each.metadata.name for each in active}

    gone = [each for each in active if each.metadata.name in deleted]
    kept = [each for each in active if each.metadata.name not in deleted]
    if any(is_ready(each) and each.status.phase == "Running" and each.spec.node_name for each in gone):
        assert all(is_ready(each) for each in kept), "no ready pod goes while an unready one stays"

    for each in gone:
        view.remove(each, "ns", each.metadata.name)
    for number in range(len(created)):
        new = pod(f"new{number}", owner_references=controlled_by("ReplicaSet", "web"))
        view.put(new)
    again = plan(KEY, view)
    assert not [action for action in again if isinstance(action, Create | Delete)]
