"""Watch events from bytes that arrive in any pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.errors import Expired, Forbidden, InternalError
from wherry.client.watch import parse_event, read_events


def line(kind: str, name: str, revision: int) -> bytes:
    thing = {"metadata": {"name": name, "resourceVersion": str(revision)}, "data": {"text": "line\nfeed é"}}
    return orjson.dumps({"type": kind, "object": thing}) + b"\n"


STREAM = line("ADDED", "a", 1) + b"\n" + line("MODIFIED", "b", 2) + line("DELETED", "c", 3)


@given(cuts=st.lists(st.integers(0, len(STREAM)), max_size=12), ended=st.booleans())
async def test_chunks_may_end_anywhere(cuts: list[int], ended: bool) -> None:
    stream = STREAM if ended else STREAM[:-1]
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]

    async def chunks() -> AsyncIterator[bytes]:
        for start, end in pairwise(edges):
            yield stream[start:end]

    events = [event async for event in read_events(chunks(), CONFIG_MAPS.decode)]
    assert [(event.type, event.resource_version) for event in events] == [
        ("ADDED", "1"),
        ("MODIFIED", "2"),
        ("DELETED", "3"),
    ]
    assert all(event.object is not None and event.object.data["text"] == "line\nfeed é" for event in events)


async def test_leaving_early_closes_the_body() -> None:
    closed = []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield STREAM
        finally:
            closed.append(True)

    events = read_events(chunks(), CONFIG_MAPS.decode)
    await anext(events)
    await events.aclose()
    assert closed == [True]


def test_an_error_that_says_gone_is_raised_and_any_other_is_told() -> None:
    gone = orjson.dumps({"type": "ERROR", "object": Expired("too old resource version: 1 (9)").to_status()})
    with pytest.raises(Expired, match="too old"):
        parse_event(gone, CONFIG_MAPS.decode)
    other = parse_event(
        orjson.dumps({"type": "ERROR", "object": InternalError("boom").to_status()}), CONFIG_MAPS.decode
    )
    assert (other.type, other.object, str(other.error)) == ("ERROR", None, "boom")
    assert not isinstance(other.error, Forbidden)
