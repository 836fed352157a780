"""The work queue: each key once, one worker per key, delays on the clock."""

from __future__ import annotations

import pytest

from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.reconcile.workqueue import BACKOFF_MAX_S, WorkQueue


async def test_a_key_added_twice_is_handed_out_once(clock: FakeClock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock)
    for key in "abab":
        queue.add(key)
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    assert len(queue) == 0


async def test_a_key_added_while_in_work_comes_again_after_done(clock: FakeClock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock)
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    queue.add("a")
    queue.add("b")
    assert await queue.get() == "b"
    assert len(queue) == 0
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    queue.done("b")
    assert queue.is_idle


async def test_getters_wait_their_turn_and_a_cancelled_one_loses_nothing(clock: FakeClock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock)
    async with TaskScope("test") as scope:
        first = scope.start("first", queue.get())
        second = scope.start("second", queue.get())
        await settle()
        queue.add("a")
        first.cancel()
        await settle()
        assert second.result() == "a"


async def test_delayed_keys_come_when_they_are_due_earliest_first(clock: FakeClock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock)
    async with TaskScope("test") as scope:
        _ = scope.start("timers", queue.run())
        queue.add_after("late", 10)
        await settle()
        queue.add_after("early", 5)
        queue.add_after("early", 8)
        queue.add_after("late", 7)
        queue.add_after("now", 0)
        assert await queue.get() == "now"
        await clock.advance(5)
        assert await queue.get() == "early"
        queue.done("early")
        await clock.advance(2)
        assert await queue.get() == "late"
        queue.done("late")
        await clock.advance(60)
        assert len(queue) == 0


async def test_failures_back_off_per_key_from_5_ms_to_1000_s(clock: FakeClock) -> None:
    queue: WorkQueue[str] = WorkQueue(clock)
    delays = [queue.add_failed("a") for _ in range(40)]
    assert delays[:4] == [0.005, 0.01, 0.02, 0.04]
    assert delays[-1] == BACKOFF_MAX_S
    assert queue.failures("a") == 40
    assert queue.add_failed("b") == 0.005
    queue.forget("a")
    assert queue.add_failed("a") == pytest.approx(0.005)
