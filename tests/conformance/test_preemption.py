"""scheduling/preemption.go: classes of priority as objects."""

from __future__ import annotations

from typing import Any

import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster, watching

PATH = "/apis/scheduling.k8s.io/v1/priorityclasses"


@box(
    "SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints can be operated with different"
    " HTTP methods"
)
async def test_a_class_is_changed_in_all_ways_but_its_value_and_policy_stay(cluster: Cluster) -> None:
    for name, value in (("p1", 1), ("p2", 2)):
        body = {"metadata": {"name": name, "labels": {"e2e": "pc"}}, "value": value, "globalDefault": False}
        await cluster.must("POST", PATH, body)
    assert len(await cluster.items(PATH, labelSelector="e2e=pc")) == 2
    found: Any = await cluster.must("GET", f"{PATH}/p1")
    async with watching(
        cluster, PATH, labelSelector="e2e=pc", resourceVersion=found["metadata"]["resourceVersion"]
    ) as seen:
        for content_type, note in ((MERGE, "merged"), (STRATEGIC, "strategic")):
            patched = await cluster.patch(f"{PATH}/p1", {"description": note}, content_type=content_type)
            assert (patched["description"], patched["value"]) == (note, 1)
        replacing: Any = [{"op": "replace", "path": "/description", "value": "json"}]
        assert (await cluster.patch(f"{PATH}/p1", replacing, content_type=JSON_PATCH))["description"] == "json"
        current: Any = await cluster.must("GET", f"{PATH}/p1")
        current |= {"description": "updated", "globalDefault": True}
        assert (await cluster.must("PUT", f"{PATH}/p1", current))["globalDefault"] is True
        await cluster.must("DELETE", PATH, labelSelector="e2e=pc")
        await cluster.pass_time(0.1)
    assert seen.told.count("DELETED") == 2
    assert not await cluster.exists(f"{PATH}/p1")
    # The two that every cluster has are still there.
    assert len(await cluster.items(PATH)) == 2


@box(
    "SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints can be operated with different"
    " HTTP methods"
)
@pytest.mark.parametrize("change", [{"value": 10}, {"preemptionPolicy": "Never"}])
async def test_what_pods_were_promised_is_not_changed(cluster: Cluster, change: dict[str, Any]) -> None:
    made: Any = await cluster.must("POST", PATH, {"metadata": {"name": "p1"}, "value": 1})
    for answer in (
        await cluster.ask("PATCH", f"{PATH}/p1", change, content_type=MERGE),
        await cluster.ask("PUT", f"{PATH}/p1", {**made, **change}),
    ):
        assert (answer.status, answer.at("reason")) == (422, "Invalid")
    assert (await cluster.must("GET", f"{PATH}/p1"))["value"] == 1
