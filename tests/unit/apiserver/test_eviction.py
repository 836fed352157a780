"""pods/eviction: a deletion that the pod's disruption budget must allow."""

from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Answer, Api, make_api
from wherry.apimachinery.document import Document

PODS = "/api/v1/namespaces/default/pods"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
READY: Document = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
EVICTION: Document = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web"}}


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    spec: Document = {"containers": [{"name": "a", "image": "a:1"}], "nodeName": "n1"}
    await api.must("POST", PODS, {"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": spec})
    await api.must("PATCH", f"{PODS}/web/status", {"status": READY}, content_type=MERGE)
    return api


async def guard(api: Api, name: str = "guard", *, allowed: int = 0, **changes: object) -> None:
    """A budget, and the numbers that the controller would have written."""
    spec: Document = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    spec |= {key: value for key, value in changes.items() if key == "unhealthyPodEvictionPolicy"}
    await api.must("POST", BUDGETS, {"metadata": {"name": name}, "spec": spec})
    status = {"observedGeneration": 1, "disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1}
    status |= {key: value for key, value in changes.items() if key in status}  # type: ignore[misc]
    await api.must("PATCH", f"{BUDGETS}/{name}/status", {"status": status}, content_type=MERGE)


async def evict(api: Api, **query: str) -> Answer:
    return await api.ask("POST", f"{PODS}/web/eviction", EVICTION, **query)


async def test_a_pod_without_a_budget_goes_and_says_why(api: Api) -> None:
    assert (await evict(api)).status == 201
    pod = await api.ask("GET", f"{PODS}/web")
    assert pod.at("metadata.deletionTimestamp")
    condition = pod.at("status.conditions.1")
    assert isinstance(condition, dict)
    assert (condition["type"], condition["reason"]) == ("DisruptionTarget", "EvictionByEvictionAPI")


async def test_a_budget_that_allows_none_refuses_with_its_numbers(api: Api) -> None:
    await guard(api)
    answer = await evict(api)
    assert (answer.status, answer.at("reason")) == (429, "TooManyRequests")
    assert answer.at("message") == "Cannot evict pod as it would violate the pod's disruption budget."
    assert answer.at("details.causes") == [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget guard needs 1 healthy pods and has 1 currently",
        }
    ]
    assert (await api.ask("GET", f"{PODS}/web")).at("metadata.deletionTimestamp") is None


async def test_a_budget_that_allows_one_counts_it_down(api: Api) -> None:
    await guard(api, allowed=1)
    assert (await evict(api)).status == 201
    budget = await api.ask("GET", f"{BUDGETS}/guard")
    assert budget.at("status.disruptionsAllowed") == 0
    assert budget.at("status.disruptedPods") == {"web": "2027-01-15T08:00:00Z"}


async def test_a_dry_run_asks_and_takes_nothing(api: Api) -> None:
    await guard(api, allowed=1)
    assert (await evict(api, dryRun="All")).status == 201
    assert (await api.ask("GET", f"{BUDGETS}/guard")).at("status.disruptionsAllowed") == 1
    assert (await api.ask("GET", f"{PODS}/web")).at("metadata.deletionTimestamp") is None


async def test_a_budget_that_is_not_counted_yet_asks_for_patience(api: Api) -> None:
    await guard(api, allowed=1, observedGeneration=0)
    answer = await evict(api)
    assert answer.status == 429
    assert ("Retry-After", "10") in answer.headers
    assert "still being processed by the server" in str(answer.at("details.causes.0.message"))


async def test_two_budgets_for_one_pod_are_refused(api: Api) -> None:
    await guard(api, allowed=1)
    await guard(api, "other", allowed=1)
    answer = await evict(api)
    assert answer.status == 500
    assert "more than one PodDisruptionBudget" in str(answer.at("message"))


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed"])
async def test_a_pod_that_serves_nobody_needs_no_budget(api: Api, phase: str) -> None:
    await guard(api)
    await api.must("PATCH", f"{PODS}/web/status", {"status": {"phase": phase}}, content_type=MERGE)
    assert (await evict(api)).status == 201


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"currentHealthy": 0}, 429),
        ({"currentHealthy": 1}, 201),
        ({"currentHealthy": 0, "unhealthyPodEvictionPolicy": "AlwaysAllow"}, 201),
    ],
)
async def test_an_unhealthy_pod_goes_when_the_healthy_ones_are_enough(
    api: Api, changes: dict[str, object], wanted: int
) -> None:
    not_ready: Document = {"conditions": [{"type": "Ready", "status": "False"}]}
    await api.must("PATCH", f"{PODS}/web/status", {"status": not_ready}, content_type=MERGE)
    await guard(api, **changes)  # type: ignore[arg-type]
    assert (await evict(api)).status == wanted
