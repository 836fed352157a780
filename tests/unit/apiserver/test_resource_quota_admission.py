"""Quotas at admission: what is charged, what is refused, and that racing requests never get too much."""

from __future__ import annotations

import asyncio
import json

import pytest

from suites.api_harness import MERGE, STRATEGIC, Api, make_api, pod
from wherry.api.quota.counts import COUNTED_AT
from wherry.apimachinery.document import Document
from wherry.apiserver.admission.resource_quota import ResourceQuotaPlugin
from wherry.kit.clock import FakeClock
from wherry.kit.tasks import TaskScope

QUOTAS = "/api/v1/namespaces/default/resourcequotas"
PODS = "/api/v1/namespaces/default/pods"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


async def quota(
    api: Api, hard: dict[str, str], name: str = "q", used: dict[str, str] | None = None, **spec: object
) -> None:
    """A quota that the controller has counted."""
    await api.must("POST", QUOTAS, {"metadata": {"name": name}, "spec": {"hard": hard, **spec}})
    status = {"hard": hard, "used": {**dict.fromkeys(hard, "0"), **(used or {})}}
    await api.must("PATCH", f"{QUOTAS}/{name}/status", {"status": status}, content_type=MERGE)


async def used(api: Api, name: str = "q") -> Document:
    status = (await api.must("GET", f"{QUOTAS}/{name}"))["status"]
    assert isinstance(status, dict)
    found = status["used"]
    assert isinstance(found, dict)
    return found


def asking(name: str = "web", **requests: str) -> dict[str, object]:
    body = pod(name)
    body["spec"]["containers"][0]["resources"] = {"requests": requests}  # type: ignore[index]
    return body


async def test_a_hundred_racing_creates_get_exactly_what_the_quota_has(api: Api) -> None:
    await quota(api, {"configmaps": "10", "count/configmaps": "50"})
    answers = await asyncio.gather(
        *(api.ask("POST", CONFIG_MAPS, {"metadata": {"name": f"c{number}"}}) for number in range(100))
    )
    assert sorted(answer.status for answer in answers) == [201] * 10 + [403] * 90
    assert await used(api) == {"configmaps": "10", "count/configmaps": "10"}
    refused = next(answer for answer in answers if answer.status == 403)
    assert str(refused.at("message")).endswith(
        "is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=10, limited: configmaps=10"
    )


async def test_what_a_pod_asks_for_is_charged(api: Api) -> None:
    await quota(api, {"pods": "5", "requests.cpu": "1", "requests.memory": "1Gi"})
    await api.must("POST", PODS, asking(cpu="600m", memory="256Mi"))
    assert await used(api) == {"pods": "1", "requests.cpu": "600m", "requests.memory": "256Mi"}
    answer = await api.ask("POST", PODS, asking("second", cpu="500m", memory="256Mi"))
    assert answer.at("message") == (
        'pods "second" is forbidden: exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, '
        "limited: requests.cpu=1"
    )


async def test_a_pod_must_say_what_is_limited(api: Api) -> None:
    await quota(api, {"cpu": "1", "limits.memory": "1Gi"})
    answer = await api.ask("POST", PODS, pod())
    assert answer.at("message") == (
        'pods "web" is forbidden: failed quota: q: must specify cpu for: app; limits.memory for: app'
    )


