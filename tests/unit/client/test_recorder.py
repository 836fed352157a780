"""Events: posted once, counted when repeated, never in anybody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from suites.fake_api import FakeApi
from wherry.api.core.event import EVENTS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import NotFound, ServiceUnavailable
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.recorder import (
    ATTEMPTS,
    DECISION_ANNOTATION,
    QUEUE_MAX,
    WHY_ANNOTATION,
    EventRecorder,
    object_reference,
)
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Request
from wherry.kit.tasks import TaskScope

POD = object_reference(PODS, ObjectMeta(namespace="ns", name="web", uid="u1", resource_version="7"))


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def recorder(api: FakeApi, clock: FakeClock) -> AsyncIterator[EventRecorder]:
    recorder = EventRecorder(api.client(), component="kubelet", host="node-1", clock=clock)
    async with TaskScope("test") as scope:
        _ = scope.start("recorder", recorder.run())
        yield recorder


async def test_an_event_carries_what_kubectl_describe_shows(api: FakeApi, recorder: EventRecorder) -> None:
    about = object_reference(PODS, ObjectMeta(namespace="ns", name="web", uid="u1"), "spec.containers{web}")
    recorder.event(about, "Started", "Started container web")
    await settle()
    [event] = api.all(EVENTS)
    meta = event["metadata"]
    assert isinstance(meta, dict)
    assert meta["namespace"] == "ns"
    prefix, _, stamp = str(meta["name"]).rpartition(".")
    assert (prefix, len(stamp)) == ("web", 16)
    assert int(stamp, 16) > 0
    assert event["involvedObject"] == {
        "kind": "Pod",
        "apiVersion": "v1",
        "namespace": "ns",
        "name": "web",
        "uid": "u1",
        "fieldPath": "spec.containers{web}",
    }
    assert event["source"] == {"component": "kubelet", "host": "node-1"}
    assert (event["reportingComponent"], event["reportingInstance"]) == ("kubelet", "node-1")
    assert (event["count"], event["type"], event["reason"]) == (1, "Normal", "Started")
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2027-01-15T08:00:00Z"


async def test_a_repeat_within_ten_minutes_is_counted(api: FakeApi, recorder: EventRecorder, clock: FakeClock) -> None:
    for _ in range(3):
        recorder.event(POD, "BackOff", "Back-off restarting", type="Warning")
        await clock.advance(300)
    recorder.event(POD, "BackOff", "another message", type="Warning")
    await settle()
    first, second = api.all(EVENTS)
    assert (first["count"], first["firstTimestamp"], first["lastTimestamp"]) == (
        3,
        "2027-01-15T08:00:00Z",
        "2027-01-15T08:10:00Z",
    )
    assert second["count"] == 1
    await clock.advance(601)
    recorder.event(POD, "BackOff", "Back-off restarting", type="Warning")
    await settle()
    assert len(api.all(EVENTS)) == 3


async def test_repeats_before_posting_are_posted_once(api: FakeApi, recorder: EventRecorder) -> None:
    for _ in range(50):
        recorder.event(POD, "Pulled", "again")
    await settle()
    assert [event["count"] for event in api.all(EVENTS)] == [50]
    assert len(api.requests) == 1


async def test_what_cannot_be_a_repeat_any_more_is_forgotten(
    api: FakeApi, recorder: EventRecorder, clock: FakeClock
) -> None:
    recorder.event(POD, "Started", "once")
    await settle()
    await clock.advance(400)
    recorder.event(POD, "Started", "twice")
    await settle()
    assert recorder.remembered == 2
    await clock.advance(400)
    recorder.event(POD, "Started", "thrice")
    await settle()
    assert recorder.remembered == 2
    assert len(api.all(EVENTS)) == 3


async def test_a_repeat_of_a_deleted_event_is_told_anew(api: FakeApi, recorder: EventRecorder) -> None:
    recorder.event(POD, "Pulled", "x")
    await settle()
    [event] = api.all(EVENTS)
    api.remove(EVENTS, event["metadata"]["name"], "ns")  # type: ignore[index]
    recorder.event(POD, "Pulled", "x")
    await settle()
    assert [event["count"] for event in api.all(EVENTS)] == [1]


async def test_events_about_cluster_wide_objects_live_in_default(api: FakeApi, recorder: EventRecorder) -> None:
    recorder.event(object_reference(NODES, ObjectMeta(name="n1", uid="n1")), "NodeReady", "Node n1 is ready")
    await settle()
    [event] = api.all(EVENTS)
    assert event["metadata"]["namespace"] == "default"  # type: ignore[index]
    assert "namespace" not in event["involvedObject"]  # type: ignore[operator]


async def test_too_many_drop_the_oldest(api: FakeApi, clock: FakeClock) -> None:
    recorder = EventRecorder(api.client(), component="c", clock=clock)
    for number in range(QUEUE_MAX + 3):
        recorder.event(POD, "Reason", f"message {number}")
    assert recorder.dropped == 3
    async with TaskScope("test") as scope:
        _ = scope.start("recorder", recorder.run())
        while len(api.all(EVENTS)) < QUEUE_MAX:
            await settle()
    assert api.all(EVENTS)[0]["message"] == "message 3"


async def test_a_namespace_that_is_gone_silences_its_events(api: FakeApi, recorder: EventRecorder) -> None:
    def refuse(request: Request) -> None:
        raise NotFound('namespaces "ns" not found', kind="namespaces", name="ns")

    api.before = refuse
    recorder.event(POD, "A", "a")
    await settle()
    assert len(api.requests) == 1
    assert recorder.dropped == 0


async def test_a_server_that_is_down_is_tried_again_and_then_given_up(
    api: FakeApi, recorder: EventRecorder, clock: FakeClock
) -> None:
    def refuse(request: Request) -> None:
        raise ServiceUnavailable("down")

    api.before = refuse
    recorder.event(POD, "A", "a")
    await settle()
    await clock.advance(60)
    assert len(api.requests) == ATTEMPTS
    assert recorder.dropped == 1
    api.before = None
    recorder.event(POD, "B", "b")
    await settle()
    assert [event["reason"] for event in api.all(EVENTS)] == ["B"]


async def test_why_and_what_was_rejected_go_along_as_annotations(api: FakeApi, recorder: EventRecorder) -> None:
    recorder.event(POD, "Scheduled", "assigned", why="the only node", decision='{"total":1}')
    recorder.event(POD, "Pulled", "pulled")
    await settle()
    first, second = api.all(EVENTS)
    assert first["metadata"]["annotations"] == {  # type: ignore[index] # JSON
        WHY_ANNOTATION: "the only node",
        DECISION_ANNOTATION: '{"total":1}',
    }
    assert "annotations" not in second["metadata"]  # type: ignore[operator] # JSON
