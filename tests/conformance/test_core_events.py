"""instrumentation/core_events.go: what happened, in the form that has always been."""

from __future__ import annotations

from typing import Any

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching


def event(namespace: str, name: str, label: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"testevent-constant": label}},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": namespace},
        "message": f"This is {name}",
        "reason": "Test",
        "type": "Normal",
        "count": 1,
        "source": {"component": "tester"},
    }


@box("Events should manage the lifecycle of an event")
async def test_an_event_is_listed_patched_replaced_and_deleted(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}/events"
    await cluster.must("POST", path, event(namespace, "event-test", "static"))
    async with watching(cluster, "/api/v1/events", labelSelector="testevent-constant=static") as seen:
        for selector in ("involvedObject.name=p", "source=tester", "reason=Test", "type!=Warning"):
            found = await cluster.items("/api/v1/events", labelSelector="testevent-constant", fieldSelector=selector)
            assert [each["message"] for each in found] == ["This is event-test"], selector
        patched = await cluster.patch(f"{path}/event-test", {"message": "This is patched"}, content_type=STRATEGIC)
        assert patched["message"] == "This is patched"
        changed: Any = await cluster.must("GET", f"{path}/event-test")
        changed |= {"series": {"count": 100, "lastObservedTime": "2026-11-23T07:00:00.000000Z"}}
        await cluster.must("PUT", f"{path}/event-test", changed)
        assert (await cluster.ask("GET", f"{path}/event-test")).at("series.count") == 100
        newer = await cluster.ask("GET", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events/event-test")
        assert (newer.at("note"), newer.at("deprecatedCount")) == ("This is patched", 1)
        await cluster.must("DELETE", f"{path}/event-test")
        assert await cluster.items("/api/v1/events", labelSelector="testevent-constant=static") == []
        await cluster.pass_time(0.1)
    assert seen.told[-3:] == ["MODIFIED", "MODIFIED", "DELETED"]


@box("Events should delete a collection of events")
async def test_events_are_deleted_together(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/api/v1/namespaces/{namespace}/events"
    for name, label in (("one", "set"), ("two", "set"), ("three", "set"), ("other", "kept")):
        await cluster.must("POST", path, event(namespace, name, label))
    assert len(await cluster.items(path, labelSelector="testevent-constant=set")) == 3
    await cluster.must("DELETE", path, labelSelector="testevent-constant=set")
    assert [each["message"] for each in await cluster.items(path)] == ["This is other"]
