"""A cluster for conformance tests that need no containers: API server and controllers in this process.

Tests speak HTTP to it, as clients do, and never look behind the API. Time is not real: `until` lets it pass
while the controllers work, so that waiting for minutes takes milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import orjson

from suites.api_harness import MERGE, Answer, Api, make_api
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.transport import InProcess
from wherry.controllers.registry import all_controllers
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager

STEP_S = 0.1
TURNS_PER_STEP = 60
STEPS_MAX = 900

CA_PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


class Cluster:
    """The masters at work, and an administrator who asks."""

    def __init__(self, api: Api, clock: FakeClock) -> None:
        self.api = api
        self.clock = clock
        self._namespaces = 0

    async def ask(self, method: str, path: str, body: object = b"", **options: str) -> Answer:
        """Send a request; any answer will do."""
        return await self.api.ask(method, path, body, **options)

    async def must(self, method: str, path: str, body: object = b"", **options: str) -> Document:
        """Send a request that has to succeed."""
        return await self.api.must(method, path, body, **options)

    async def patch(self, path: str, body: object, *, content_type: str = MERGE) -> Document:
        """Change an object."""
        return await self.api.must("PATCH", path, body, content_type=content_type)

    async def items(self, path: str, **query: str) -> list[Document]:
        """What a list holds."""
        items = (await self.must("GET", path, **query))["items"]
        assert isinstance(items, list)
        return items

    async def exists(self, path: str) -> bool:
        """Whether an object is there."""
        return (await self.ask("GET", path)).status == 200

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and let everything happen that has to."""
        for _ in range(max(1, round(seconds / STEP_S))):
            await settle(TURNS_PER_STEP)
            await self.clock.advance(STEP_S)
        await settle(TURNS_PER_STEP)

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str = "it") -> None:
        """Let time pass until something holds, at most 90 seconds of it."""
        for _ in range(STEPS_MAX):
            await settle(TURNS_PER_STEP)
            if await holds():
                return
            await self.clock.advance(STEP_S)
        raise AssertionError(f"{what} did not come about")

    async def until_gone(self, path: str) -> None:
        """Let time pass until an object is not there any more."""

        async def is_gone() -> bool:
            return not await self.exists(path)

        await self.until(is_gone, f"the end of {path}")

    async def namespace(self, labels: dict[str, str] | None = None) -> str:
        """Make a namespace for one test, with all that every namespace has."""
        self._namespaces += 1
        name = f"e2e-{self._namespaces}"
        await self.must("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels or {}}})

        async def is_ready() -> bool:
            paths = ("serviceaccounts/default", "configmaps/kube-root-ca.crt")
            return all([await self.exists(f"/api/v1/namespaces/{name}/{path}") for path in paths])

        await self.until(is_ready, f"the service account and the certificate of {name}")
        return name


class Watching:
    """A watch that collects its events while the test goes on."""

    def __init__(self) -> None:
        self.events: list[Document] = []

    @property
    def told(self) -> list[str]:
        """The types of the events so far."""
        return [str(event["type"]) for event in self.events]


@asynccontextmanager
async def watching(cluster: Cluster, path: str, **query: str) -> AsyncGenerator[Watching, None]:
    """Watch a collection while the block runs."""
    response = await cluster.api.raw("GET", path, watch="true", **query)  # type: ignore[arg-type] # all are text
    assert response.status == 200
    seen = Watching()

    async def collect() -> None:
        body = response.body
        assert not isinstance(body, bytes | list)
        async for piece in body:
            seen.events += [orjson.loads(line) for line in bytes(piece).splitlines() if line]

    async with TaskScope("watching") as scope:
        _ = scope.start("collect", collect())
        await asyncio.sleep(0)
        yield seen


@asynccontextmanager
async def running_cluster(clock: FakeClock) -> AsyncGenerator[Cluster, None]:
    """A fresh cluster, for as long as the block runs."""

    async def remove(path: str) -> None: ...

    api = await make_api(clock)
    masters = Client(InProcess(api.server.app, user="system:kube-controller-manager"))
    informers = SharedInformers(masters, clock, Random(1))
    controllers = all_controllers(ca_pem=CA_PEM, volume_dir="/volumes", remove_directory=remove)
    manager = ControllerManager(masters, informers, clock, controllers, Journal(), Random(1))
    async with TaskScope("masters") as scope:
        _ = scope.start("informers", informers.run())
        _ = scope.start("manager", manager.run())
        _ = scope.start("custom-resources", api.server.custom_resources.run())
        await manager.ready.wait()
        yield Cluster(api, clock)
