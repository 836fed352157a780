"""What has to be looked at, each once: the queue between changes and workers.

A key that is added twice before a worker takes it is handed out once. A key that is added while a
worker has it is handed out again when that worker is done, never to two at a time: so no object is
worked on twice at once, and no change is lost. First come, first served.

    add(a) add(b) add(a)      -> get() a, get() b
    get() a, add(a)           -> held back ... done(a) -> get() a

Failures wait 5 ms, 10 ms, 20 ms ... up to 1000 s, each key by itself (`add_failed`, `forget`).
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope

K = TypeVar("K", bound=Hashable)

BACKOFF_MIN_S = 0.005
BACKOFF_MAX_S = 1000.0
"""As client-go's ItemExponentialFailureRateLimiter."""


class WorkQueue(Generic[K]):
    """Keys to work on. `run` must be running for the delayed ones to arrive."""

    def __init__(self, clock: Clock) -> None:
        """Empty."""
        self._clock = clock
        self._ready: deque[K] = deque()
        self._dirty: set[K] = set()
        self._processing: set[K] = set()
        self._failures: dict[K, int] = {}
        self._due_s: dict[K, float] = {}
        self._timers: list[tuple[float, int, K]] = []
        self._timer_count = 0
        self._timers_changed = asyncio.Event()
        self._getters: deque[asyncio.Future[None]] = deque()
        self.added = 0

    def __len__(self) -> int:
        """How many keys wait for a worker now."""
        return len(self._ready)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nobody works (delayed keys do not count)."""
        return not self._dirty and not self._processing

    def add(self, key: K) -> None:
        """Have a key looked at."""
        if key in self._dirty:
            return
        self.added += 1
        self._dirty.add(key)
        if key not in self._processing:
            self._offer(key)

    def add_after(self, key: K, delay_s: float) -> None:
        """Have a key looked at after `delay_s`; an earlier appointment of the same key stands."""
        if delay_s <= 0:
            self.add(key)
            return
        due_s = self._clock.monotonic_s() + delay_s
        if key in self._due_s and self._due_s[key] <= due_s:
            return
        self._due_s[key] = due_s
        self._timer_count += 1
        heapq.heappush(self._timers, (due_s, self._timer_count, key))
        if self._timers[0][2] == key:
            self._timers_changed.set()

    def add_failed(self, key: K) -> float:
        """Have a key looked at again after its back-off; returns that delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        delay_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2.0 ** min(failures, 30))
        self.add_after(key, delay_s)
        return delay_s

    def forget(self, key: K) -> None:
        """Its work has succeeded: the next failure waits the shortest time again."""
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        """How often it has failed in a row."""
        return self._failures.get(key, 0)

    async def get(self) -> K:
        """Wait for the next key; `done` must follow."""
        while not self._ready:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._getters.append(waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                # The turn given to a cancelled worker goes to the next one.
                if waiting.done() and not waiting.cancelled():
                    self._wake_one()
                raise
        key = self._ready.popleft()
        self._dirty.discard(key)
        self._processing.add(key)
        return key

    def done(self, key: K) -> None:
        """The worker has finished with the key, well or not."""
        self._processing.discard(key)
        if key in self._dirty:
            self._offer(key)

    async def run(self) -> None:
        """Deliver delayed keys when they are due, until cancelled."""
        while True:
            self._timers_changed.clear()
            wait_s = self._deliver_due()
            if wait_s is None:
                await self._timers_changed.wait()
                continue
            async with TaskScope("workqueue-timer") as scope:
                sleeping = scope.start("sleep", self._clock.sleep(wait_s))
                changed = scope.start("changed", self._timers_changed.wait())
                await asyncio.wait({sleeping, changed}, return_when=asyncio.FIRST_COMPLETED)

    def _deliver_due(self) -> float | None:
        """Add what is due; returns the seconds until the next, None when there is none."""
        now_s = self._clock.monotonic_s()
        while self._timers:
            due_s, _, key = self._timers[0]
            if self._due_s.get(key) != due_s:
                heapq.heappop(self._timers)  # replaced by an earlier appointment
            elif due_s <= now_s:
                heapq.heappop(self._timers)
                del self._due_s[key]
                self.add(key)
            else:
                return due_s - now_s
        return None

    def _offer(self, key: K) -> None:
        self._ready.append(key)
        self._wake_one()

    def _wake_one(self) -> None:
        while self._getters:
            waiting = self._getters.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