async def test_a_quota_of_which_nobody_knows_the_use_refuses(api: Api) -> None:
    await api.must("POST", QUOTAS, {"metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}})
    await api.must("PATCH", f"{QUOTAS}/q/status", {"status": {"hard": {"pods": "1"}}}, content_type=MERGE)
    answer = await api.ask("POST", PODS, pod())
    assert answer.at("message") == 'pods "web" is forbidden: status unknown for quota: q, resources: pods'


async def test_a_create_that_fails_gives_back_what_it_was_charged(api: Api) -> None:
    await quota(api, {"configmaps": "10"})
    await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    assert (await api.ask("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})).status == 409
    assert (await api.ask("POST", CONFIG_MAPS, {"metadata": {"name": "b"}}, dryRun="All")).status == 201
    assert await used(api) == {"configmaps": "1"}


async def test_a_dry_run_is_refused_too(api: Api) -> None:
    await quota(api, {"configmaps": "0"})
    assert (await api.ask("POST", CONFIG_MAPS, {"metadata": {"name": "a"}}, dryRun="All")).status == 403


async def test_all_quotas_of_a_namespace_have_to_agree(api: Api) -> None:
    await quota(api, {"configmaps": "10"}, "wide")
    await quota(api, {"configmaps": "1"}, "narrow")
    answers = [await api.ask("POST", CONFIG_MAPS, {"metadata": {"name": name}}) for name in ("a", "b")]
    assert [answer.status for answer in answers] == [201, 403]
    assert (await used(api, "wide"), await used(api, "narrow")) == ({"configmaps": "1"}, {"configmaps": "1"})


async def test_scopes_choose_what_is_charged(api: Api) -> None:
    await quota(api, {"pods": "1"}, "best", scopes=["BestEffort"])
    await quota(api, {"pods": "1"}, "other", scopes=["NotBestEffort"])
    await api.must("POST", PODS, pod("plain"))
    assert (await used(api, "best"), await used(api, "other")) == ({"pods": "1"}, {"pods": "0"})
    assert (await api.ask("POST", PODS, pod("second"))).status == 403
    await api.must("POST", PODS, asking("asking", cpu="1"))
    assert await used(api, "other") == {"pods": "1"}


async def test_a_service_that_becomes_more_is_charged_the_difference(api: Api) -> None:
    services = "/api/v1/namespaces/default/services"
    await quota(api, {"services": "5", "services.nodeports": "1"})
    ports = [{"name": name, "port": port} for name, port in (("a", 80), ("b", 81))]
    for name, count in (("one", 1), ("two", 2)):
        await api.must("POST", services, {"metadata": {"name": name}, "spec": {"ports": ports[:count]}})
    change = {"spec": {"type": "NodePort"}}
    assert (await api.ask("PATCH", f"{services}/two", change, content_type=MERGE)).status == 403
    await api.must("PATCH", f"{services}/one", change, content_type=MERGE)
    assert await used(api) == {"services": "2", "services.nodeports": "1"}


async def test_quotas_count_quotas(api: Api) -> None:
    await quota(api, {"resourcequotas": "2"}, used={"resourcequotas": "1"})
    await api.must("POST", QUOTAS, {"metadata": {"name": "second"}, "spec": {"hard": {"pods": "1"}}})
    answer = await api.ask("POST", QUOTAS, {"metadata": {"name": "third"}, "spec": {"hard": {"pods": "1"}}})
    assert answer.status == 403


async def counted(api: Api, number: int, seen: int) -> None:
    """The controller writes what it has counted, having looked up to revision `seen`."""
    note = json.dumps({"configmaps": seen})
    patch = {"metadata": {"annotations": {COUNTED_AT: note}}, "status": {"used": {"configmaps": str(number)}}}
    answer = await api.must("PATCH", f"{QUOTAS}/q/status", patch, content_type=MERGE)
    assert "annotations" not in answer["metadata"]  # type: ignore[operator]
    assert "counted-at" not in json.dumps(answer), "nobody owns a note that is not kept"


async def test_what_the_controller_cannot_have_seen_is_added_to_its_count(api: Api) -> None:
    await quota(api, {"configmaps": "10"})
    first = await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    seen = int(first["metadata"]["resourceVersion"])  # type: ignore[index]
    await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "b"}})
    await counted(api, 1, seen)
    assert await used(api) == {"configmaps": "2"}
    await counted(api, 1, api.server.environment.store.revision)
    assert await used(api) == {"configmaps": "1"}


async def test_a_note_that_nobody_can_read_is_refused(api: Api) -> None:
    await quota(api, {"configmaps": "10"})
    await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    patch = {"metadata": {"annotations": {COUNTED_AT: "soon"}}}
    assert (await api.ask("PATCH", f"{QUOTAS}/q/status", patch, content_type=MERGE)).status == 400


async def test_whoever_leaves_while_waiting_costs_nothing(api: Api) -> None:
    await quota(api, {"configmaps": "10"})
    bodies = [{"metadata": {"name": f"c{number}"}} for number in range(20)]
    async with TaskScope("clients") as scope:
        tasks = [scope.start(str(number), api.ask("POST", CONFIG_MAPS, body)) for number, body in enumerate(bodies)]
        await asyncio.sleep(0)
        for task in tasks[1::2]:
            task.cancel()
        await scope.join()
    stored = (await api.must("GET", CONFIG_MAPS))["items"]
    assert isinstance(stored, list)
    assert 1 <= len(stored) <= 10
    assert await used(api) == {"configmaps": str(len(stored))}


def test_the_plugin_has_the_name_that_can_be_switched_off() -> None:
    assert ResourceQuotaPlugin.name == "ResourceQuota"


async def test_a_pod_that_is_resized_is_charged_the_difference(api: Api) -> None:
    await quota(api, {"requests.cpu": "1"})
    await api.must("POST", PODS, asking(cpu="600m"))

    async def resize(cpu: str) -> int:
        patch = {"spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": cpu}}}]}}
        answer = await api.ask("PATCH", f"{PODS}/web/resize", patch, content_type=STRATEGIC)
        return answer.status

    assert await resize("1200m") == 403
    assert await used(api) == {"requests.cpu": "600m"}
    assert await resize("900m") == 200
    assert await used(api) == {"requests.cpu": "900m"}


async def test_quotas_limit_what_limit_ranges_have_filled_in(api: Api) -> None:
    limits = {"limits": [{"type": "Container", "defaultRequest": {"cpu": "600m"}}]}
    await api.must("POST", "/api/v1/namespaces/default/limitranges", {"metadata": {"name": "l"}, "spec": limits})
    await quota(api, {"requests.cpu": "1"})
    statuses = [(await api.ask("POST", PODS, pod(name))).status for name in ("a", "b")]
    assert statuses == [201, 403]
