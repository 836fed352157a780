"""What one person looks at: a page that is looked at stays live, whatever else they open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from suites.api_harness import make_api
from wherry.api.core.node import NODES
from wherry.apimachinery.errors import TooManyRequests
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.dashboard.channel import Rendered
from wherry.dashboard.live import CHANNELS_MAX, CHANNELS_READ_MAX, Live
from wherry.dashboard.moments import Moments
from wherry.dashboard.surroundings import Surroundings
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope


async def render() -> Rendered:
    return Rendered([])


@pytest.fixture
async def live(clock: FakeClock) -> AsyncIterator[Live]:
    api = await make_api()
    client = Client(InProcess(api.server.app, user="root", groups=("system:masters",)))
    made = Live(client, "", clock, Random(7), Surroundings(), moments=Moments(None, clock))
    async with TaskScope("test") as scope:
        running = scope.start("live", made.run())
        await made.ready.wait()
        yield made
        running.cancel()


async def test_opening_many_pages_does_not_stop_the_one_that_is_looked_at(live: Live) -> None:
    first, wake = await live.channel("first", render, 0.1), asyncio.Event()
    first.open(wake)
    others = [await live.channel(f"other-{number}", render, 0.1) for number in range(CHANNELS_MAX + 5)]
    assert await live.channel("first", render, 0.1) is first
    assert not first.is_over
    assert [channel.is_over for channel in others[:7]] == [True] * 6 + [False]


async def test_two_who_open_a_page_at_once_get_the_same_channel(live: Live) -> None:
    both = await asyncio.gather(live.channel("page", render, 0.1), live.channel("page", render, 0.1))
    assert both[0] is both[1]


async def test_there_is_an_end_to_how_many_pages_are_looked_at_at_once(live: Live) -> None:
    for number in range(CHANNELS_READ_MAX):
        (await live.channel(f"page-{number}", render, 0.1)).open(asyncio.Event())
    with pytest.raises(TooManyRequests):
        await live.channel("one more", render, 0.1)


async def test_it_is_known_up_to_which_revision_everything_was_heard_of(live: Live) -> None:
    made = await live.client.create(NODES, {"metadata": {"name": "laptop"}})
    await settle()
    assert live.revision == int(made.metadata.resource_version)


async def test_every_page_hears_at_once_that_somebody_needs_help(live: Live, clock: FakeClock) -> None:
    page = await live.channel("glossary", render, 0.1)
    page.open(asyncio.Event())
    assert page.title_mark == ""
    node = {"metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
    await live.client.create(NODES, node)
    await settle()
    await clock.advance(0.1)
    assert page.title_mark == "(1 needs help)"
    await live.client.delete(NODES, "", "n1")
    await settle()
    await clock.advance(0.1)
    assert page.title_mark == ""
