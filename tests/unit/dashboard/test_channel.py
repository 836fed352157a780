"""Whoever comes back goes on where they were; whoever has missed too much gets it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import orjson
import pytest

from wherry.apimachinery.errors import NotFound
from wherry.dashboard.channel import MESSAGES_KEPT, Channel, Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.stream import HEARTBEAT_S, event_stream
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope


class Shown:
    """A view of one number."""

    def __init__(self) -> None:
        self.number = 0
        self.renders = 0
        self.is_gone = False

    async def render(self) -> Rendered:
        self.renders += 1
        if self.is_gone:
            raise NotFound("gone")
        return Rendered([Fragment("n", ROOT, f"<p id=n>{self.number}</p>")], f"It is {self.number}.")


@pytest.fixture
async def shown() -> Shown:
    return Shown()


@pytest.fixture
async def channel(shown: Shown, clock: FakeClock) -> AsyncIterator[Channel]:
    made = Channel("view", shown.render, clock, 0.1)
    await made.start()
    async with TaskScope("test") as scope:
        _ = scope.start("channel", made.run())
        yield made


async def following(stream: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(stream, b"end")


async def change(shown: Shown, channel: Channel, clock: FakeClock) -> None:
    shown.number += 1
    channel.mark()
    await settle()
    await clock.advance(0.1)


async def test_a_change_is_one_message_for_who_was_up_to_date(shown: Shown, channel: Channel, clock: FakeClock) -> None:
    before = channel.position
    assert channel.after(before) == []
    await change(shown, channel, clock)
    (message,) = [orjson.loads(one) for one in channel.after(before)]
    assert message["patches"] == [{"id": "n", "parent": ROOT, "after": "", "html": "<p id=n>1</p>"}]
    assert message["say"] == "It is 1."
    assert message["position"] == channel.position


async def test_many_changes_within_a_frame_are_rendered_once(shown: Shown, channel: Channel, clock: FakeClock) -> None:
    for _ in range(50):
        shown.number += 1
        channel.mark()
        await settle(2)
    await clock.advance(0.1)
    assert shown.renders <= 3
    assert "50" in channel.tree.html()


async def test_whoever_has_missed_too_much_gets_a_snapshot(shown: Shown, channel: Channel, clock: FakeClock) -> None:
    before = channel.position
    for _ in range(MESSAGES_KEPT + 1):
        await change(shown, channel, clock)
    for position in (before, "", "another.0", f"{before}999"):
        (message,) = [orjson.loads(one) for one in channel.after(position)]
        assert message["snapshot"] == f"<p id=n>{MESSAGES_KEPT + 1}</p>"


async def test_a_thing_that_goes_leaves_its_page_as_it_was(shown: Shown, channel: Channel, clock: FakeClock) -> None:
    shown.is_gone = True
    await change(shown, channel, clock)
    assert channel.tree.html() == "<p id=n>0</p>"
    shown.is_gone = False
    await change(shown, channel, clock)
    assert channel.tree.html() == "<p id=n>2</p>"


async def test_a_stream_begins_with_what_was_missed_and_ends_when_it_may_no_longer(
    shown: Shown, channel: Channel, clock: FakeClock
) -> None:
    good = [True]
    before = channel.position
    await change(shown, channel, clock)
    stream = event_stream([channel], [before], clock, lambda: good[0])
    assert await anext(stream) == b"retry: 1000\n\n"
    first = await anext(stream)
    assert first.startswith(f"id: {channel.position}\ndata: ".encode())
    assert channel.is_read
    waiting = asyncio.ensure_future(following(stream))
    await settle()
    await clock.advance(HEARTBEAT_S)
    assert await waiting == b":\n\n"
    good[0] = False
    waiting = asyncio.ensure_future(following(stream))
    await settle()
    await clock.advance(HEARTBEAT_S)
    assert await waiting == b"end"
    assert not channel.is_read


async def test_a_message_says_of_which_revision_it_is_at_least(shown: Shown, clock: FakeClock) -> None:
    heard = [7]
    channel = Channel("view", shown.render, clock, 0.1, revision=lambda: heard[0])
    await channel.start()
    assert channel.revision == 7
    async with TaskScope("test") as scope:
        running = scope.start("channel", channel.run())
        heard[0] = 9
        before = channel.position
        await change(shown, channel, clock)
        (message,) = [orjson.loads(one) for one in channel.after(before)]
        assert message["revision"] == channel.revision == 9
        running.cancel()


async def test_a_stream_ends_with_a_channel_that_nobody_keeps_up_with(channel: Channel, clock: FakeClock) -> None:
    stream = event_stream([channel], [channel.position], clock, lambda: True)
    assert [await anext(stream), await anext(stream)] == [b"retry: 1000\n\n", b":\n\n"]
    waiting = asyncio.ensure_future(following(stream))
    await settle()
    channel.end()
    assert await waiting == b"end"


async def test_a_title_that_changes_is_a_message_though_the_page_stays_as_it_is(shown: Shown, clock: FakeClock) -> None:
    marks = [""]
    channel = Channel("view", shown.render, clock, 0.1, title_mark=lambda: marks[0])
    await channel.start()
    assert channel.title_mark == ""
    async with TaskScope("test") as scope:
        running = scope.start("channel", channel.run())
        marks[0] = "(1 needs help)"
        before = channel.position
        channel.mark()
        await settle()
        (message,) = [orjson.loads(one) for one in channel.after(before)]
        assert (message["patches"], message["titleMark"]) == ([], "(1 needs help)")
        running.cancel()
