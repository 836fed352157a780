from __future__ import annotations

import pytest

from suites.api_harness import PARTIAL_LIST, Api, make_api

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    for number in range(7):
        labels = {"odd": str(number % 2)}
        await api.must("POST", MAPS, {"metadata": {"name": f"m{number}", "labels": labels}})
    return api


def names(answer: dict[str, object]) -> list[str]:
    return [item["metadata"]["name"] for item in answer["items"]]  # type: ignore[attr-defined]


async def test_pages_show_one_moment(api: Api) -> None:
    first = await api.must("GET", MAPS, limit="3")
    token = first["metadata"]["continue"]  # type: ignore[index]
    assert first["metadata"]["remainingItemCount"] == 4  # type: ignore[index]
    await api.must("POST", MAPS, {"metadata": {"name": "m3-late"}})
    second = await api.must("GET", MAPS, **{"limit": "10", "continue": token})
    assert names(first) + names(second) == [f"m{number}" for number in range(7)]
    assert "continue" not in second["metadata"]  # type: ignore[operator]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]  # type: ignore[index]


async def test_pages_of_a_selection_do_not_count_the_rest(api: Api) -> None:
    first = await api.must("GET", MAPS, limit="2", labelSelector="odd=0")
    metadata = first["metadata"]
    assert isinstance(metadata, dict)
    assert "remainingItemCount" not in metadata
    second = await api.must("GET", MAPS, **{"limit": "2", "labelSelector": "odd=0", "continue": metadata["continue"]})
    assert names(first) + names(second) == ["m0", "m2", "m4", "m6"]


async def test_a_token_of_another_list_is_refused(api: Api) -> None:
    token = (await api.ask("GET", MAPS, limit="2")).at("metadata.continue")
    answer = await api.ask("GET", "/api/v1/namespaces/kube-system/configmaps", **{"continue": str(token)})
    assert (answer.status, answer.at("reason")) == (400, "BadRequest")


async def test_an_expired_token_brings_a_fresh_one(api: Api) -> None:
    token = (await api.ask("GET", MAPS, limit="2")).at("metadata.continue")
    store = api.server.environment.store
    await api.must("POST", MAPS, {"metadata": {"name": "m9"}})
    await store.compact(store.revision)
    expired = await api.ask("GET", MAPS, **{"continue": str(token)})
    assert (expired.status, expired.at("reason")) == (410, "Expired")
    fresh = expired.at("metadata.continue")
    rest = await api.must("GET", MAPS, **{"continue": str(fresh)})
    assert names(rest) == ["m2", "m3", "m4", "m5", "m6", "m9"]


async def test_an_exact_revision_shows_the_past(api: Api) -> None:
    revision = str(api.server.environment.store.revision)
    await api.must("DELETE", f"{MAPS}/m0")
    past = await api.must("GET", MAPS, resourceVersion=revision, resourceVersionMatch="Exact")
    assert names(past)[0] == "m0"
    present = await api.must("GET", MAPS, resourceVersion=revision, resourceVersionMatch="NotOlderThan")
    assert names(present)[0] == "m1"


@pytest.mark.parametrize(
    "query",
    [
        {"resourceVersionMatch": "Exact"},
        {"resourceVersionMatch": "Sometimes", "resourceVersion": "1"},
        {"resourceVersionMatch": "Exact", "resourceVersion": "0"},
    ],
)
async def test_a_match_that_makes_no_sense_is_invalid(api: Api, query: dict[str, str]) -> None:
    assert (await api.ask("GET", MAPS, **query)).status == 422


async def test_items_carry_no_kind(api: Api) -> None:
    answer = await api.must("GET", MAPS)
    assert answer["kind"] == "ConfigMapList"
    assert all("kind" not in item for item in answer["items"])  # type: ignore[attr-defined]


async def test_a_partial_list_has_partial_items(api: Api) -> None:
    answer = await api.must("GET", MAPS, accept=PARTIAL_LIST)
    assert {item["kind"] for item in answer["items"]} == {"PartialObjectMetadata"}  # type: ignore[attr-defined]


async def test_all_namespaces_are_listed_together(api: Api) -> None:
    await api.must("POST", "/api/v1/namespaces/kube-system/configmaps", {"metadata": {"name": "other"}})
    assert names(await api.must("GET", "/api/v1/configmaps"))[-1] == "other"
    only = await api.must("GET", "/api/v1/configmaps", fieldSelector="metadata.namespace=kube-system")
    assert names(only) == ["other"]
