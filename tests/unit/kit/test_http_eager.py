from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextvars import ContextVar

import pytest

from wherry.kit.clock import settle
from wherry.kit.http.eager import Work, Worker

variable: ContextVar[str] = ContextVar("variable", default="unset")


class Bench:
    """A worker, the work that waits for it, and what happened."""

    def __init__(self) -> None:
        self.queue: list[Work] = []
        self.events: list[str] = []
        self.gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.worker = Worker(asyncio.get_running_loop(), lambda: self.queue.pop(0) if self.queue else None, "test")

    async def quick(self) -> None:
        self.events.append("quick")

    async def slow(self) -> None:
        variable.set("kept")
        assert asyncio.current_task() is self.worker.task
        self.events.append("begun")
        try:
            await self.gate
        except asyncio.CancelledError:
            self.events.append("cancelled")
            raise
        assert variable.get() == "kept"
        assert asyncio.current_task() is self.worker.task
        self.events.append("ended")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.worker.cancel()
    await settle()


async def test_work_that_does_not_wait_is_done_at_once(bench: Bench) -> None:
    bench.worker.start(bench.quick())
    assert bench.events == ["quick"]
    assert not bench.worker.is_busy


async def test_work_that_waits_goes_on_in_the_workers_task(bench: Bench) -> None:
    bench.worker.start(bench.slow())
    is_busy_while_waiting = bench.worker.is_busy
    assert bench.events == ["begun"]
    assert is_busy_while_waiting
    bench.queue.append(bench.quick())
    bench.gate.set_result(None)
    await settle()
    assert bench.events == ["begun", "ended", "quick"]
    assert not bench.worker.is_busy
    bench.worker.start(bench.quick())
    assert bench.events == ["begun", "ended", "quick", "quick"]


async def test_work_is_cancelled_even_before_the_task_has_adopted_it(bench: Bench) -> None:
    await settle()
    bench.worker.start(bench.slow())
    bench.worker.cancel()
    await settle()
    assert bench.events == ["begun", "cancelled"]
    assert bench.worker.task.cancelled()


async def test_work_is_cancelled_while_it_waits(bench: Bench) -> None:
    bench.worker.start(bench.slow())
    await settle()
    bench.worker.cancel()
    await settle()
    assert bench.events == ["begun", "cancelled"]


async def test_work_that_gives_up_a_turn_first_can_be_cancelled_there(bench: Bench) -> None:
    async def turn() -> None:
        try:
            await settle(1)
        except asyncio.CancelledError:
            bench.events.append("cancelled")
            raise

    bench.worker.start(turn())
    bench.worker.cancel()
    await settle()
    assert bench.events == ["cancelled"]
