"""Tasks with an owner: the only place in Wherry that starts one.

A `TaskScope` owns every task started in it: leaving the scope cancels them all and waits for
them, and a task that fails takes the scope down with its error instead of vanishing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


def first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure of a scope, out of the groups around it."""
    error = group.exceptions[0]
    return first_error(error) if isinstance(error, BaseExceptionGroup) else error


class TaskScope:
    """A set of running tasks that start and end together.

    Example:
        async with TaskScope("agent") as scope:
            scope.start("lease", renew_lease())
            await stop.wait()      # leaving cancels what still runs
    """

    def __init__(self, name: str) -> None:
        """`name` prefixes the names of its tasks."""
        self.name = name
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[object]] = set()

    async def __aenter__(self) -> TaskScope:
        """Open the scope."""
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Cancel what still runs, wait for it, and pass on the first failure."""
        self.cancel()
        await self._group.__aexit__(kind, error, trace)

    def start(self, name: str, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """Run `work` until it ends or the scope does."""
        task = self._group.create_task(work, name=f"{self.name}/{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def cancel(self) -> None:
        """Ask every task of this scope to stop."""
        for task in list(self._tasks):
            task.cancel()

    async def join(self) -> None:
        """Wait until every task has ended by itself."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))
