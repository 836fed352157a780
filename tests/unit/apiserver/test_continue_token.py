from __future__ import annotations

import base64
import random

import orjson
import pytest

from suites.api_harness import Answer, Api, make_api
from wherry.apiserver.continue_token import AGE_MAX_S
from wherry.kit.clock import FakeClock

MAPS = "/api/v1/namespaces/default/configmaps"
COUNT = 40


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    api = await make_api(clock)
    for number in range(COUNT):
        await api.must("POST", MAPS, {"metadata": {"name": f"m{number:02}", "labels": {"odd": str(number % 2)}}})
    return api


def names(answer: Answer) -> list[str]:
    items = answer.json["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


async def go_on(api: Api, token: object, path: str = MAPS, **query: str) -> Answer:
    return await api.ask("GET", path, **{"continue": str(token), **query})


async def first_token(api: Api, **query: str) -> str:
    return str((await api.ask("GET", MAPS, **{"limit": "10", **query})).at("metadata.continue"))


def opened(token: str) -> dict[str, object]:
    form: dict[str, object] = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return form


def closed(form: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(form)).decode().rstrip("=")


async def test_all_pages_are_of_one_revision_in_order_and_count_what_is_left(api: Api) -> None:
    answer = await api.ask("GET", MAPS, limit="7")
    revision, seen = answer.at("metadata.resourceVersion"), names(answer)
    while token := answer.at("metadata.continue"):
        assert answer.at("metadata.remainingItemCount") == COUNT - len(seen)
        await api.must("POST", MAPS, {"metadata": {"name": f"m{len(seen):02}-late"}})
        answer = await go_on(api, token, limit="7")
        assert answer.at("metadata.resourceVersion") == revision
        seen += names(answer)
    assert "remainingItemCount" not in answer.json["metadata"]  # type: ignore[operator]
    assert seen == [f"m{number:02}" for number in range(COUNT)]


async def test_after_compaction_a_fresh_token_goes_on_at_the_newest_revision_and_counts_right(api: Api) -> None:
    first = await api.ask("GET", MAPS, limit="10")
    await api.must("DELETE", f"{MAPS}/m20")
    store = api.server.environment.store
    await store.compact(store.revision)
    expired = await go_on(api, first.at("metadata.continue"), limit="10")
    assert (expired.status, expired.at("reason"), expired.at("code")) == (410, "Expired", 410)
    second = await go_on(api, expired.at("metadata.continue"), limit="10")
    assert second.at("metadata.resourceVersion") == str(store.revision)
    assert second.at("metadata.resourceVersion") != first.at("metadata.resourceVersion")
    assert (names(second)[0], second.at("metadata.remainingItemCount")) == ("m10", COUNT - 1 - 20)
    await api.must("POST", MAPS, {"metadata": {"name": "m99"}})
    third = await go_on(api, second.at("metadata.continue"), limit="10")
    assert third.at("metadata.resourceVersion") == second.at("metadata.resourceVersion")
    assert third.at("metadata.remainingItemCount") == COUNT - 1 - 30


async def test_a_token_expires_after_five_minutes_even_where_nothing_is_forgotten(api: Api, clock: FakeClock) -> None:
    token = await first_token(api)
    await clock.advance(AGE_MAX_S)
    assert (await go_on(api, token)).status == 200
    await clock.advance(1)
    expired = await go_on(api, token)
    assert expired.status == 410
    rest = await go_on(api, expired.at("metadata.continue"))
    assert names(rest) == [f"m{number:02}" for number in range(10, COUNT)]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/v1/configmaps", {}),
        ("/api/v1/namespaces/kube-system/configmaps", {}),
        ("/api/v1/namespaces/default/secrets", {}),
        (MAPS, {"labelSelector": "odd=1"}),
        (MAPS, {"fieldSelector": "metadata.name!=m00"}),
    ],
)
async def test_a_token_is_good_for_its_own_list_only(api: Api, path: str, query: dict[str, str]) -> None:
    answer = await go_on(api, await first_token(api), path, **query)
    assert (answer.status, answer.at("reason")) == (400, "BadRequest")
    assert answer.at("message") == "invalid continue token: continue key is not valid: it belongs to another list"


async def test_the_pages_of_a_selection_may_differ_in_size_and_in_how_the_selector_is_written(api: Api) -> None:
    token = await first_token(api, labelSelector="odd=1,tier!=x")
    rest = await go_on(api, token, labelSelector=" tier != x , odd = 1", limit="3")
    assert rest.status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"start": "../../secrets/x"},
        {"rv": 1},
        {"rv": -1},
        {"rv": 0},
        {"rv": "1"},
        {"start": ""},
        {"v": "v2"},
        {"at": 0},
    ],
)
async def test_a_token_that_was_changed_is_refused(api: Api, change: dict[str, object]) -> None:
    token = closed({**opened(await first_token(api)), **change})
    answer = await go_on(api, token)
    assert answer.status == 400
    assert str(answer.at("message")).startswith("invalid continue token: continue key is not valid: ")


@pytest.mark.parametrize(
    "token", ["zzz", "e30", "W10", "!", "a" * 5000, "=", "bnVsbA", "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ"]
)
async def test_what_is_no_token_is_refused(api: Api, token: str) -> None:
    assert (await go_on(api, token)).status == 400


async def test_a_token_with_any_character_changed_is_refused_or_still_means_the_same(api: Api) -> None:
    token, chance = await first_token(api), random.Random(3)
    expected = (await go_on(api, token)).body
    for position in range(len(token)):
        changed = token[:position] + chance.choice("abcXYZ019-_") + token[position + 1 :]
        answer = await go_on(api, changed)
        # The last character has bits that mean nothing.
        assert answer.status == 400 or answer.body == expected, changed
