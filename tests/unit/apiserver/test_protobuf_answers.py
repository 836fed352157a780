"""Long lists and watches in protobuf: in slices, shared, and within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from suites.api_harness import JSON, PARTIAL_LIST, Api, make_api
from suites.protobuf_encoding import PROTOBUF
from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.decode import decode_message, open_envelope
from wherry.apimachinery.protobuf.layout import message_for
from wherry.apiserver.protobuf_answers import SLICE, BytesCache, ProtobufAnswers
from wherry.kit.clock import FakeClock
from wherry.kit.http.live_body import LiveBody
from wherry.kit.http.types import Response, read_body

DEFAULT = "/api/v1/namespaces/default"
KUBECTL = f"{PROTOBUF},{JSON}"
STREAM = f"{PROTOBUF};stream=watch"


def decode_body(body: bytes) -> Document:
    found = open_envelope(body)
    message = message_for(found.api_version, found.kind)
    return {"kind": found.kind, "apiVersion": found.api_version, **decode_message(message, found.raw)}


@pytest.fixture
async def api() -> Api:
    return await make_api()


async def test_a_list_longer_than_a_slice_comes_whole_and_says_what_json_says(api: Api) -> None:
    for number in range(SLICE + 1):
        await api.must(
            "POST", f"{DEFAULT}/configmaps", {"metadata": {"name": f"c{number:03}"}, "data": {"n": str(number)}}
        )
    for _ in range(2):
        answer = await api.ask("GET", f"{DEFAULT}/configmaps", accept=KUBECTL)
        assert answer.content_type == PROTOBUF
        assert decode_body(answer.body) == (await api.ask("GET", f"{DEFAULT}/configmaps")).json
    partial = await api.ask("GET", f"{DEFAULT}/configmaps", accept=PARTIAL_LIST.replace(JSON, PROTOBUF))
    found, plain = decode_body(partial.body), (await api.ask("GET", f"{DEFAULT}/configmaps", accept=PARTIAL_LIST)).json
    assert (found["kind"], found["apiVersion"], found["metadata"]) == tuple(
        plain[name] for name in ("kind", "apiVersion", "metadata")
    )
    items, plain_items = found["items"], plain["items"]
    assert isinstance(items, list)
    assert isinstance(plain_items, list)
    assert [item["metadata"] for item in items] == [item["metadata"] for item in plain_items]


async def next_events(response: Response) -> list[tuple[str, Document]]:
    assert isinstance(response.body, AsyncIterator)
    async with asyncio.timeout(5):
        return events_of_watch(await anext(response.body))


def events_of_watch(frames: bytes) -> list[tuple[str, Document]]:
    """Events with the objects in their envelopes opened."""
    found = []
    while frames:
        size = int.from_bytes(frames[:4], "big")
        frame, frames = frames[4 : 4 + size], frames[4 + size :]
        start = frame.index(b"k8s\x00")
        found.append((frame[2 : 2 + frame[1]].decode(), decode_body(frame[start:])))
    return found


async def test_a_watch_tells_in_frames_what_happens(api: Api) -> None:
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    response = await api.raw("GET", f"{DEFAULT}/configmaps?{query}", accept=KUBECTL)
    assert response.content_type == STREAM
    ((kind, bookmark),) = await next_events(response)
    assert (kind, bookmark["kind"]) == ("BOOKMARK", "ConfigMap")
    metadata = bookmark["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["annotations"] == {"k8s.io/initial-events-end": "true"}
    created = await api.must("POST", f"{DEFAULT}/configmaps", {"metadata": {"name": "a"}, "data": {"x": ""}})
    assert await next_events(response) == [("ADDED", created)]
    await api.must("DELETE", f"{DEFAULT}/configmaps/a")
    ((kind, gone),) = await next_events(response)
    assert kind == "DELETED"
    assert gone["data"] == {"x": ""}
    assert isinstance(response.body, AsyncIterator)
    await response.body.aclose()  # type: ignore[attr-defined] # it is a generator


async def test_a_watch_that_comes_too_late_ends_with_an_error_frame(api: Api) -> None:
    await api.server.environment.store.compact(api.server.environment.store.revision)
    response = await api.raw("GET", f"{DEFAULT}/configmaps?watch=1&resourceVersion=1", accept=STREAM)
    ((kind, status),) = events_of_watch(await read_body(response))
    assert (kind, status["kind"], status["code"]) == ("ERROR", "Status", 410)


class Said(LiveBody):
    """A stream that says one thing and is over."""

    def __init__(self, piece: bytes) -> None:
        super().__init__()
        self._piece = piece

    @property
    def is_over(self) -> bool:
        return True

    async def begin(self) -> AsyncGenerator[bytes, None]:
        yield self._piece

    def take(self) -> bytes:
        return b""

    def close(self) -> None:
        self._piece = b""


async def test_watches_of_the_same_share_their_frames() -> None:
    line = b'{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a"}}}\n'
    answers = ProtobufAnswers(FakeClock())
    one = [frames async for frames in answers.watch_stream(Said(line))]
    other = [frames async for frames in answers.watch_stream(Said(line))]
    assert one[0] is other[0]
    assert events_of_watch(one[0])[0][0] == "ADDED"


async def test_a_large_beginning_is_written_whole() -> None:
    line = b'{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{},"data":{"a":"%b"}}}\n'
    large = Said((line % (b"x" * 200_000)) * 2)
    frames = [frames async for frames in ProtobufAnswers(FakeClock()).watch_stream(large)]
    assert [len(events_of_watch(each)) for each in frames] == [2]


def test_a_cache_keeps_the_newest_within_its_size() -> None:
    cache: BytesCache[int] = BytesCache(10)
    for number in range(4):
        cache.put(number, b"xxxx")
        assert cache.get(0) is not None or number > 1
    assert cache.size_bytes <= 10
    cache.put(9, b"x" * 11)
    assert (cache.get(9), cache.size_bytes) == (None, 0)
