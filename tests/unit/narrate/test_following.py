from __future__ import annotations

import asyncio

from suites.told_cluster import HandFed, node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.narrate.following import Followed


async def test_a_change_that_came_before_the_wait_is_not_missed(clock: FakeClock) -> None:
    told = HandFed()
    told.put(NODES, node("n1"))
    here = Followed(told.model, clock)
    told.put(PODS, pod("web", "n1"))
    async with TaskScope("test") as scope:
        waiting = scope.start("wait", here.change())
        await settle()
        await clock.advance(1)
        assert waiting.done()
        again: asyncio.Task[None] = scope.start("wait", here.change())
        await clock.advance(3600)
        assert not again.done()


async def test_whoever_has_stopped_hears_of_no_change(clock: FakeClock) -> None:
    told = HandFed()
    here = Followed(told.model, clock)
    here.stop()
    told.put(NODES, node("n1"))
    async with TaskScope("test") as scope:
        waiting = scope.start("wait", here.change())
        await settle()
        await clock.advance(3600)
        assert not waiting.done()
