from __future__ import annotations

import asyncio
import time

import pytest

from wherry.kit.tasks import TaskScope
from wherry.kit.virtual_time import VirtualClock, run_in_virtual_time


def test_hours_pass_at_once_and_in_order() -> None:
    clock = VirtualClock(1000.0)
    seen: list[tuple[str, float]] = []

    async def wait(name: str, delay_s: float) -> None:
        await clock.sleep(delay_s)
        seen.append((name, clock.monotonic_s()))

    async def main() -> str:
        async with TaskScope("test") as scope:
            for name, delay_s in (("b", 7200.0), ("a", 3600.0), ("c", 7200.0)):
                _ = scope.start(name, wait(name, delay_s))
            clock.call_later(1.0, lambda: seen.append(("first", clock.now_s())))
            clock.call_later(2.0, lambda: seen.append(("never", 0.0))).cancel()
            await scope.join()
        return "done"

    started_s = time.perf_counter()
    assert run_in_virtual_time(main, clock) == "done"
    assert seen == [("first", 1001.0), ("a", 3600.0), ("b", 7200.0), ("c", 7200.0)]
    assert clock.now_s() == 8200.0
    assert time.perf_counter() - started_s < 2


def test_time_does_not_pass_while_somebody_works() -> None:
    clock = VirtualClock(0.0)

    async def main() -> float:
        async with TaskScope("test") as scope:
            _ = scope.start("timer", clock.sleep(1.0))
            for _ in range(1000):
                await clock.sleep(0)
            return clock.monotonic_s()

    assert run_in_virtual_time(main, clock) == 0.0


def test_what_nobody_waits_for_in_virtual_time_is_waited_for_in_real_time() -> None:
    clock = VirtualClock(0.0)

    async def main() -> None:
        async with asyncio.timeout(0.05):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run_in_virtual_time(main, clock)
