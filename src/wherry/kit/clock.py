"""Time, as a thing that can be handed over: the system's, or one that moves only when told.

Nothing else in Wherry asks the operating system for the time or sleeps. Durations are measured
on the monotonic clock, so that a wall clock that jumps neither expires leases nor evicts pods.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something that will be called."""

    def cancel(self) -> None:
        """It will not; safe to call twice, and after the call."""


class Clock(Protocol):
    """Tells the time and waits."""

    def now_s(self) -> float:
        """Wall-clock time in seconds since 1970 (UTC); may jump. For display and timestamps."""

    def monotonic_s(self) -> float:
        """Seconds since an arbitrary start; never jumps. For durations."""

    async def sleep(self, delay_s: float) -> None:
        """Wait `delay_s` seconds (0 or less: one turn of the event loop)."""

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Timer:
        """Call `call` on the loop in `delay_s` seconds: a wait without a task, for who waits a thousand times."""


class SystemClock:
    """The operating system's time."""

    def now_s(self) -> float:
        """Wall-clock seconds since 1970 (UTC)."""
        return time.time()

    def monotonic_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        """Wait `delay_s` seconds."""
        await asyncio.sleep(max(0.0, delay_s))  # noqa: TID251 - this is the one place

    def call_later(self, delay_s: float, call: Callable[[], None]) -> Timer:
        """Call in `delay_s` seconds."""
        return asyncio.get_running_loop().call_later(delay_s, call)


class HeldTimer:
    """A call that a HeldClock will make."""

    def __init__(self, call: Callable[[], None]) -> None:
        """Made by HeldClock.call_later."""
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """It will not be made."""
        self._call = None

    def done(self) -> bool:
        """Whether it has been cancelled."""
        return self._call is None

    def set_result(self, _: None) -> None:
        """Its time has come."""
        if self._call is not None:
            self._call()


class HeldClock:
    """Time that stands still until somebody moves it on; who that is makes the difference between its kinds."""

    def __init__(self, now_s: float) -> None:
        """Start at `now_s`, wall-clock seconds since 1970."""
        self._start_s = now_s
        self._elapsed_s = 0.0
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None] | HeldTimer]] = []

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
        timer = HeldTimer(call)
        self._wait(delay_s, timer)
        return timer

    def _wait(self, delay_s: float, entry: asyncio.Future[None] | HeldTimer) -> None:
        heapq.heappush(self._waiting, (self._elapsed_s + max(0.0, delay_s), next(self._order), entry))

    def _wake_next(self) -> None:
        """Time is now when the first one waits for, who goes on unless they have been cancelled."""
        due_s, _, entry = heapq.heappop(self._waiting)
        self._elapsed_s = max(self._elapsed_s, due_s)
        if not entry.done():
            entry.set_result(None)


class FakeClock(HeldClock):
    """Time that stands still until a test calls `advance`."""

    def __init__(self, now_s: float = 1_800_000_000.0) -> None:
        """Start at `now_s`, wall-clock seconds since 1970."""
        super().__init__(now_s)

    async def advance(self, delta_s: float) -> None:
        """Move time forward and let everybody who was due run, in order."""
        target_s = self._elapsed_s + delta_s
        while self._waiting and self._waiting[0][0] <= target_s:
            self._wake_next()
            await settle()
        self._elapsed_s = target_s
        await settle()


async def settle(turns: int = 20) -> None:
    """Give every ready task `turns` turns of the event loop."""
    for _ in range(turns):
        await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
