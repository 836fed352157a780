from __future__ import annotations

import asyncio
from random import Random

from suites.api_harness import Api
from suites.custom_resources import serving
from suites.shop import releases
from wherry.api.method.release import RELEASES
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.dashboard.following import Following
from wherry.kit.clock import FakeClock
from wherry.kit.tasks import TaskScope
from wherry.method.crds import ensure_kinds


async def test_a_kind_that_the_cluster_learns_is_there_for_whoever_asks_next(clock: FakeClock) -> None:
    async with serving(clock=clock) as api:
        await _learn(api, clock)


async def _learn(api: Api, clock: FakeClock) -> None:
    client = Client(InProcess(api.server.app, user="admin", groups=("system:masters",)))
    following = Following(client, "", clock, Random(1), lambda: None)
    async with TaskScope("test") as scope:
        following.begin(scope)
        assert await following.all(RELEASES) == []
        assert following.reach(RELEASES) == "unknown"
        await ensure_kinds(client, "releases")
        both = await asyncio.gather(following.all(RELEASES), following.all(RELEASES))
        assert [len(each) for each in both] == [0, 0]
        assert str(following.reach(RELEASES)) == "cluster"
        made = next(iter(releases()))
        await client.create(RELEASES, made.document, "default")
        await clock.advance(1)
        assert [one.metadata.name for one in await following.all(RELEASES)] == [made.name]
        scope.cancel()
