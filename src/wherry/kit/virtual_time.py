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
import selectors
from collections.abc import Callable, Coroutine
from typing import TypeVar

from wherry.kit.clock import HeldClock

T = TypeVar("T")


class VirtualClock(HeldClock):
    """Implements Clock; `pass_time` is called by the loop when it is idle."""

    def pass_time(self) -> bool:
        """Jump to the next moment that somebody waits for, and wake them; False when nobody waits."""
        while self._waiting and self._waiting[0][2].done():
            _ = heapq.heappop(self._waiting)
        if not self._waiting:
            return False
        self._wake_next()
        while self._waiting and self._waiting[0][0] <= self._elapsed_s:
            self._wake_next()
        return True


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
