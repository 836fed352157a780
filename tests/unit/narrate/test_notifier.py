"""The masters' own messages: once for each incident, also over restarts, and never in anybody's way."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import TypeVar, cast

import msgspec
import pytest

from suites.told_cluster import node, pod
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.core.secret import SECRETS, Secret
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.informer import Informer
from wherry.kit.clock import FakeClock, SystemClock, settle
from wherry.kit.http.client import ConnectionFailed
from wherry.kit.metrics import Registry
from wherry.kit.tasks import TaskScope
from wherry.narrate.incidents import CALM_S, LASTS_S
from wherry.narrate.notifier import NAMESPACE, PART, SECRET, Notifier, url_in
from wherry.narrate.webhook import Webhook

T = TypeVar("T", bound=msgspec.Struct)
URL = "http://chat.example/T0/secret"
BAD: Document = pod("bad", "n1", status={"phase": "Failed"})
WELL: Document = pod("bad", "n1")


class Cluster:
    """Informers that a test feeds, and a webhook that takes messages as it is told."""

    def __init__(self, clock: FakeClock, memory: Path) -> None:
        self.clock = clock
        self.memory = memory
        self.parts: dict[str, Callable[[], str]] = {}
        self.said: list[str] = []
        self.answer: int | Exception = 204
        self.tries = 0
        self._informers: dict[str, Informer[msgspec.Struct]] = {}
        self._revision = 0
        self.put(NODES, node("n1"))

    def informer(self, resource: ResourceType[T], /) -> Informer[T]:
        if resource.kind not in self._informers:
            made = self._informers[resource.kind] = cast("Informer[msgspec.Struct]", Informer(resource, self.clock))
            made.synced.set()
        return cast("Informer[T]", self._informers[resource.kind])

    def put(self, resource: ResourceType[T], document: Document) -> T:
        self._revision += 1
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        one = resource.from_document({**document, "metadata": {**metadata, "resourceVersion": str(self._revision)}})
        self.informer(resource).change(one, str(self._revision))
        return one

    def address(self, url: str, **annotations: str) -> Secret:
        return self.put(
            SECRETS,
            {
                "metadata": {"name": SECRET, "namespace": NAMESPACE, "uid": "u", "annotations": {**annotations}},
                "data": {"url": base64.b64encode(url.encode()).decode()},
            },
        )

    def forget(self, secret: Secret) -> None:
        self._revision += 1
        self.informer(SECRETS).remove(secret, str(self._revision))

    async def post(self, _: Webhook, body: bytes) -> int:
        self.tries += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer < 300:
            told = json.loads(body)
            self.said.append(f"{told['state']} {told['thing']}")
        return self.answer

    async def until(self, is_so: Callable[[], bool]) -> None:
        """The memory is a real file, written in a real thread."""
        for _ in range(2000):
            if is_so():
                return
            await SystemClock().sleep(0.001)
        pytest.fail("it did not come to that")

    async def in_time(self, is_so: Callable[[], bool]) -> None:
        """The same, while time goes on: where it is not known when something begins."""
        for _ in range(2000):
            if is_so():
                return
            await SystemClock().sleep(0.001)
            await self.clock.advance(1)
        pytest.fail("it did not come to that")

    async def pass_s(self, seconds: float) -> None:
        for _ in range(int(seconds / 2)):
            await self.clock.advance(2)
            await settle()

    async def is_telling(self) -> None:
        """Somebody is told from now on."""
        await self.until(lambda: PART in self.parts)
        await settle()

    @asynccontextmanager
    async def masters(self) -> AsyncIterator[Notifier]:
        """One life of the masters."""
        notifier = Notifier(self.informer, self.clock, Random(7), memory=self.memory, parts=self.parts)
        async with TaskScope("masters") as scope:
            _ = scope.start("notices", notifier.run())
            await notifier.ready.wait()
            if self.informer(SECRETS).lister.list():
                await self.is_telling()
            yield notifier


@pytest.fixture
def cluster(clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made = Cluster(clock, tmp_path / "notices.json")
    monkeypatch.setattr(Webhook, "post", lambda webhook, body: made.post(webhook, body))
    return made


async def test_a_webhook_hears_of_each_incident_once_and_of_its_end(cluster: Cluster) -> None:
    cluster.address(URL)
    async with cluster.masters():
        cluster.put(PODS, BAD)
        await cluster.pass_s(LASTS_S + 6)
        await cluster.until(cluster.memory.exists)
        cluster.put(PODS, {**BAD, "metadata": {**BAD["metadata"], "labels": {"a": "b"}}})  # type: ignore[dict-item]
        await cluster.pass_s(60)
        assert cluster.said == ["started pod/bad"]
        cluster.put(PODS, WELL)
        await cluster.pass_s(CALM_S + 6)
        await cluster.until(lambda: cluster.said == ["started pod/bad", "ended pod/bad"])


async def test_after_a_restart_nothing_is_told_twice_and_nothing_is_missed(cluster: Cluster) -> None:
    cluster.address(URL)
    async with cluster.masters():
        cluster.put(PODS, BAD)
        await cluster.pass_s(LASTS_S + 6)
        await cluster.until(cluster.memory.exists)
    cluster.put(PODS, pod("worse", "n1", status={"phase": "Failed"}))
    async with cluster.masters():
        await cluster.pass_s(60)
        await cluster.until(lambda: cluster.said == ["started pod/bad", "started pod/worse"])
        await cluster.until(lambda: b"worse" in cluster.memory.read_bytes())
    cluster.put(PODS, WELL)
    async with cluster.masters():
        await cluster.pass_s(CALM_S + 6)
        await cluster.until(lambda: cluster.said[2:] == ["ended pod/bad"])


@pytest.mark.parametrize("answer", [503, 404, ConnectionFailed("cannot connect")])
async def test_a_webhook_that_takes_nothing_is_said_by_the_part_and_hears_all_when_it_is_back(
    cluster: Cluster, answer: int | Exception
) -> None:
    cluster.address(URL)
    cluster.answer = answer
    async with cluster.masters() as notifier:
        cluster.put(PODS, BAD)
        await cluster.pass_s(LASTS_S + 8)
        wrong = notifier.check()
        assert wrong.startswith("http://chat.example has not taken a message at ")
        assert "secret" not in wrong
        assert cluster.parts[PART]() == wrong
        before = cluster.tries
        await cluster.pass_s(1200)
        assert cluster.tries - before < 15, "it waits longer and longer"
        cluster.answer = 204
        await cluster.pass_s(340)
        await cluster.until(lambda: cluster.said == ["started pod/bad"])
        await cluster.until(lambda: notifier.check() == "")


async def test_somebody_who_has_mended_the_receiver_need_not_wait(cluster: Cluster) -> None:
    cluster.address(URL)
    cluster.answer = 503
    async with cluster.masters() as notifier:
        cluster.put(PODS, BAD)
        await cluster.pass_s(600)
        cluster.answer = 204
        cluster.address(URL, **{"wherry.dev/tried-at": "now"})
        await cluster.until(lambda: cluster.said == ["started pod/bad"])
        assert notifier.check() == ""


async def test_trouble_that_nobody_heard_of_and_that_is_over_is_not_told(cluster: Cluster) -> None:
    cluster.address(URL)
    cluster.answer = 503
    async with cluster.masters():
        cluster.put(PODS, BAD)
        await cluster.pass_s(LASTS_S + 6)
        cluster.put(PODS, WELL)
        await cluster.pass_s(CALM_S + 6)
        cluster.answer = 204
        await cluster.pass_s(600)
        assert cluster.said == []


async def test_the_address_may_come_change_and_go_while_the_masters_run(cluster: Cluster) -> None:
    async with cluster.masters():
        cluster.put(PODS, BAD)
        await cluster.pass_s(60)
        assert (cluster.said, cluster.parts) == ([], {})
        cluster.address(URL)
        await cluster.is_telling()
        await cluster.pass_s(LASTS_S + 6)
        await cluster.until(cluster.memory.exists)
        assert cluster.said == ["started pod/bad"]
        secret = cluster.address("http://other.example/")
        await cluster.in_time(lambda: cluster.said == ["started pod/bad"] * 2)
        cluster.forget(secret)
        await cluster.until(lambda: cluster.parts == {})


async def test_an_address_that_is_none_is_said_and_stops_nothing(cluster: Cluster) -> None:
    cluster.address("ftp://a/secret")
    async with cluster.masters() as notifier:
        assert notifier.check() == "the webhook is no address that takes messages"
        cluster.address(URL)
        await cluster.until(lambda: notifier.check() == "")


async def test_it_shows_what_was_told_and_what_waits(cluster: Cluster) -> None:
    cluster.address(URL)
    cluster.answer = 503
    async with cluster.masters() as notifier:
        registry = Registry()
        notifier.measure(registry)
        cluster.put(PODS, BAD)
        await cluster.pass_s(LASTS_S + 6)
        text = registry.text()
        assert 'wherry_notices_total{result="taken"} 0' in text
        assert "wherry_notices_waiting 1" in text
        assert "wherry_notices_wanted 1" in text


@pytest.mark.parametrize("data", [{}, {"url": "!"}, {"url": base64.b64encode(b"\xff").decode()}])
def test_a_secret_without_a_readable_address_names_nobody(data: dict[str, str]) -> None:
    assert url_in(data) == ""
