from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from suites.api_harness import MERGE, Api, make_api
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.expiry import EVENT_TTL_S, REMOVALS_MAX, TOGETHER_S, Expiry
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.store.interface import KeyValue, StoreBroken
from wherry.store.memory import MemoryStore
from wherry.store.signatures import Signature

EVENTS = "/api/v1/namespaces/default/events"
PREFIX = "/core/events/"


def event(name: str, **fields: object) -> Document:
    about: Document = {"kind": "Pod", "namespace": "default", "name": "web"}
    return {"metadata": {"name": name}, "involvedObject": about, **fields}


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[Api]:
    api = await make_api(clock)
    async with TaskScope("test") as scope:
        _ = scope.start("expiry", api.server.expiry.run())
        await settle()
        yield api
        scope.cancel()


async def left(api: Api) -> list[str]:
    items = (await api.must("GET", EVENTS))["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


async def test_an_event_goes_an_hour_after_it_was_last_written(api: Api, clock: FakeClock) -> None:
    await api.must("POST", EVENTS, event("early"))
    await api.must("POST", EVENTS, event("kept"))
    await settle()
    await clock.advance(EVENT_TTL_S / 2)
    await api.must("PATCH", f"{EVENTS}/kept", {"count": 2}, content_type=MERGE)
    await api.must("POST", EVENTS, event("late"))
    await settle()
    await clock.advance(EVENT_TTL_S / 2)
    assert await left(api) == ["early", "kept", "late"]
    await clock.advance(TOGETHER_S)
    assert await left(api) == ["kept", "late"]
    await clock.advance(EVENT_TTL_S / 2)
    assert await left(api) == []


async def test_those_in_the_newer_form_go_too(api: Api, clock: FakeClock) -> None:
    newer = {
        "metadata": {"name": "newer"}, "regarding": {"kind": "Pod", "namespace": "default", "name": "web"},
        "eventTime": "2027-01-15T08:00:00.000000Z", "reportingController": "x", "reportingInstance": "x-1",
        "action": "Look", "reason": "Seen", "type": "Normal",
    }  # fmt: skip
    await api.must("POST", "/apis/events.k8s.io/v1/namespaces/default/events", newer)
    await settle()
    await clock.advance(EVENT_TTL_S + TOGETHER_S)
    assert await left(api) == []


async def test_nothing_else_goes(api: Api, clock: FakeClock) -> None:
    await api.must("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "stays"}})
    count = await api.server.environment.store.count("")
    await clock.advance(EVENT_TTL_S * 24)
    assert await api.server.environment.store.count("") == count


async def test_watchers_see_it_go(api: Api, clock: FakeClock) -> None:
    await api.must("POST", EVENTS, event("early"))
    revision = api.server.environment.store.revision
    await settle()
    await clock.advance(EVENT_TTL_S + TOGETHER_S)
    response = await api.raw("GET", EVENTS, watch="1", resourceVersion=str(revision), timeoutSeconds="9")
    assert isinstance(response.body, AsyncIterator)
    assert b'"type":"DELETED"' in await anext(response.body)
    await response.body.aclose()  # type: ignore[attr-defined]


async def test_while_nothing_is_short_lived_nothing_is_waited_for(api: Api, clock: FakeClock) -> None:
    await clock.advance(10 * EVENT_TTL_S)
    assert api.server.expiry._waiter is not None
    assert not api.server.expiry._due


async def test_what_was_there_at_the_start_goes_by_its_own_times(clock: FakeClock) -> None:
    store = MemoryStore()
    now_s = clock.now_s()

    async def put(name: str, created_s: float, **fields: object) -> None:
        import orjson

        dates: Document = {"metadata": {"name": name, "creationTimestamp": format_time(created_s)}, **fields}
        await store.put(f"{PREFIX}default/{name}", orjson.dumps(dates))

    await put("old", now_s - 2 * EVENT_TTL_S)
    await put("half", now_s - EVENT_TTL_S / 2)
    await put("seen-again", now_s - 2 * EVENT_TTL_S, lastTimestamp=format_time(now_s - 1))
    await put("a-series", now_s - 2 * EVENT_TTL_S, series={"lastObservedTime": format_time(now_s - 1)})
    await put("from-tomorrow", now_s + 86400)
    await put("odd", now_s - 2 * EVENT_TTL_S, lastTimestamp="yesterday")
    async with TaskScope("test") as scope:
        _ = scope.start("expiry", Expiry(store, clock, RESOURCE_TYPES, EVENT_TTL_S).run())
        await settle()
        assert await names(store) == ["a-series", "from-tomorrow", "half", "seen-again"]
        await clock.advance(EVENT_TTL_S / 2 + TOGETHER_S)
        assert await names(store) == ["a-series", "from-tomorrow", "seen-again"]
        await clock.advance(EVENT_TTL_S / 2)
        assert await names(store) == []
        scope.cancel()


async def names(store: MemoryStore) -> list[str]:
    return [item.key.rpartition("/")[2] for item in (await store.list(PREFIX)).items]


async def test_a_flood_goes_in_batches(clock: FakeClock) -> None:
    store = MemoryStore()
    async with TaskScope("test") as scope:
        _ = scope.start("expiry", Expiry(store, clock, RESOURCE_TYPES, EVENT_TTL_S).run())
        await settle()
        for number in range(2 * REMOVALS_MAX + 1):
            await store.put(f"{PREFIX}default/{number}", b'{"metadata":{}}')
        await settle()
        await clock.advance(EVENT_TTL_S + TOGETHER_S)
        await clock.advance(1)
        assert await store.count(PREFIX) == 0
        scope.cancel()


class Stubborn(MemoryStore):
    """A store whose disk refuses for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses = True

    async def delete(
        self, key: str, *, expected_revision: int | None = None, signature: Signature | None = None
    ) -> int:
        if self.refuses:
            raise StoreBroken("no")
        return await super().delete(key, expected_revision=expected_revision, signature=signature)


async def test_when_the_disk_refuses_it_tries_again_later(clock: FakeClock) -> None:
    store = Stubborn()
    kept: KeyValue = await store.put(f"{PREFIX}default/x", b'{"metadata":{}}')
    async with TaskScope("test") as scope:
        _ = scope.start("expiry", Expiry(store, clock, RESOURCE_TYPES, EVENT_TTL_S).run())
        await settle()
        assert await store.get(kept.key) == kept
        store.refuses = False
        await clock.advance(60)
        assert await store.get(kept.key) is None
        scope.cancel()
