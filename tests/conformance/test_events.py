"""instrumentation/events.go: what happened, in the newer form."""

from __future__ import annotations

from typing import Any

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching
from wherry.apimachinery.document import Document

EVERYWHERE = "/apis/events.k8s.io/v1/events"


def event(namespace: str, name: str, label: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": {"testevent-set": label}},
        "regarding": {"kind": "Pod", "name": "p", "namespace": namespace},
        "eventTime": "2026-11-23T07:00:00.000000Z",
        "note": f"This is {name}",
        "reason": "Test",
        "action": "Do",
        "type": "Normal",
        "reportingController": "test-controller",
        "reportingInstance": "test-node",
    }


@box("Events API should ensure that an event can be fetched, patched, deleted, and listed")
async def test_an_event_is_found_in_both_forms_changed_and_deleted(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    async with watching(cluster, path, labelSelector="testevent-set=one") as seen:
        created = await cluster.must("POST", path, event(namespace, "event-test", "one"))
        everywhere = await cluster.items(EVERYWHERE, labelSelector="testevent-set=one")
        assert [each["metadata"] for each in everywhere] == [created["metadata"]]
        for selector in ("reason=Test", "type=Normal", "regarding.name=p", "reportingController=test-controller"):
            assert len(await cluster.items(path, fieldSelector=selector)) == 1, selector
        assert await cluster.items(path, fieldSelector="reportingController=other") == []
        series: Document = {"count": 2, "lastObservedTime": "2026-11-23T07:01:00.000000Z"}
        patched = await cluster.patch(f"{path}/event-test", {"series": series}, content_type=STRATEGIC)
        assert patched["series"] == series
        changed: Any = await cluster.must("GET", f"{path}/event-test")
        changed["series"] = {"count": 100, "lastObservedTime": "2026-11-23T07:02:00.000000Z"}
        await cluster.must("PUT", f"{path}/event-test", changed)
        found = await cluster.ask("GET", f"{path}/event-test")
        assert (found.at("series.count"), found.at("note")) == (100, "This is event-test")
        in_core = await cluster.ask("GET", f"/api/v1/namespaces/{namespace}/events/event-test")
        assert (in_core.at("message"), in_core.at("involvedObject.name")) == ("This is event-test", "p")
        await cluster.must("DELETE", f"{path}/event-test")
        assert await cluster.items(path, labelSelector="testevent-set=one") == []
        await cluster.pass_time(0.1)
    assert seen.told == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]


@box("Events API should delete a collection of events")
async def test_events_are_deleted_together(cluster: Cluster) -> None:
    namespace = await cluster.namespace()
    path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    for name, label in (("one", "set"), ("two", "set"), ("three", "set"), ("other", "kept")):
        await cluster.must("POST", path, event(namespace, name, label))
    assert len(await cluster.items(path, labelSelector="testevent-set=set")) == 3
    await cluster.must("DELETE", path, labelSelector="testevent-set=set")
    assert [each["note"] for each in await cluster.items(path)] == ["This is other"]
