"""What every way of probing must do, whatever it asks: say yes, say no, give up in time, and stop when told.

A case sets the stage for one ProbeType: something that is well, something that is not, and something
that never answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from wherry.agent.probes.interface import Outcome, ProbeTarget, ProbeType
from wherry.kit.clock import Clock, FakeClock, SystemClock, settle
from wherry.kit.tasks import TaskScope

TIMEOUT_S = 5.0
Stage = Callable[[], AbstractAsyncContextManager[tuple[ProbeTarget, object]]]


@dataclass(frozen=True, slots=True)
class ProbeCase:
    """One way of probing; `silent` None: this way cannot be kept waiting by the target itself."""

    kind: ProbeType
    well: Stage
    unwell: Stage
    silent: Stage | None


async def asked(case: ProbeCase, stage: tuple[ProbeTarget, object], clock: Clock) -> Outcome:
    target, handler = stage
    return await case.kind.probe(target, handler, TIMEOUT_S, clock)


async def says_yes(case: ProbeCase) -> None:
    async with case.well() as stage:
        assert await asked(case, stage, SystemClock()) == Outcome(ok=True, message="")


async def says_no(case: ProbeCase) -> None:
    async with case.unwell() as stage:
        outcome = await asked(case, stage, SystemClock())
        assert not outcome.ok
        assert outcome.message


async def gives_up_in_time(case: ProbeCase) -> None:
    assert case.silent is not None
    clock = FakeClock()
    async with case.silent() as stage, TaskScope("test") as scope:
        task = scope.start("probe", asked(case, stage, clock))
        await settle(200)
        assert not task.done()
        await clock.advance(TIMEOUT_S)
        outcome = await task
        assert not outcome.ok
        assert outcome.message


async def stops_when_cancelled(case: ProbeCase) -> None:
    assert case.silent is not None
    async with case.silent() as stage, TaskScope("test") as scope:
        task = scope.start("probe", asked(case, stage, FakeClock()))
        await settle(200)
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()


Check = Callable[[ProbeCase], Awaitable[None]]
ALL: tuple[Check, ...] = (says_yes, says_no, gives_up_in_time, stops_when_cancelled)
Scene = AsyncIterator[tuple[ProbeTarget, object]]
