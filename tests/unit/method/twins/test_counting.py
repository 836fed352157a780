"""How many copies are ready is noted beside a trial, and a cluster that refuses that spoils no trial."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

from suites.played_twin import played_twin
from wherry.api.core.pod import Pod, PodCondition, PodStatus
from wherry.apimachinery.errors import Forbidden
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.method.twins.counting import counting_copies


def pod(name: str, *, is_ready: bool = True, leaves: bool = False) -> Pod:
    condition = PodCondition(type="Ready", status="True" if is_ready else "False")
    gone = "2026-01-01T00:00:00Z" if leaves else ""
    return Pod(metadata=ObjectMeta(name=name, deletion_timestamp=gone), status=PodStatus(conditions=(condition,)))


@dataclass
class Watched:
    """A cluster in which one copy becomes ready, and another one leaves and is gone."""

    refuses: bool = False
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def list(self, *_: object, **__: object) -> object:
        if self.refuses:
            raise Forbidden("pods are not for you")
        return SimpleNamespace(items=[pod("a"), pod("b", is_ready=False)], resource_version="7")

    async def watch(self, *_: object, **__: object) -> AsyncIterator[object]:
        for kind, found in (("MODIFIED", pod("b")), ("MODIFIED", pod("a", leaves=True)), ("DELETED", pod("a"))):
            yield SimpleNamespace(type=kind, object=found)
        self.told.set()
        await asyncio.Event().wait()


async def test_copies_that_come_and_go_are_counted() -> None:
    twin, cluster = played_twin(), Watched()
    twin.client = cast("Client", cluster)
    async with counting_copies(twin):
        await cluster.told.wait()
    assert [copies for _, copies in twin.recording.copies] == [1, 2, 1]


async def test_who_may_not_see_pods_can_try_all_the_same() -> None:
    twin = played_twin()
    twin.client = cast("Client", Watched(refuses=True))
    async with counting_copies(twin):
        await asyncio.sleep(0)
    assert twin.recording.copies == []


async def test_a_twin_tells_of_each_request_that_it_makes() -> None:
    twin = played_twin()
    _ = await twin.scale(1)
    _ = await twin.play()
    assert [is_good for _, is_good in twin.recording.requests] == [True, True, True]
