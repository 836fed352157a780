"""Many writers at once: one wins, the others are told, nothing is lost. Over the store in memory and over SQLite."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from suites.api_harness import MERGE, Api, pod, token_keys
from wherry.api.registry import RESOURCE_TYPES
from wherry.apiserver.app import ApiServerConfig, build_app
from wherry.apiserver.bootstrap import BootstrapConfig, bootstrap
from wherry.kit.clock import FakeClock
from wherry.store.memory import MemoryStore
from wherry.store.sqlite import SqliteStore

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
WRITERS = 100


@pytest.fixture(params=["memory", "sqlite"])
async def api(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Api]:
    store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "state.db")
    private, public = token_keys()
    server = build_app(
        ApiServerConfig(
            store=store,
            clock=FakeClock(),
            random=random.Random(7),
            resource_types=RESOURCE_TYPES,
            token_private_key_pem=private,
            token_public_key_pem=public,
        )
    )
    await bootstrap(server.app, BootstrapConfig("10.96.0.0/16", "192.0.2.1", 6443, "192.0.2.53"))
    server.ready.set()
    yield Api(server)
    if isinstance(store, SqliteStore):
        await store.close()


async def test_of_a_hundred_creates_of_one_name_one_succeeds(api: Api) -> None:
    body = {"metadata": {"name": "one"}}
    answers = await asyncio.gather(*(api.ask("POST", MAPS, body) for _ in range(WRITERS)))
    assert Counter(answer.status for answer in answers) == {201: 1, 409: WRITERS - 1}
    assert {answer.at("reason") for answer in answers if answer.status == 409} == {"AlreadyExists"}


async def test_generated_names_are_all_different(api: Api) -> None:
    body = {"metadata": {"generateName": "some-"}}
    answers = await asyncio.gather(*(api.ask("POST", MAPS, body) for _ in range(WRITERS)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.at("metadata.name") for answer in answers}) == WRITERS


async def test_of_many_updates_of_one_revision_one_succeeds(api: Api) -> None:
    made = await api.must("POST", MAPS, {"metadata": {"name": "one"}})
    bodies = [{**made, "data": {"writer": str(number)}} for number in range(WRITERS)]
    answers = await asyncio.gather(*(api.ask("PUT", f"{MAPS}/one", body) for body in bodies))
    assert Counter(answer.status for answer in answers) == {200: 1, 409: WRITERS - 1}
    winner = next(answer for answer in answers if answer.status == 200)
    assert (await api.must("GET", f"{MAPS}/one"))["data"] == winner.at("data")


async def test_patches_of_different_fields_all_succeed(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "one"}})
    bodies = [{"data": {f"writer{number}": "was here"}} for number in range(WRITERS)]
    answers = await asyncio.gather(*(api.ask("PATCH", f"{MAPS}/one", body, content_type=MERGE) for body in bodies))
    assert {answer.status for answer in answers} == {200}
    assert len((await api.must("GET", f"{MAPS}/one"))["data"]) == WRITERS  # type: ignore[arg-type]


async def test_of_many_deletes_one_finds_something(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "one"}})
    answers = await asyncio.gather(*(api.ask("DELETE", f"{MAPS}/one") for _ in range(WRITERS)))
    assert Counter(answer.status for answer in answers) == {200: 1, 404: WRITERS - 1}


async def test_a_hundred_racing_creates_get_what_the_quota_has(api: Api) -> None:
    quotas = "/api/v1/namespaces/default/resourcequotas"
    await api.must("POST", quotas, {"metadata": {"name": "q"}, "spec": {"hard": {"configmaps": "10"}}})
    counted = {"status": {"hard": {"configmaps": "10"}, "used": {"configmaps": "0"}}}
    await api.must("PATCH", f"{quotas}/q/status", counted, content_type=MERGE)
    bodies = [{"metadata": {"name": f"c{number}"}} for number in range(WRITERS)]
    answers = await asyncio.gather(*(api.ask("POST", MAPS, body) for body in bodies))
    assert Counter(answer.status for answer in answers) == {201: 10, 403: WRITERS - 10}
    assert all("exceeded quota: q" in str(answer.at("message")) for answer in answers if answer.status == 403)
    assert len((await api.must("GET", MAPS))["items"]) == 10  # type: ignore[arg-type]
    used = (await api.ask("GET", f"{quotas}/q")).at("status.used")
    assert used == {"configmaps": "10"}


async def test_a_watch_sees_every_object_that_had_the_same_name(api: Api) -> None:
    """Whoever deletes and creates a name again and again makes new objects, each with a birth and an end."""
    revision = str((await api.ask("GET", MAPS)).at("metadata.resourceVersion"))
    uids: list[str] = []

    async def make() -> None:
        answer = await api.ask("POST", MAPS, {"metadata": {"name": "one"}})
        if answer.status == 201:
            uids.append(str(answer.at("metadata.uid")))

    for _ in range(20):
        # Two who make it and two who take it away, at once.
        await asyncio.gather(*(make(), api.ask("DELETE", f"{MAPS}/one"), make(), api.ask("DELETE", f"{MAPS}/one")))
    await api.ask("DELETE", f"{MAPS}/one")
    assert len(set(uids)) == len(uids) >= 20
    seen = await events_since(api, revision, 2 * len(uids))
    assert [kind for kind, _, _ in seen] == ["ADDED", "DELETED"] * len(uids)
    assert [uid for kind, uid, _ in seen if kind == "ADDED"] == [uid for kind, uid, _ in seen if kind == "DELETED"]
    assert {uid for _, uid, _ in seen} == set(uids)
    revisions = [number for _, _, number in seen]
    assert revisions == sorted(set(revisions))


async def test_a_delete_that_means_another_object_of_the_name_finds_nothing_to_do(api: Api) -> None:
    old = await api.ask("POST", MAPS, {"metadata": {"name": "one"}})
    await api.must("DELETE", f"{MAPS}/one")
    new = await api.ask("POST", MAPS, {"metadata": {"name": "one"}})
    meant = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": old.at("metadata.uid")}}
    answers = await asyncio.gather(*(api.ask("DELETE", f"{MAPS}/one", meant) for _ in range(WRITERS)))
    assert Counter((answer.status, answer.at("reason")) for answer in answers) == {(409, "Conflict"): WRITERS}
    assert (await api.ask("GET", f"{MAPS}/one")).at("metadata.uid") == new.at("metadata.uid")


async def test_writers_of_status_and_of_spec_lose_nothing_of_each_other(api: Api) -> None:
    await api.must("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    await api.must("POST", PODS, pod("one"))
    writers = [
        write(api, f"{PODS}/one", number, "metadata", "labels")
        if number % 2
        else write(api, f"{PODS}/one/status", number, "status", "conditions")
        for number in range(20)
    ]
    await asyncio.gather(*writers)
    made = await api.ask("GET", f"{PODS}/one")
    assert made.at("metadata.labels") == {f"w{number}": "x" for number in range(20) if number % 2}
    conditions = made.at("status.conditions")
    assert isinstance(conditions, list)
    assert {each["type"] for each in conditions} == {f"example.com/w{number}" for number in range(20) if not number % 2}


async def write(api: Api, path: str, number: int, part: str, field: str) -> None:
    """Read, change, write back; again when somebody else was faster."""
    while True:
        body = await api.must("GET", path)
        holder = body.setdefault(part, {})
        assert isinstance(holder, dict)
        if field == "labels":
            holder[field] = {**(holder.get(field) or {}), f"w{number}": "x"}
        else:
            condition = {"type": f"example.com/w{number}", "status": "True"}
            holder[field] = [*(holder.get(field) or []), condition]
        answer = await api.ask("PUT", path, body)
        if answer.status == 200:
            return
        assert answer.at("reason") == "Conflict", answer.body


async def events_since(api: Api, revision: str, count: int) -> list[tuple[str, str, int]]:
    """Type, uid and revision of so many events."""
    response = await api.raw("GET", f"{MAPS}?watch=1&resourceVersion={revision}")
    assert isinstance(response.body, AsyncIterator)
    found: list[tuple[str, str, int]] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            for line in (await anext(response.body)).splitlines():
                event = orjson.loads(line)
                meta = event["object"]["metadata"]
                found.append((event["type"], meta["uid"], int(meta["resourceVersion"])))
    await response.body.aclose()  # type: ignore[attr-defined]
    return found
