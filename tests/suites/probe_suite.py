"""What every way of probing must do, whatever it asks: say yes, say no, give up in time, and stop when told.

A case sets the stage for one ProbeType: something that is well, something that is not, and something
that never answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from wherry.agent.probes.interface import Outcome, ProbeTarget, ProbeType
from wherry.kit.clock import FakeClock, SystemClock, settle
from wherry.kit.tasks import TaskScope

Stage = Callable[[], AbstractAsyncContextManager[tuple[ProbeTarget, object]]]


@dataclass(frozen=True, slots=True)
class ProbeCase:
    """One way of probing; `silent` None: this way cannot be kept waiting by the target itself."""

    kind: ProbeType
    well: Stage
    unwell: Stage
    silent: Stage | None


async def says_yes(case: ProbeCase) -> None:
    async with case.well() as (target, handler):
        assert await case.kind.probe(target, handler, 5.0, SystemClock()) == Outcome(ok=True, message="")


async def says_no(case: ProbeCase) -> None:
    async with case.unwell() as (target, handler):
        outcome = await case.kind.probe(target, handler, 5.0, SystemClock())
        assert not outcome.ok
        assert outcome.message


async def gives_up_in_time(case: ProbeCase) -> None:
    assert case.silent is not None
    clock = FakeClock()
    async with case.silent() as (target, handler), TaskScope("test") as scope:
        task = scope.start("probe", case.kind.probe(target, handler, 3.0, clock))
        await settle(200)
        assert not task.done()
        await clock.advance(3.0)
        outcome = await task
        assert not outcome.ok
        assert outcome.message


async def stops_when_cancelled(case: ProbeCase) -> None:
    assert case.silent is not None
    async with case.silent() as (target, handler), TaskScope("test") as scope:
        task = scope.start("probe", case.kind.probe(target, handler, 3.0, FakeClock()))
        await settle(200)
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()


ALL = (says_yes, says_no, gives_up_in_time, stops_when_cancelled)
Scene = AsyncIterator[tuple[ProbeTarget, object]]
