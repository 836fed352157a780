"""Many writers at once: one wins, the others are told, nothing is lost. Over the store in memory and over SQLite."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from suites.api_harness import MERGE, Api, token_keys
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
