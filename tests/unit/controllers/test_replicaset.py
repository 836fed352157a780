"""The ReplicaSet planner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from suites.controller_objects import NOW_S, controlled_by, meta, pod, replica_set
from suites.fake_view import FakeView
from wherry.api.apps.replicaset import ReplicaSet, ReplicaSetStatus
from wherry.api.condition import Condition
from wherry.api.core.pod import ContainerStatus, Pod
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.replicaset import BURST_REPLICAS, REPLICA_SET_CONTROLLER, plan
from wherry.reconcile.actions import Action, Create, Delete, Patch, PatchStatus, Requeue

KEY = ObjectKey("ns", "web")
OWNED = controlled_by("ReplicaSet", "web")


def plan_for(rs: ReplicaSet, *pods: Pod) -> Sequence[Action]:
    return plan(KEY, FakeView([rs, *pods], now_s=NOW_S))


def owned(name: str, **fields: Any) -> Pod:
    return msgspec.structs.replace(
        pod(name, **fields), metadata=meta(name, labels={"app": "web"}, owner_references=OWNED)
    )


def deleted(actions: Sequence[Action]) -> list[str]:
    return [action.name for action in actions if isinstance(action, Delete)]


def status_of(actions: Sequence[Action]) -> ReplicaSetStatus:
    [status] = [action.new for action in actions if isinstance(action, PatchStatus)]
    assert isinstance(status, ReplicaSetStatus)
    return status


def test_missing_pods_are_created_from_the_whole_template() -> None:
    creates = [action for action in plan_for(replica_set(replicas=3), owned("a")) if isinstance(action, Create)]
    assert len(creates) == 2
    document = creates[0].document
    assert document["metadata"] == {
        "generateName": "web-",
        "namespace": "ns",
        "labels": {"app": "web"},
        "annotations": {"a": "b"},
        "ownerReferences": [
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": "web",
                "uid": "uid-web",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    assert document["spec"] == {"containers": [{"name": "web", "image": "web:1"}], "unknownToWherry": {"x": 1}}
    assert creates[0].why == "1 of 3 pods exist"
    assert creates[0].event is not None
    assert (creates[0].event.reason, creates[0].event.message) == ("SuccessfulCreate", "Created pod: {name}")


def test_a_missing_number_means_one_pod_and_a_burst_is_bounded() -> None:
    assert len([each for each in plan_for(replica_set(replicas=None)) if isinstance(each, Create)]) == 1
    many = [each for each in plan_for(replica_set(replicas=5000)) if isinstance(each, Create)]
    assert len(many) == BURST_REPLICAS


def test_ended_and_leaving_pods_do_not_count() -> None:
    leaving = msgspec.structs.replace(
        owned("leaving"),
        metadata=meta(
            "leaving", labels={"app": "web"}, owner_references=OWNED, deletion_timestamp="2026-11-23T07:00:00Z"
        ),
    )
    actions = plan_for(replica_set(replicas=2), owned("a"), owned("failed", phase="Failed"), leaving)
    assert len([each for each in actions if isinstance(each, Create)]) == 1
    assert (status_of(actions).replicas, status_of(actions).terminating_replicas) == (1, 1)


def test_the_least_useful_pods_are_deleted_first() -> None:
    cheap = meta(
        "cheap",
        labels={"app": "web"},
        owner_references=OWNED,
        annotations={"controller.kubernetes.io/pod-deletion-cost": "-5"},
    )
    young = meta("young", labels={"app": "web"}, owner_references=OWNED, creation_timestamp=format_time(NOW_S - 5))
    restarted = ContainerStatus(name="web", ready=True, restart_count=4, image="", image_id="")
    old = owned("old")
    pods = {
        "unassigned": owned("unassigned", node="", phase="Pending", ready=False),
        "pending": owned("pending", phase="Pending", ready=False),
        "unready": owned("unready", ready=False),
        "cheap": msgspec.structs.replace(pod("cheap"), metadata=cheap),
        "crowded1": owned("crowded1", node="n2"),
        "just-ready": owned("just-ready", ready_for_s=2, node="n3"),
        "restarted": msgspec.structs.replace(
            owned("restarted", node="n4"),
            status=msgspec.structs.replace(old.status, container_statuses=(restarted,)),
        ),
        "young": msgspec.structs.replace(pod("young", node="n5"), metadata=young),
        "old": owned("old", node="n6"),
    }
    crowd = owned("crowded2", node="n2", ready_for_s=100_000)
    order = deleted(plan_for(replica_set(replicas=0), crowd, *reversed(pods.values())))
    expected = [
        "unassigned",
        "pending",
        "unready",
        "cheap",
        "crowded1",
        "crowded2",
        "just-ready",
        "restarted",
        "young",
        "old",
    ]
    assert order == expected


def test_a_sibling_of_the_same_deployment_crowds_a_node_too() -> None:
    deployment = controlled_by("Deployment", "app")
    mine, sibling = (
        replica_set("web", 1, owner_references=deployment),
        replica_set("older", 1, owner_references=deployment),
    )
    others = [
        msgspec.structs.replace(
            pod(f"other{number}", node="n2"),
            metadata=meta(f"other{number}", owner_references=controlled_by("ReplicaSet", "older")),
        )
        for number in range(2)
    ]
    view = FakeView([mine, sibling, owned("a", node="n1"), owned("b", node="n2"), *others], now_s=NOW_S)
    assert deleted(plan(KEY, view)) == ["b"]


def test_status_counts_what_is_there() -> None:
    actions = plan_for(
        replica_set(replicas=3, min_ready_s=30), owned("a"), owned("b", ready_for_s=10), owned("c", ready=False)
    )
    status = status_of(actions)
    assert (status.replicas, status.ready_replicas, status.available_replicas) == (3, 2, 1)
    assert (status.fully_labeled_replicas, status.observed_generation) == (3, 2)
    assert [action.after_s for action in actions if isinstance(action, Requeue)] == [20]
    empty = status_of(plan_for(replica_set(replicas=0)))
    assert (empty.replicas, empty.ready_replicas, empty.available_replicas) == (0, None, None)


def test_orphans_are_adopted_and_strangers_released() -> None:
    orphan, stranger = pod("orphan"), pod("stranger", labels={"app": "other"}, owner_references=OWNED)
    elsewhere = pod("elsewhere", namespace="other")
    actions = plan_for(replica_set(replicas=1), orphan, stranger, elsewhere)
    patches = {action.name: action.patch["metadata"] for action in actions if isinstance(action, Patch)}
    assert patches["stranger"] == {"ownerReferences": None}
    adopted = patches["orphan"]
    assert isinstance(adopted, dict)
    assert adopted["ownerReferences"][0]["uid"] == "uid-web"
    assert set(patches) == {"orphan", "stranger"}
    assert [each for each in actions if isinstance(each, Create | Delete)] == []


def test_a_replica_set_that_is_being_deleted_leaves_its_pods_to_the_collector() -> None:
    going = replica_set(replicas=5, deletion_timestamp="2026-11-23T07:00:00Z", finalizers=("foregroundDeletion",))
    actions = plan_for(going, owned("a"), pod("orphan"))
    assert [type(action) for action in actions] == [PatchStatus]


def test_a_refused_pod_is_told_in_a_condition_until_all_are_there() -> None:
    [create, *_] = plan_for(replica_set(replicas=1))
    assert isinstance(create, Create)
    assert create.on_failure is not None
    failed = create.on_failure("exceeded quota").new
    assert isinstance(failed, ReplicaSetStatus)
    [condition] = failed.conditions
    assert (condition.type, condition.reason, condition.message) == ("ReplicaFailure", "FailedCreate", "exceeded quota")
    old = ReplicaSetStatus(replicas=0, conditions=(Condition(type="ReplicaFailure", status="True"),))
    rs = msgspec.structs.replace(replica_set(replicas=1), status=old)
    assert status_of(plan_for(rs)).conditions == old.conditions
    assert status_of(plan_for(rs, owned("a"))).conditions == ()


def test_a_second_refusal_changes_nothing_or_each_attempt_would_call_for_the_next() -> None:
    refused = ReplicaSetStatus(replicas=0, conditions=(Condition(type="ReplicaFailure", status="True", message="a"),))
    [create, *_] = plan_for(msgspec.structs.replace(replica_set(replicas=1), status=refused))
    assert isinstance(create, Create)
    assert create.on_failure is not None
    again = create.on_failure('pods "web-x7k2p" is forbidden').new
    assert isinstance(again, ReplicaSetStatus)
    assert again.conditions == refused.conditions


def test_an_orphan_wakes_the_replica_sets_that_would_take_it() -> None:
    view = FakeView([replica_set("web"), replica_set("other", namespace="elsewhere")])
    _, by_owner, by_label = REPLICA_SET_CONTROLLER.sources
    assert list(by_label.keys(pod("orphan"), view)) == [KEY]
    assert list(by_label.keys(owned("a"), view)) == []
    assert list(by_owner.keys(owned("a"), view)) == [KEY]


def test_a_replica_set_that_is_gone_needs_nothing() -> None:
    assert plan(KEY, FakeView()) == []
