"""Let something take only so long, by the injected Clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import RuntimeFailure

T = TypeVar("T")


async def run_within(clock: Clock, timeout_s: float, work: Coroutine[object, object, T]) -> T:
    """The result of `work`, or TimeoutError after `timeout_s` seconds; it is cancelled by then.

    What `work` raises comes out as it is.
    """
    outcome: list[T] = []
    failure: list[Exception] = []

    async def guarded() -> None:
        try:
            outcome.append(await work)
        except (OSError, ValueError, EOFError, RuntimeFailure) as error:
            failure.append(error)

    async with TaskScope("within") as scope:
        task = scope.start("work", guarded())
        timer = scope.start("timeout", clock.sleep(timeout_s))
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError(f"not within {timeout_s:g} s")
    return outcome[0]
