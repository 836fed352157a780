"""A ReplicationController is a ReplicaSet in older words."""

from __future__ import annotations

from suites.controller_objects import meta, pod
from suites.fake_view import FakeView
from wherry.api.core.replicationcontroller import (
    ReplicationController,
    ReplicationControllerSpec,
    ReplicationControllerStatus,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.replicationcontroller import REPLICATION_CONTROLLER, plan
from wherry.reconcile.actions import Create, Delete, Patch, PatchStatus

KEY = ObjectKey("ns", "web")
TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}


def controller(replicas: int) -> ReplicationController:
    spec = ReplicationControllerSpec(replicas=replicas, selector={"app": "web"}, template=TEMPLATE)
    return ReplicationController(metadata=meta("web"), spec=spec)


def test_missing_pods_are_created_and_belong_to_it() -> None:
    first, second, status = plan(KEY, FakeView([controller(2)]))
    assert isinstance(first, Create)
    assert isinstance(second, Create)
    assert second.document == first.document
    [owner] = first.document["metadata"]["ownerReferences"]  # type: ignore[index]
    assert (owner["apiVersion"], owner["kind"], owner["controller"]) == ("v1", "ReplicationController", True)
    assert isinstance(status, PatchStatus)
    assert isinstance(status.new, ReplicationControllerStatus)
    assert first.on_failure is not None
    failed = first.on_failure("no").new
    assert isinstance(failed, ReplicationControllerStatus)
    assert [each.type for each in failed.conditions] == ["ReplicaFailure"]


def test_pods_are_adopted_counted_and_the_superfluous_deleted() -> None:
    view = FakeView([controller(1), pod("a"), pod("b", ready=False), pod("c", labels={"app": "other"})])
    *claims, delete, status = plan(KEY, view)
    assert [each.name for each in claims if isinstance(each, Patch)] == ["a", "b"]
    assert isinstance(delete, Delete)
    assert delete.name == "b"
    assert isinstance(status, PatchStatus)
    assert isinstance(status.new, ReplicationControllerStatus)
    assert (status.new.replicas, status.new.ready_replicas) == (2, 1)


def test_a_pod_that_nobody_controls_wakes_whoever_would_adopt_it() -> None:
    adopters = REPLICATION_CONTROLLER.sources[2]
    assert list(adopters.keys(pod("a"), FakeView([controller(1)]))) == [KEY]
    assert list(adopters.keys(pod("a", labels={}), FakeView([controller(1)]))) == []
    assert plan(KEY, FakeView()) == []
