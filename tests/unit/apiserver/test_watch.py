from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import pytest

from suites.api_harness import MERGE, PARTIAL, TABLE, Api, make_api
from wherry.apimachinery.document import Document
from wherry.apiserver.handlers.watch import BOOKMARK_INTERVAL_S
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


async def make(api: Api, name: str, **labels: str) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": name, "labels": labels}})


class Reader:
    """Reads a watch in pieces."""

    def __init__(self, body: object) -> None:
        assert isinstance(body, AsyncIterator)
        self.body = body

    async def piece(self) -> list[Document]:
        return [orjson.loads(line) for line in (await anext(self.body)).splitlines()]

    async def rest(self) -> list[Document]:
        return [orjson.loads(line) async for piece in self.body for line in piece.splitlines()]

    async def close(self) -> None:
        await self.body.aclose()  # type: ignore[attr-defined]  # a watch's body is a generator


async def watch(api: Api, **query: str) -> Reader:
    response = await api.raw("GET", MAPS, watch="true", **query)  # type: ignore[arg-type]  # only texts are passed
    assert response.status == 200
    return Reader(response.body)


def names(events: list[Document]) -> list[tuple[str, str]]:
    return [(str(event["type"]), event["object"]["metadata"].get("name", "")) for event in events]  # type: ignore[index]


async def test_without_a_revision_it_begins_with_what_there_is(api: Api) -> None:
    await make(api, "one")
    reader = await watch(api)
    assert names(await reader.piece()) == [("ADDED", "one")]
    await make(api, "two")
    assert names(await reader.piece()) == [("ADDED", "two")]
    await reader.close()


async def test_with_a_revision_it_goes_on_after_it(api: Api) -> None:
    await make(api, "one")
    revision = api.server.environment.store.revision
    await make(api, "two")
    reader = await watch(api, resourceVersion=str(revision))
    assert names(await reader.piece()) == [("ADDED", "two")]
    await reader.close()


async def test_an_object_that_leaves_the_selection_is_deleted_for_this_client(api: Api) -> None:
    await make(api, "one")
    reader = await watch(api, resourceVersion=str(api.server.environment.store.revision), labelSelector="a=b")
    for labels in ({"a": "b"}, {"a": "b", "c": "d"}, {"a": "x"}, {"a": "y"}, {"a": "b"}):
        await api.must("PATCH", f"{MAPS}/one", {"metadata": {"labels": labels}}, content_type=MERGE)
    await api.must("DELETE", f"{MAPS}/one")
    seen: list[Document] = []
    while len(seen) < 5:
        seen += await reader.piece()
    assert [event["type"] for event in seen] == ["ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED"]
    await reader.close()


async def test_a_field_selector_narrows_to_one_object(api: Api) -> None:
    reader = await watch(
        api, resourceVersion=str(api.server.environment.store.revision), fieldSelector="metadata.name=one"
    )
    await make(api, "one-more")
    await make(api, "one")
    assert names(await reader.piece()) == [("ADDED", "one")]
    await reader.close()


