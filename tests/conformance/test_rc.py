"""apps/rc.go: what a ReplicationController says when it may not do what it wants."""

from __future__ import annotations

from typing import Any

from suites.conformance import box
from suites.conformance_cluster import Cluster


@box("ReplicationController should surface a failure condition on a common issue like exceeded quota")
async def test_too_small_a_quota_shows_until_less_is_wanted(cluster: Cluster) -> None:
    namespace = f"/api/v1/namespaces/{await cluster.namespace()}"
    quota = {"metadata": {"name": "condition-test"}, "spec": {"hard": {"pods": "2"}}}
    await cluster.must("POST", f"{namespace}/resourcequotas", quota)

    async def is_counted() -> bool:
        hard = (await cluster.ask("GET", f"{namespace}/resourcequotas/condition-test")).at("status.hard")
        return hard == {"pods": "2"}

    await cluster.until(is_counted, "the quota")
    labels = {"name": "condition-test"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "pause"}]}}
    controller = {"metadata": {"name": "rc"}, "spec": {"replicas": 3, "selector": labels, "template": template}}
    path = f"{namespace}/replicationcontrollers"
    await cluster.must("POST", path, controller)

    async def failure() -> Any:
        conditions = (await cluster.ask("GET", f"{path}/rc")).at("status.conditions")
        found = conditions if isinstance(conditions, list) else []
        return next((each for each in found if each["type"] == "ReplicaFailure"), None)

    async def fails() -> bool:
        return await failure() is not None

    await cluster.until(fails, "the failure")
    shown = await failure()
    assert (shown["status"], shown["reason"]) == ("True", "FailedCreate")
    assert "exceeded quota: condition-test" in shown["message"]
    await cluster.patch(f"{path}/rc", {"spec": {"replicas": 2}})

    async def works() -> bool:
        return await failure() is None

    await cluster.until(works, "the end of the failure")
    assert len(await cluster.items(f"{namespace}/pods")) == 2
