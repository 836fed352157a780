"""Reflector and informer: the copy follows the API server through everything that can happen to a watch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest

from suites.fake_api import FakeApi
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import ServiceUnavailable
from wherry.client.informer import Informer, SharedInformers
from wherry.client.reflector import BACKOFF_MAX_S
from wherry.kit.clock import FakeClock, settle
from wherry.kit.http.types import Request
from wherry.kit.tasks import TaskScope


def config_map(name: str, text: str = "") -> Document:
    return {"metadata": {"name": name}, "data": {"text": text}}


class Heard:
    """A handler that writes down what it hears, as `+a`, `~a`, `-a`."""

    def __init__(self, informer: Informer[ConfigMap]) -> None:
        self.changes: list[str] = []
        self.informer = informer
        informer.add_handler(self.on_change)

    def on_change(self, old: ConfigMap | None, new: ConfigMap | None) -> None:
        either = new or old
        assert either is not None
        meta = either.metadata
        assert self.informer.lister.get(meta.namespace, meta.name) is new, "the copy changes before its handlers hear"
        self.changes.append(("+" if old is None else "-" if new is None else "~") + meta.name)


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
async def informers(api: FakeApi, clock: FakeClock) -> AsyncIterator[SharedInformers]:
    informers = SharedInformers(api.client(), clock, Random(1))
    async with TaskScope("test") as scope:
        _ = scope.start("informers", informers.run())
        yield informers


def count(api: FakeApi, part: str = "configmaps") -> int:
    return sum(1 for method, path in api.requests if method == "GET" and part in path)


async def test_handlers_hear_of_the_first_list_and_of_every_change(api: FakeApi, informers: SharedInformers) -> None:
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    informer = informers.informer(CONFIG_MAPS)
    heard = Heard(informer)
    await informer.synced.wait()
    api.put(CONFIG_MAPS, config_map("b"), "ns")
    api.put(CONFIG_MAPS, config_map("a", "new"), "ns")
    api.remove(CONFIG_MAPS, "b", "ns")
    await settle()
    assert heard.changes == ["+a", "+b", "~a", "-b"]
    assert informer.revision == api.revision
    late = Heard(informer)
    assert late.changes == ["+a"]


async def test_a_lost_connection_is_resumed_without_listing_again(api: FakeApi, informers: SharedInformers) -> None:
    informer = informers.informer(CONFIG_MAPS)
    heard = Heard(informer)
    await informer.synced.wait()
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    await settle()
    api.disconnect()
    api.put(CONFIG_MAPS, config_map("b"), "ns")
    await settle()
    assert heard.changes == ["+a", "+b"]
    assert count(api) == 3, "one list, two watches"


async def test_a_forgotten_revision_lists_again_and_tells_the_differences(
    api: FakeApi, informers: SharedInformers, clock: FakeClock
) -> None:
    for name in "abc":
        api.put(CONFIG_MAPS, config_map(name), "ns")
    informer = informers.informer(CONFIG_MAPS)
    await informer.synced.wait()
    heard = Heard(informer)
    heard.changes.clear()
    api.disconnect()
    api.remove(CONFIG_MAPS, "a", "ns")
    api.put(CONFIG_MAPS, config_map("b", "changed"), "ns")
    api.remove(CONFIG_MAPS, "c", "ns")
    api.put(CONFIG_MAPS, config_map("c", "a namesake"), "ns")
    api.put(CONFIG_MAPS, config_map("d"), "ns")
    api.forget()
    await clock.advance(BACKOFF_MAX_S)
    assert heard.changes == ["~b", "-c", "+c", "+d", "-a"]


async def test_bookmarks_move_the_revision_on(api: FakeApi, informers: SharedInformers) -> None:
    informer = informers.informer(CONFIG_MAPS)
    await informer.synced.wait()
    api.revision += 50
    api.bookmark()
    await settle()
    assert informer.revision == api.revision


async def test_failures_wait_longer_each_time_and_recovery_is_complete(
    api: FakeApi, informers: SharedInformers, clock: FakeClock
) -> None:
    def refuse(request: Request) -> None:
        raise ServiceUnavailable("down")

    api.before = refuse
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    informer = informers.informer(CONFIG_MAPS)
    await settle()
    await clock.advance(600)
    asked = count(api)
    assert 9 <= asked <= 60, "100 ms doubling to 30 s, not a poll"
    assert not informer.synced.is_set()
    api.before = None
    await clock.advance(BACKOFF_MAX_S)
    assert informer.lister.get("ns", "a") is not None


async def test_a_server_that_hangs_up_at_once_is_not_asked_in_circles(
    api: FakeApi, informers: SharedInformers, clock: FakeClock
) -> None:
    informer = informers.informer(CONFIG_MAPS)
    await informer.synced.wait()
    for _ in range(5):
        api.disconnect()
        await settle()
    assert count(api) <= 4
    await clock.advance(60)
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    await settle()
    assert informer.lister.get("ns", "a") is not None


async def test_the_same_question_shares_one_watch(api: FakeApi, informers: SharedInformers) -> None:
    one = informers.informer(CONFIG_MAPS, namespace="ns")
    assert informers.informer(CONFIG_MAPS, namespace="ns") is one
    other = informers.informer(CONFIG_MAPS, label_selector="a=b")
    assert other is not one
    await informers.wait_synced()
    await settle()
    assert count(api) == 4


async def test_informers_asked_for_before_run_start_with_it(api: FakeApi, clock: FakeClock) -> None:
    informers = SharedInformers(api.client(), clock)
    informer = informers.informer(CONFIG_MAPS)
    async with TaskScope("test") as scope:
        _ = scope.start("informers", informers.run())
        await informers.ready.wait()
        assert informer.synced.is_set()


async def test_waiting_for_a_state_ends_with_it_or_in_time(
    api: FakeApi, informers: SharedInformers, clock: FakeClock
) -> None:
    informer = informers.informer(CONFIG_MAPS)
    await informer.synced.wait()
    async with TaskScope("test") as scope:
        waiting = scope.start("wait", informer.wait_until(lambda lister: lister.get("ns", "a") is not None, 5))
        await settle()
        assert not waiting.done()
        api.put(CONFIG_MAPS, config_map("a"), "ns")
        await waiting
        late = scope.start("late", expect_timeout(informer))
        await settle()
        await clock.advance(5)
        assert late.done()
    await informer.wait_until(lambda lister: len(lister) == 1)


async def expect_timeout(informer: Informer[ConfigMap]) -> None:
    with pytest.raises(TimeoutError):
        await informer.wait_until(lambda lister: lister.get("ns", "z") is not None, 5)


async def test_an_object_that_cannot_be_read_hides_no_other(api: FakeApi, informers: SharedInformers) -> None:
    broken: Document = {"metadata": {"name": "broken"}, "data": 7}
    api.put(CONFIG_MAPS, broken, "ns")
    api.put(CONFIG_MAPS, config_map("a"), "ns")
    informer = informers.informer(CONFIG_MAPS)
    await informer.synced.wait()
    api.put(CONFIG_MAPS, {**broken, "data": 8}, "ns")
    api.put(CONFIG_MAPS, config_map("b"), "ns")
    await settle()
    assert [each.metadata.name for each in informer.lister.list()] == ["a", "b"]
    assert informer.revision == api.revision
    assert count(api) == 2, "neither listed nor watched again"