async def test_initial_events_end_with_the_annotated_bookmark(api: Api) -> None:
    await make(api, "one")
    reader = await watch(api, sendInitialEvents="true", resourceVersionMatch="NotOlderThan", allowWatchBookmarks="true")
    added, bookmark = await reader.piece()
    assert names([added, bookmark]) == [("ADDED", "one"), ("BOOKMARK", "")]
    metadata = bookmark["object"]["metadata"]  # type: ignore[index]
    assert metadata["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert metadata["resourceVersion"] == str(api.server.environment.store.revision)
    await reader.close()


async def test_initial_events_need_the_match(api: Api) -> None:
    answer = await api.ask("GET", MAPS, watch="true", sendInitialEvents="true")
    assert (answer.status, answer.at("reason")) == (422, "Invalid")


async def test_bookmarks_come_every_minute_and_before_the_end(api: Api, clock: FakeClock) -> None:
    revision = str(api.server.environment.store.revision)
    reader = await watch(api, resourceVersion=revision, allowWatchBookmarks="true", timeoutSeconds="90")
    seen: list[Document] = []
    async with TaskScope("reader") as scope:
        reading = scope.start("read", reader.rest())
        await settle()
        await clock.advance(BOOKMARK_INTERVAL_S)
        await clock.advance(28)
        await clock.advance(2)
        seen = await reading
    assert names(seen) == [("BOOKMARK", ""), ("BOOKMARK", "")]


async def test_without_bookmarks_the_end_comes_silently(api: Api, clock: FakeClock) -> None:
    reader = await watch(api, resourceVersion=str(api.server.environment.store.revision), timeoutSeconds="2")
    async with TaskScope("reader") as scope:
        reading = scope.start("read", reader.rest())
        await settle()
        await clock.advance(2)
        assert await reading == []


async def test_a_forgotten_revision_is_an_error_line(api: Api) -> None:
    await make(api, "one")
    await make(api, "two")
    store = api.server.environment.store
    await store.compact(store.revision)
    events = await (await watch(api, resourceVersion="1")).rest()
    assert [event["type"] for event in events] == ["ERROR"]
    status = events[0]["object"]
    assert isinstance(status, dict)
    assert (status["code"], status["reason"]) == (410, "Expired")
    assert status["message"] == f"too old resource version: 1 ({store.revision})"


async def test_the_columns_of_a_table_come_once(api: Api) -> None:
    await make(api, "one")
    response = await api.raw("GET", MAPS, accept=TABLE, watch="true")
    reader = Reader(response.body)
    (first,) = await reader.piece()
    await make(api, "two")
    (second,) = await reader.piece()
    assert first["object"]["columnDefinitions"]  # type: ignore[index]
    assert not second["object"]["columnDefinitions"]  # type: ignore[index]
    assert second["object"]["rows"][0]["cells"][0] == "two"  # type: ignore[index]
    await reader.close()


async def test_metadata_can_be_watched_alone(api: Api) -> None:
    await make(api, "one")
    reader = Reader((await api.raw("GET", MAPS, accept=PARTIAL, watch="true")).body)
    (event,) = await reader.piece()
    assert event["object"]["kind"] == "PartialObjectMetadata"  # type: ignore[index]
    await reader.close()


async def test_watchers_of_the_same_share_the_bytes(api: Api) -> None:
    revision = str(api.server.environment.store.revision)
    one, two = await watch(api, resourceVersion=revision), await watch(api, resourceVersion=revision)
    await make(api, "x")
    assert await anext(one.body) is await anext(two.body)
    await one.close()
    await two.close()


async def test_open_watches_are_counted_and_closing_ends_them(api: Api) -> None:
    gauge = api.server.environment.telemetry.watches.labels("", "configmaps")
    reader = await watch(api)
    await make(api, "one")
    await reader.piece()
    await make(api, "two")
    await reader.piece()
    assert gauge.value == 1
    await reader.close()
    assert gauge.value == 0


async def test_a_bookmark_that_comes_with_events_takes_none_of_them_away(api: Api, clock: FakeClock) -> None:
    reader = await watch(api, allowWatchBookmarks="true", resourceVersion=str(api.server.environment.store.revision))
    async with TaskScope("test") as scope:
        reading = scope.start("read", reader.piece())
        await settle()
        making = scope.start("make", make(api, "one"))
        await clock.advance(BOOKMARK_INTERVAL_S)
        await making
        got = await reading
    if len(got) < 2:
        got += await reader.piece()
    assert sorted(str(event["type"]) for event in got) == ["ADDED", "BOOKMARK"]
    await reader.close()


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("namespaces/default/configmaps", ["a", "b"]),
        ("namespaces/default/configmaps/a", ["a"]),
        ("configmaps", ["a", "b"]),
    ],
)
async def test_the_old_form_of_a_watch_still_works(api: Api, path: str, seen: list[str]) -> None:
    for name in ("a", "b"):
        await make(api, name)
    response = await api.raw("GET", f"/api/v1/watch/{path}")
    reader = Reader(response.body)
    assert [name for _, name in names(await reader.piece())] == seen
    await reader.close()
    assert (await api.ask("POST", f"/api/v1/watch/{path}")).status == 405
    assert (await api.ask("GET", "/api/v1/watch/namespaces/default/configmaps/a/status")).status == 404
