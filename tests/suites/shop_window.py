"""A dashboard over the shop of services, with a browser without a script that reads its pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from suites import shop
from suites.custom_resources import serving
from suites.page_reader import Browser
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.dashboard.app import Dashboard
from wherry.dashboard.surroundings import Surroundings
from wherry.kit import pki
from wherry.kit.clock import FakeClock
from wherry.kit.http.tls import KeyPair
from wherry.kit.http.types import Peer
from wherry.kit.tasks import TaskScope
from wherry.method.contracts.comments import WITNESS


@dataclass
class Shop:
    """The shop, its administrator, and what the kernel of its machine knows of who talks to whom."""

    client: Client
    browser: Browser
    clock: FakeClock
    connections: str = shop.CONNECTIONS

    async def browser_of(self, user: str) -> Browser:
        """Somebody else looks, with the rights that they have."""
        made = Browser(self.browser.dashboard, Peer(user, ()))
        await made.sign_in()
        return made

    async def table(self) -> str:
        return self.connections


@asynccontextmanager
async def shop_window(authority: KeyPair, *, full: bool) -> AsyncIterator[Shop]:
    clock = FakeClock(datetime.now(UTC).timestamp())
    async with serving(clock=clock) as api, TaskScope("test") as scope:
        client = Client(InProcess(api.server.app, user="root", groups=("system:masters", "system:authenticated")))
        await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "laptop"}})
        if full:
            await shop.fill(client, authority)
        made = Shop(client, Browser.__new__(Browser), clock)
        around = Surroundings(
            authorities=(authority.cert_pem,),
            connections=lambda: made.table(),
            witness=pki.issue(authority, WITNESS, client=True),
        )
        dashboard = Dashboard(api.server.app, clock, Random(7), hosts=["127.0.0.1"], surroundings=around)
        made.browser = Browser(dashboard)
        running = scope.start("dashboard", dashboard.run())
        await dashboard.ready.wait()
        await made.browser.sign_in()
        yield made
        running.cancel()
