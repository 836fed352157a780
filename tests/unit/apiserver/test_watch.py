from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import pytest

from suites.api_harness import MERGE, PARTIAL, TABLE, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.apiserver.watch_stream import BOOKMARK_INTERVAL_S
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Upgrade
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


async def open_watches(api: Api) -> int:
    text = (await api.ask("GET", "/metrics")).body.decode()
    what = 'group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"'
    start = f'apiserver_longrunning_requests{{component="apiserver",{what}}} '
    return next(int(line.removeprefix(start)) for line in text.splitlines() if line.startswith(start))


async def test_open_watches_are_counted_and_closing_ends_them(api: Api) -> None:
    reader = await watch(api)
    await make(api, "one")
    await reader.piece()
    await make(api, "two")
    await reader.piece()
    assert await open_watches(api) == 1
    await reader.close()
    assert await open_watches(api) == 0


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


async def test_one_object_can_be_watched_at_its_own_place(api: Api) -> None:
    await make(api, "one")
    await make(api, "one-more")
    for query in ({}, {"fieldSelector": "metadata.name=one"}):
        response = await api.raw("GET", f"{MAPS}/one", watch="1", **query)  # type: ignore[arg-type]
        reader = Reader(response.body)
        assert names(await reader.piece()) == [("ADDED", "one")]
        await reader.close()
    refused = await api.ask("GET", f"{MAPS}/one", watch="1", fieldSelector="metadata.name=two")
    assert refused.at("message") == "fieldSelector metadata.name doesn't match requested name"


