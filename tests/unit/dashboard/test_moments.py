from __future__ import annotations

import pytest

from wherry.apimachinery.errors import BadRequest, Expired, NotFound
from wherry.dashboard.moments import Moments
from wherry.kit.clock import FakeClock
from wherry.narrate.past import Moment
from wherry.store.memory import MemoryStore

pytestmark = pytest.mark.usefixtures("_in_utc")


@pytest.fixture
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


async def test_a_moment_is_found_as_people_say_it(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    moments = Moments(store, clock)
    start_s = clock.now_s()
    for _ in range(3):
        await store.put("/a", b"1")
        await clock.advance(60)
    assert moments.find("2m ago") == Moment(time_s=start_s + 60, revision=3, oldest_s=start_s)
    assert moments.find("2099-01-01") == moments.now() == Moment(time_s=start_s + 180, revision=4, oldest_s=start_s)


async def test_a_moment_that_is_too_long_ago_is_refused_or_means_the_first(clock: FakeClock) -> None:
    store = MemoryStore(clock)
    moments = Moments(store, clock)
    await store.put("/a", b"1")
    oldest_s = clock.now_s()
    await clock.advance(60)
    with pytest.raises(Expired, match="remember back to"):
        moments.find("2h")
    assert moments.find("2h", or_oldest=True) == Moment(time_s=oldest_s, revision=1, oldest_s=oldest_s)


def test_what_is_no_moment_is_said_to_be(clock: FakeClock) -> None:
    with pytest.raises(BadRequest, match="is no moment; say 10m"):
        Moments(MemoryStore(clock), clock).find("soon")


def test_without_a_past_nobody_knows(clock: FakeClock) -> None:
    with pytest.raises(NotFound, match="cannot say"):
        Moments(None, clock).find("2h")
