"""Traffic for an experiment: journeys, as many at once or as often as is asked for, and what came of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from wherry.kit.tasks import TaskScope
from wherry.method.journey.play import Call, Play
from wherry.method.twins.twin import Twin

T = TypeVar("T")

# So many failures, and more than half of all: going on shows nothing new, and only does harm.
HOPELESS = 20


@dataclass
class Load:
    """What was sent, and what came of it."""

    plays: list[Play] = field(default_factory=list)
    began_s: float = 0.0
    ended_s: float = 0.0

    @property
    def sent(self) -> int:
        """How many requests were answered or failed."""
        return sum(len(play.results) for play in self.plays)

    @property
    def failed(self) -> list[str]:
        """What went wrong, in words."""
        return [play.trouble for play in self.plays if play.trouble]

    @property
    def is_hopeless(self) -> bool:
        """Whether the experiment should be given up."""
        return len(self.failed) >= HOPELESS and 2 * len(self.failed) > len(self.plays)

    @property
    def each_s(self) -> float:
        """Requests in a second."""
        return self.sent / max(0.001, self.ended_s - self.began_s)


async def play_until(
    twin: Twin, calls: Sequence[Call], ends: Awaitable[T], *, more: int, at_once: int
) -> tuple[Load, T]:
    """Play journeys until something has ended, and some `more` after it; calls take turns. Gives its result too.

    Args:
        twin: where.
        calls: the ways to call it.
        ends: what is waited for.
        more: how many journeys begin after it.
        at_once: how many are played side by side.
    """
    load = Load(began_s=twin.clock.monotonic_s())
    left = iter(range(more))
    is_over = False

    async def ending() -> T:
        nonlocal is_over
        try:
            return await ends
        finally:
            is_over = True

    async def one(turn: int) -> None:
        while not load.is_hopeless and (not is_over or next(left, None) is not None):
            load.plays.append(await twin.play(calls[turn % len(calls)]))
            turn += 1

    async def players() -> None:
        await asyncio.gather(*(one(number) for number in range(at_once)))

    result, _ = await asyncio.gather(ending(), players())
    load.ended_s = twin.clock.monotonic_s()
    return load, result


async def play_times(twin: Twin, *, times: int, at_once: int) -> Load:
    """Play so many journeys through the Service, `at_once` of them side by side."""
    load = Load(began_s=twin.clock.monotonic_s())
    waiting = iter(range(times))

    async def one() -> None:
        for _ in waiting:
            if load.is_hopeless:
                return
            load.plays.append(await twin.play())

    await asyncio.gather(*(one() for _ in range(at_once)))
    load.ended_s = twin.clock.monotonic_s()
    return load


@asynccontextmanager
async def steady_load(twin: Twin, requests_each_s: float) -> AsyncIterator[Load]:
    """Requests at a steady pace while the block runs, whether the earlier ones were answered or not.

    Those that are on their way at the end are waited for.
    """
    load = Load(began_s=twin.clock.monotonic_s())
    steps = len(twin.journey.steps) if twin.journey is not None else 1
    async with TaskScope("load") as scope:

        async def one() -> None:
            load.plays.append(await twin.play())

        async def all_of_them() -> None:
            due_s = load.began_s
            while not load.is_hopeless:
                _ = scope.start("journey", one())
                due_s += steps / requests_each_s
                await twin.clock.sleep(due_s - twin.clock.monotonic_s())

        pace = scope.start("pace", all_of_them())
        yield load
        pace.cancel()
        await scope.join()
    load.ended_s = twin.clock.monotonic_s()