class Socket:
    """The client's end of a WebSocket."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def receive(self) -> bytes:
        raise NotImplementedError

    async def send(self, message: bytes) -> None:
        self.messages.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        raise NotImplementedError


async def test_each_event_is_a_message_of_text_on_a_web_socket(api: Api, clock: FakeClock) -> None:
    await make(api, "one")
    upgrade = {"connection": "Upgrade", "upgrade": "websocket"}
    response = await api.raw("GET", MAPS, headers=upgrade, watch="true", timeoutSeconds="9", allowWatchBookmarks="1")
    assert isinstance(response.upgrade, Upgrade)
    assert response.upgrade.sends_text
    socket, handler = Socket(), response.upgrade.handler

    async def serve() -> None:
        await handler(socket)

    async with TaskScope("socket") as scope:
        serving = scope.start("serve", serve())
        await settle()
        await make(api, "two")
        await clock.advance(9)
        await serving
    seen = [orjson.loads(message) for message in socket.messages]
    assert names(seen) == [("ADDED", "one"), ("BOOKMARK", ""), ("ADDED", "two"), ("BOOKMARK", "")]


async def test_a_bookmark_has_nothing_but_its_kind_and_its_revision(api: Api, clock: FakeClock) -> None:
    revision = str(api.server.environment.store.revision)
    reader = await watch(api, resourceVersion=revision, allowWatchBookmarks="true", timeoutSeconds="3")
    async with TaskScope("reader") as scope:
        reading = scope.start("read", reader.rest())
        await settle()
        await clock.advance(3)
        (bookmark,) = await reading
    shape = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": revision}}
    assert bookmark == {"type": "BOOKMARK", "object": shape}


@pytest.mark.parametrize(
    ("query", "begins_with"),
    [
        ({}, ["one", "END"]),
        ({"resourceVersion": "0"}, ["one", "END"]),
        ({"resourceVersion": "then"}, ["two"]),
        ({"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}, ["one", "END"]),
        ({"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "0"}, ["one", "END"]),
        (
            {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "then"},
            ["one", "END"],
        ),
        ({"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan"}, ["two"]),
        ({"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "0"}, ["two"]),
        ({"sendInitialEvents": "false", "resourceVersionMatch": "NotOlderThan", "resourceVersion": "then"}, ["two"]),
    ],
)
async def test_where_a_watch_begins(api: Api, query: dict[str, str], begins_with: list[str]) -> None:
    await make(api, "one")
    if query.get("resourceVersion") == "then":
        query = {**query, "resourceVersion": str(api.server.environment.store.revision)}
    reader = await watch(api, allowWatchBookmarks="true", **query)
    first = await reader.piece() if begins_with != ["two"] else []
    async with TaskScope("reader") as scope:
        reading = scope.start("read", reader.piece())
        await settle()
        await make(api, "two")
        second = await reading
    seen = [name or "END" for _, name in names(first or second)]
    assert seen == begins_with
    assert names(second) == [("ADDED", "two")]
    await reader.close()


async def test_a_watch_list_of_nothing_ends_at_once_and_without_bookmarks_does_not_say_so(api: Api) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "labelSelector": "no=body"}
    reader = await watch(api, allowWatchBookmarks="true", **query)
    assert names(await reader.piece()) == [("BOOKMARK", "")]
    await reader.close()


async def test_a_deleted_object_carries_the_revision_of_its_deletion(api: Api) -> None:
    await make(api, "one", a="b")
    for query in ({}, {"labelSelector": "a=b"}, {"fieldSelector": "metadata.name=one"}):
        reader = await watch(api, resourceVersion=str(api.server.environment.store.revision), **query)
        await api.must("DELETE", f"{MAPS}/one")
        (event,) = await reader.piece()
        shown = event["object"]
        assert isinstance(shown, dict)
        revision = shown["metadata"]["resourceVersion"]
        assert (event["type"], revision) == ("DELETED", str(api.server.environment.store.revision))
        await reader.close()
        await make(api, "one", a="b")


async def test_an_object_that_leaves_a_selection_is_shown_as_it_was_with_the_new_revision(api: Api) -> None:
    await make(api, "one", a="b")
    reader = await watch(api, resourceVersion=str(api.server.environment.store.revision), labelSelector="a=b")
    patch = {"metadata": {"labels": {"a": "c"}}}
    changed = await api.must("PATCH", f"{MAPS}/one", patch, content_type=MERGE)
    (event,) = await reader.piece()
    shown = event["object"]
    assert isinstance(shown, dict)
    assert shown["metadata"]["labels"] == {"a": "b"}
    assert shown["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]  # type: ignore[index]
    await reader.close()


async def test_field_selectors_make_transitions_too(api: Api) -> None:
    pods = "/api/v1/namespaces/default/pods"
    reader = Reader(
        (
            await api.raw(
                "GET", pods, watch="1", fieldSelector="spec.nodeName=n1",
                resourceVersion=str(api.server.environment.store.revision),
            )
        ).body
    )  # fmt: skip
    await api.must("POST", pods, pod("web"))
    target = {"apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": "n1"}}
    await api.must("POST", f"{pods}/web/binding", target)
    await api.must("DELETE", f"{pods}/web", {"gracePeriodSeconds": 0})
    seen: list[Document] = []
    while len(seen) < 2:
        seen += await reader.piece()
    assert names(seen) == [("ADDED", "web"), ("DELETED", "web")]
    await reader.close()


async def test_many_watches_from_many_revisions_see_one_order(api: Api) -> None:
    store = api.server.environment.store
    start = store.revision
    readers: list[tuple[int, Reader]] = []
    for number in range(20):
        await make(api, f"m{number}")
        readers.append((store.revision, await watch(api, resourceVersion=str(store.revision))))
    for number in range(20):
        await api.must("PATCH", f"{MAPS}/m{number}", {"data": {"a": "b"}}, content_type=MERGE)
        await api.must("DELETE", f"{MAPS}/m{number}")
    whole = await watch(api, resourceVersion=str(start), timeoutSeconds="0")
    expected: list[Document] = []
    while len(expected) < 60:
        expected += await whole.piece()
    for revision, reader in readers:
        seen: list[Document] = []
        wanted = [event for event in expected if int(event["object"]["metadata"]["resourceVersion"]) > revision]  # type: ignore[index]
        while len(seen) < len(wanted):
            seen += await reader.piece()
        assert seen == wanted
        await reader.close()
    await whole.close()
