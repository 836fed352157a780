from __future__ import annotations

import asyncio
import threading

import pytest

from wherry.kit import threads
from wherry.kit.clock import settle


async def test_a_blocking_call_runs_elsewhere_and_gives_its_result() -> None:
    assert await threads.run_in_thread(threading.get_ident) != threading.get_ident()


async def test_an_error_reaches_the_caller() -> None:
    def fail() -> None:
        raise ValueError("no")

    for run in (threads.run_in_thread, threads.run_in_fresh_thread):
        with pytest.raises(ValueError, match="no"):
            await run(fail)


async def test_a_fresh_thread_is_never_used_again() -> None:
    seen = {await threads.run_in_fresh_thread(threading.get_native_id) for _ in range(5)}
    assert len(seen) == 5


def test_a_fresh_thread_can_be_waited_for_without_a_loop() -> None:
    assert threads.call_in_fresh_thread(threading.get_ident) != threading.get_ident()


async def test_a_cancelled_caller_waits_for_the_call_to_return() -> None:
    begun, go_on = threading.Event(), threading.Event()
    finished: list[str] = []

    def slow() -> None:
        begun.set()
        go_on.wait(10)
        finished.append("done")

    async def caller() -> None:
        try:
            await threads.run_in_fresh_thread(slow)
        finally:
            assert finished == ["done"]

    task = asyncio.ensure_future(caller())
    await settle()
    begun.wait(10)
    task.cancel()
    await settle()
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
