"""apps/disruption.go: how many pods may be missed, as the controller counts it and as others write it."""

from __future__ import annotations

from typing import Any

from suites.api_harness import STRATEGIC
from suites.conformance import box
from suites.conformance_cluster import Cluster

LABELS = {"foo": "bar"}


class Budgets:
    """The budgets of one namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = f"/api/v1/namespaces/{namespace}"
        self.path = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"

    async def create(self, name: str, minimum: int | str = 1) -> None:
        """Make one and wait until it has been looked at."""
        spec = {"selector": {"matchLabels": LABELS}, "minAvailable": minimum}
        await self.cluster.must("POST", self.path, {"metadata": {"name": name, "labels": {"e2e": "pdb"}}, "spec": spec})
        await self.until_observed(name)

    async def find(self, name: str) -> Any:
        return await self.cluster.must("GET", f"{self.path}/{name}")

    async def until_observed(self, name: str) -> None:
        async def is_observed() -> bool:
            found = await self.find(name)
            return bool(found["status"].get("observedGeneration", 0) >= found["metadata"]["generation"])

        await self.cluster.until(is_observed, f"a look at {name}")

    async def run_pods(self, count: int) -> None:
        """Pods that say they are ready."""
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}
        for number in range(count):
            body = {
                "metadata": {"name": f"pod-{number}", "labels": LABELS},
                "spec": {"containers": [{"name": "c", "image": "pause"}]},
            }
            await self.cluster.must("POST", f"{self.namespace}/pods", body)
            status = {"status": {"phase": "Running", "conditions": [ready]}}
            await self.cluster.patch(f"{self.namespace}/pods/pod-{number}/status", status)

    async def until_allowed(self, name: str, count: int) -> None:
        async def is_so() -> bool:
            return bool((await self.find(name))["status"]["disruptionsAllowed"] == count)

        await self.cluster.until(is_so, f"{count} allowed disruptions")


async def budgets_of(cluster: Cluster) -> Budgets:
    return Budgets(cluster, await cluster.namespace())


@box("DisruptionController should create a PodDisruptionBudget")
async def test_a_budget_is_observed_after_each_change_until_it_goes(cluster: Cluster) -> None:
    budgets = await budgets_of(cluster)
    await budgets.create("defaultbudget")
    assert (await budgets.find("defaultbudget"))["spec"]["minAvailable"] == 1
    changed = await budgets.find("defaultbudget")
    changed["spec"]["minAvailable"] = "2%"
    updated: Any = await cluster.must("PUT", f"{budgets.path}/defaultbudget", changed)
    assert updated["metadata"]["generation"] == 2
    await budgets.until_observed("defaultbudget")
    patch = {"spec": {"minAvailable": "3%"}}
    patched: Any = await cluster.patch(f"{budgets.path}/defaultbudget", patch, content_type=STRATEGIC)
    assert patched["spec"]["minAvailable"] == "3%"
    await budgets.until_observed("defaultbudget")
    await cluster.must("DELETE", f"{budgets.path}/defaultbudget")
    await cluster.until_gone(f"{budgets.path}/defaultbudget")


@box(
    "DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection"
    " of PodDisruptionBudgets"
)
async def test_budgets_of_all_namespaces_are_listed_and_those_of_one_deleted(cluster: Cluster) -> None:
    mine, others = await budgets_of(cluster), await budgets_of(cluster)
    for budgets, name in ((mine, "one"), (mine, "two"), (others, "one")):
        await budgets.create(name, "1%")
    assert len(await cluster.items("/apis/policy/v1/poddisruptionbudgets", labelSelector="e2e=pdb")) == 3
    await cluster.must("DELETE", mine.path, labelSelector="e2e=pdb")
    assert await cluster.items(mine.path) == []
    assert len(await cluster.items(others.path)) == 1


@box("DisruptionController should update/patch PodDisruptionBudget status")
async def test_the_status_of_a_budget_is_replaced_and_patched(cluster: Cluster) -> None:
    budgets = await budgets_of(cluster)
    await budgets.run_pods(1)
    await budgets.create("defaultbudget")
    for content in ("pod-a", "pod-b"):
        disrupted = {content: "2026-11-23T07:00:00Z"}
        path = f"{budgets.path}/defaultbudget/status"
        if content == "pod-a":
            current: Any = await cluster.must("GET", path)
            current["status"]["disruptedPods"] = disrupted
            written: Any = await cluster.must("PUT", path, current)
        else:
            written = await cluster.patch(path, {"status": {"disruptedPods": disrupted}})
        assert written["status"]["disruptedPods"] == disrupted
        # Neither is a pod of this budget: the controller strikes them out.
        await cluster.pass_time(1)
        assert "disruptedPods" not in (await budgets.find("defaultbudget"))["status"]
    assert (await budgets.find("defaultbudget"))["spec"]["minAvailable"] == 1


async def test_healthy_pods_are_counted_and_an_eviction_waits_for_the_budget(cluster: Cluster) -> None:
    budgets = await budgets_of(cluster)
    await budgets.run_pods(3)
    await budgets.create("defaultbudget", 3)
    await budgets.until_allowed("defaultbudget", 0)
    status = (await budgets.find("defaultbudget"))["status"]
    assert (status["currentHealthy"], status["desiredHealthy"], status["expectedPods"]) == (3, 3, 3)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "pod-0"}}
    refused = await cluster.ask("POST", f"{budgets.namespace}/pods/pod-0/eviction", eviction)
    assert (refused.status, refused.at("reason")) == (429, "TooManyRequests")
    assert refused.at("details.causes.0.reason") == "DisruptionBudget"
    await cluster.patch(f"{budgets.path}/defaultbudget", {"spec": {"minAvailable": 2}})
    await budgets.until_allowed("defaultbudget", 1)
    answer = await cluster.ask("POST", f"{budgets.namespace}/pods/pod-0/eviction", eviction)
    assert answer.status == 201
    await budgets.until_allowed("defaultbudget", 0)
