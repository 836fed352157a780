"""Whoever comes back goes on where they were; whoever has missed too much gets it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import orjson
import pytest

from wherry.apimachinery.errors import NotFound
from wherry.dashboard.channel import MESSAGES_KEPT, REST, Channel, Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.stream import HEARTBEAT_S, Unserved, event_stream
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
async def unread(shown: Shown, clock: FakeClock) -> AsyncIterator[Channel]:
    """A view that nobody looks at."""
    made = Channel("view", shown.render, clock, 0.1)
    await made.start()
    async with TaskScope("test") as scope:
        _ = scope.start("channel", made.run())
        yield made


@pytest.fixture
async def channel(unread: Channel) -> Channel:
    """A view that somebody looks at."""
    unread.open(asyncio.Event())
    return unread


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
    shown: Shown, unread: Channel, clock: FakeClock
) -> None:
    good = [True]
    before = unread.position
    await change(shown, unread, clock)
    await unread.catch_up()
    stream = event_stream([unread], [before], clock, lambda: good[0])
    assert await anext(stream) == b"retry: 1000\n\n"
    first = await anext(stream)
    assert first.startswith(f"id: {unread.position}\ndata: ".encode())
    assert unread.is_read
    waiting = asyncio.ensure_future(following(stream))
    await settle()
    await clock.advance(HEARTBEAT_S)
    assert await waiting == b":\n\n"
    good[0] = False
    waiting = asyncio.ensure_future(following(stream))
    await settle()
    await clock.advance(HEARTBEAT_S)
    assert await waiting == b"end"
    assert not unread.is_read


async def test_nothing_is_rendered_while_nobody_looks_and_whoever_comes_gets_all_of_it(
    shown: Shown, unread: Channel, clock: FakeClock
) -> None:
    for _ in range(5):
        await change(shown, unread, clock)
    assert shown.renders == 1
    await unread.catch_up()
    assert (shown.renders, unread.tree.html()) == (2, "<p id=n>5</p>")
    await unread.catch_up()
    assert shown.renders == 2


async def test_what_has_changed_while_nobody_looked_is_the_first_message_to_who_comes(
    shown: Shown, unread: Channel, clock: FakeClock
) -> None:
    before = unread.position
    await change(shown, unread, clock)
    stream = event_stream([unread], [before], clock, lambda: True)
    assert [await anext(stream), await anext(stream)] == [b"retry: 1000\n\n", b":\n\n"]
    message = await anext(stream)
    assert b"<p id=n>1</p>" in message
    await stream.aclose()
    await change(shown, unread, clock)
    assert shown.renders == 2


async def test_a_view_that_takes_long_leaves_time_for_others(clock: FakeClock) -> None:
    renders = []

    async def render_slowly() -> Rendered:
        renders.append(clock.monotonic_s())
        if len(renders) > 1:
            await clock.sleep(1.0)
        return Rendered([])

    channel = Channel("view", render_slowly, clock, 0.1)
    await channel.start()
    channel.open(asyncio.Event())
    async with TaskScope("test") as scope:
        running = scope.start("channel", channel.run())
        channel.mark()
        await settle()
        await clock.advance(0.5)
        # While it renders something changes again.
        channel.mark()
        for _ in range(80):
            await clock.advance(0.1)
        running.cancel()
    assert renders[2] - renders[1] == pytest.approx(1.0 + REST)


async def test_an_earlier_rendering_does_not_put_back_what_a_later_one_has_brought(clock: FakeClock) -> None:
    numbers, takes_s = iter((0, 1, 2)), iter((0.0, 5.0, 0.0))

    async def render_in_turn() -> Rendered:
        number, take_s = next(numbers), next(takes_s)
        if take_s:
            await clock.sleep(take_s)
        return Rendered([Fragment("n", ROOT, f"<p id=n>{number}</p>")])

    channel = Channel("view", render_in_turn, clock, 0.1)
    await channel.start()
    both = [asyncio.ensure_future(channel.refresh()) for _ in range(2)]
    await settle()
    await clock.advance(5.0)
    await asyncio.gather(*both)
    assert channel.tree.html() == "<p id=n>2</p>"


async def test_a_message_says_of_which_revision_it_is_at_least(shown: Shown, clock: FakeClock) -> None:
    heard = [7]
    channel = Channel("view", shown.render, clock, 0.1, revision=lambda: heard[0])
    await channel.start()
    assert channel.revision == 7
    channel.open(asyncio.Event())
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


async def test_a_view_that_is_not_served_is_told_why_once_and_takes_nothing_from_the_others(
    channel: Channel, clock: FakeClock
) -> None:
    gone = Unserved("pods/shop/web-1", "abc.7", "you may not see it")
    stream = event_stream([gone, channel], ["abc.7", "old.0"], clock, lambda: True)
    assert await anext(stream) == b"retry: 1000\n\n"
    first = (await anext(stream)).decode()
    assert '"trouble":"you may not see it"' in first
    assert '"snapshot"' in first
    assert f"id: abc.7,{channel.position}\n" in first
    waiting = asyncio.ensure_future(following(stream))
    await settle()
    await clock.advance(HEARTBEAT_S)
    assert await waiting == b":\n\n"
    await stream.aclose()


async def test_a_title_that_changes_is_a_message_though_the_page_stays_as_it_is(shown: Shown, clock: FakeClock) -> None:
    marks = [""]
    channel = Channel("view", shown.render, clock, 0.1, title_mark=lambda: marks[0])
    await channel.start()
    assert channel.title_mark == ""
    channel.open(asyncio.Event())
    async with TaskScope("test") as scope:
        running = scope.start("channel", channel.run())
        marks[0] = "(1 needs help)"
        before = channel.position
        channel.mark()
        await settle()
        (message,) = [orjson.loads(one) for one in channel.after(before)]
        assert (message["patches"], message["titleMark"]) == ([], "(1 needs help)")
        running.cancel()
