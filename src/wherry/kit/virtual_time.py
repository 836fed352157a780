"""Time that passes when nobody has anything to do: hours of a cluster's life in a second.

    clock = VirtualClock(now_s)
    result = run_in_virtual_time(lambda: play(clock), clock)

The loop runs everything that is ready; when nothing is, the clock jumps to the next moment that somebody waits for.
What happens is the same as in real time, in the same order, as long as everybody waits on the clock and on each
other only, and on nothing outside of this process.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import selectors
from collections.abc import Callable, Coroutine
from typing import TypeVar

from wherry.kit.clock import FakeTimer, Timer, settle

T = TypeVar("T")


class VirtualClock:
    """Implements Clock; `pass_time` is called by the loop when it is idle."""

    def __init__(self, now_s: float) -> None:
        """Start at `now_s`, seconds since 1970."""
        self._start_s = now_s
        self._elapsed_s = 0.0
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None] | FakeTimer]] = []

    def now_s(self) -> float:
        """Wall-clock seconds since 1970 (UTC)."""
        return self._start_s + self._elapsed_s

    def monotonic_s(self) -> float:
        """Seconds that have passed."""
        return self._elapsed_s

    async def sleep(self, delay_s: float) -> None:
        """Wait until time has passed this moment."""
        if delay_s <= 0:
            await settle(1)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wait(delay_s, future)
        await future

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Timer:
        """Call when time has passed this moment."""
        timer = FakeTimer(call)
        self._wait(delay_s, timer)
        return timer

    def pass_time(self) -> bool:
        """Jump to the next moment that somebody waits for, and wake them; False when nobody waits."""
        while self._waiting and self._waiting[0][2].done():
            _ = heapq.heappop(self._waiting)
        if not self._waiting:
            return False
        self._elapsed_s = max(self._elapsed_s, self._waiting[0][0])
        while self._waiting and self._waiting[0][0] <= self._elapsed_s:
            entry = heapq.heappop(self._waiting)[2]
            if not entry.done():
                entry.set_result(None)
        return True

    def _wait(self, delay_s: float, entry: asyncio.Future[None] | FakeTimer) -> None:
        heapq.heappush(self._waiting, (self._elapsed_s + max(0.0, delay_s), next(self._order), entry))


class _IdleSelector(selectors.DefaultSelector):
    """Lets time pass instead of waiting."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if (timeout is None or timeout > 0) and self._clock.pass_time():
            timeout = 0
        return super().select(timeout)


def run_in_virtual_time(main: Callable[[], Coroutine[object, object, T]], clock: VirtualClock) -> T:
    """Run `main` to its end on a loop of its own, in the time of `clock`. Blocks; needs a thread without a loop."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_IdleSelector(clock))) as runner:
        return runner.run(main())
