"""One action becomes at most one change, and says what to wait for."""

from __future__ import annotations

import pytest

from suites.fake_api import FakeApi
from wherry.api.apps.replicaset import REPLICA_SETS, ReplicaSetStatus
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS, PodCondition, PodStatus
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Conflict, Forbidden, NotFound
from wherry.apimachinery.meta import ObjectKey
from wherry.reconcile.actions import (
    Create,
    Delete,
    DeleteCollection,
    Emit,
    EventNote,
    LiveObject,
    Patch,
    PatchStatus,
    Requeue,
    Update,
)
from wherry.reconcile.apply import StillThere, apply, is_namespace_terminating


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


def config_map(name: str) -> Document:
    return {"metadata": {"name": name}, "data": {"a": "1"}}


def pod(**status: object) -> Document:
    return {"metadata": {"name": "web"}, "spec": {"containers": [], "nodeName": "n1"}, "status": status}


def writes(api: FakeApi) -> list[str]:
    return [method for method, _ in api.requests if method != "GET"]


async def test_a_create_waits_for_the_new_revision(api: FakeApi) -> None:
    document: Document = {"metadata": {"generateName": "web-"}}
    applied = await apply(api.client(), Create(CONFIG_MAPS, "ns", document, why="test"))
    assert applied.name.startswith("web-")
    assert applied.write is not None
    assert applied.write.revision == api.revision


async def test_what_exists_already_is_success_only_when_allowed(api: FakeApi) -> None:
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    with pytest.raises(AlreadyExists):
        await apply(api.client(), Create(CONFIG_MAPS, "ns", config_map("a"), why="test"))
    applied = await apply(api.client(), Create(CONFIG_MAPS, "ns", config_map("a"), why="test", exists_ok=True))
    assert (applied.name, applied.changed, applied.write) == ("a", False, None)


async def test_a_patch_is_conditional_only_when_asked(api: FakeApi) -> None:
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    stale = Patch(CONFIG_MAPS, "ns", "a", {"data": {"b": "2"}}, why="test", resource_version="1")
    with pytest.raises(Conflict):
        await apply(api.client(), stale)
    await apply(api.client(), Patch(CONFIG_MAPS, "ns", "a", {"data": {"a": None, "c": "3"}}, why="test"))
    thing = api.get(CONFIG_MAPS, "a", "ns")
    assert thing is not None
    assert thing["data"] == {"c": "3"}


async def test_a_patch_of_nothing_or_of_something_gone_changes_nothing(api: FakeApi) -> None:
    gone = await apply(api.client(), Patch(CONFIG_MAPS, "ns", "a", {"data": {}}, why="test"))
    assert not gone.changed
    sent = len(api.requests)
    empty = await apply(api.client(), Patch(CONFIG_MAPS, "ns", "a", {}, why="test", resource_version="1"))
    assert not empty.changed
    assert len(api.requests) == sent


async def test_a_status_sends_only_what_differs(api: FakeApi) -> None:
    ready = PodCondition(type="Ready", status="True")
    api.put(PODS, pod(phase="Pending", hostIP="10.0.0.1", unknownToUs=1), "ns")
    old = PodStatus(phase="Pending", host_ip="10.0.0.1")
    same = PatchStatus(PODS, "ns", "web", old, PodStatus(phase="Pending", host_ip="10.0.0.1"), why="test")
    assert not (await apply(api.client(), same)).changed
    assert api.requests == []
    new = PodStatus(phase="Running", conditions=(ready,))
    await apply(api.client(), PatchStatus(PODS, "ns", "web", old, new, why="test"))
    thing = api.get(PODS, "web", "ns")
    assert thing is not None
    conditions = [{"type": "Ready", "status": "True"}]
    assert thing["status"] == {"phase": "Running", "unknownToUs": 1, "conditions": conditions}
    assert api.requests == [("PATCH", "/api/v1/namespaces/ns/pods/web/status")]


