from __future__ import annotations

import asyncio
from random import Random

from suites.api_harness import ADMIN, make_api
from wherry.cluster.doorway import Doorway
from wherry.dashboard.app import Dashboard
from wherry.dashboard.moments import Moments
from wherry.dashboard.programs import Programs
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Request
from wherry.kit.tasks import TaskScope

HEADERS = {"host": "localhost"}


async def test_the_dashboard_is_made_once_and_only_when_somebody_asks_for_it() -> None:
    api = await make_api()
    made: list[Dashboard] = []

    def make() -> Dashboard:
        made.append(Dashboard(api.server.app, FakeClock(), Random(1), hosts=["localhost"]))
        return made[-1]

    def make_programs() -> Programs:
        return Programs(api.server.app, Moments(None, FakeClock()), hosts=["localhost"])

    doorway = Doorway(api.server.app, make, make_programs)
    async with TaskScope("test") as scope:
        _ = scope.start(doorway.name, doorway.run())
        await doorway.ready.wait()
        version = await doorway.app(Request("GET", "/version", "", HEADERS))
        assert (version.status, made) == (200, [])
        facts = await doorway.app(Request("GET", "/ui/v1/status.json", "", HEADERS, b"", ADMIN))
        assert (facts.status, made) == (200, [])
        pages = await asyncio.gather(*(doorway.app(Request("GET", "/ui/", "", HEADERS)) for _ in range(3)))
        assert [page.status for page in pages] == [401] * 3
        assert len(made) == 1
        assert made[0].ready.is_set()