async def test_a_deletion_of_what_is_gone_is_success(api: FakeApi) -> None:
    applied = await apply(api.client(), Delete(CONFIG_MAPS, "ns", "a", why="test"))
    assert not applied.changed


async def test_a_namesake_is_not_deleted(api: FakeApi) -> None:
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    applied = await apply(api.client(), Delete(CONFIG_MAPS, "ns", "a", why="test", uid="an-older-one"))
    assert not applied.changed
    assert api.get(CONFIG_MAPS, "a", "ns") is not None


async def test_a_deletion_waits_for_the_mark_or_for_the_absence(api: FakeApi) -> None:
    api.put(PODS, pod(), "ns")
    marked = await apply(api.client(), Delete(PODS, "ns", "web", why="test"))
    assert marked.write is not None
    assert marked.write.revision == api.revision
    at_once = await apply(api.client(), Delete(PODS, "ns", "web", why="test", grace_period_s=0))
    assert at_once.write is not None
    assert (at_once.write.revision, at_once.write.key) == (0, ObjectKey("ns", "web"))
    assert api.get(PODS, "web", "ns") is None


async def test_nothing_is_deleted_while_its_reason_does_not_hold(api: FakeApi) -> None:
    api.put(CONFIG_MAPS, config_map("child"), "ns")
    owner = api.put(CONFIG_MAPS, config_map("owner"), "ns")
    uid = owner["metadata"]["uid"]  # type: ignore[index]
    present, namesake = (LiveObject(CONFIG_MAPS, "ns", "owner", each) for each in (uid, "another"))
    with pytest.raises(StillThere):
        await apply(api.client(), Delete(CONFIG_MAPS, "ns", "child", why="test", unless=(present,)))
    absent = LiveObject(CONFIG_MAPS, "ns", "nobody", "x")
    await apply(api.client(), Delete(CONFIG_MAPS, "ns", "child", why="test", unless=(namesake, absent)))
    assert api.get(CONFIG_MAPS, "child", "ns") is None


async def test_collections_and_whole_objects(api: FakeApi) -> None:
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    await apply(api.client(), DeleteCollection(CONFIG_MAPS, "ns", why="test"))
    assert api.all(CONFIG_MAPS) == []
    namespace = api.put(NAMESPACES, {"metadata": {"name": "ns"}, "spec": {"finalizers": ["kubernetes"]}})
    document = {**namespace, "spec": {"finalizers": list[str]()}}
    applied = await apply(api.client(), Update(NAMESPACES, "", document, why="test", subresource="finalize"))
    assert applied.name == "ns"
    assert api.requests[-1] == ("PUT", "/api/v1/namespaces/ns/finalize")


async def test_what_is_only_said_changes_nothing(api: FakeApi) -> None:
    for action in (Emit(EventNote("Reason"), why="x"), Requeue(1, why="x")):
        assert (await apply(api.client(), action)).write is None
    assert api.requests == []


def test_a_namespace_that_goes_away_is_recognised() -> None:
    cause: Document = {"reason": "NamespaceTerminating", "message": "namespace x is being terminated"}
    assert is_namespace_terminating(Forbidden("no", causes=[cause]))
    assert is_namespace_terminating(NotFound("no", kind="namespaces"))
    assert not is_namespace_terminating(Forbidden("quota"))
    assert not is_namespace_terminating(NotFound("no", kind="pods"))


async def test_a_status_is_never_left_without_what_it_must_have(api: FakeApi) -> None:
    api.put(REPLICA_SETS, {"metadata": {"name": "web"}, "spec": {}}, "ns")
    old, new = ReplicaSetStatus(replicas=0), ReplicaSetStatus(replicas=0, observed_generation=1)
    await apply(api.client(), PatchStatus(REPLICA_SETS, "ns", "web", old, new, why="test"))
    thing = api.get(REPLICA_SETS, "web", "ns")
    assert thing is not None
    assert thing["status"] == {"replicas": 0, "observedGeneration": 1}
