"""Run coroutines at once, and in a task only if they have to wait.

Most requests are answered without waiting for anything. Making a task for each would cost more than
answering (a task object, two turns of the event loop), and Python has eager tasks only from 3.12 on.
So a `Worker` has one task for the life of a connection. It takes the first step of a coroutine by
hand, from within the network callback. If the coroutine ends there, the task never noticed. If it
waits for something, the worker's task wakes up, adopts it and goes on from that very point.

During the first step the worker's task is announced as the current one (asyncio documents
`_enter_task` for such purposes, "Extending asyncio"), so that asyncio.timeout and TaskGroup work and
cancel the task that will indeed go on; both use the same contextvars.Context, so that a variable set
before the first wait is still set after it.
"""

from __future__ import annotations

import asyncio
import types
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import copy_context
from typing import TypeVar, cast

T = TypeVar("T")

Work = Coroutine[object, object, None]


class Worker:
    """Runs one coroutine after the other; each begins at once."""

    __slots__ = ("_context", "_loop", "_suspended", "_take_next", "_wake", "is_busy", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop, take_next: Callable[[], Work | None], name: str) -> None:
        """`take_next` is asked for more work when something that had to wait has ended."""
        self._loop = loop
        self._take_next = take_next
        self._context = copy_context()
        self._suspended: tuple[Work, asyncio.Future[object] | None] | None = None
        self._wake: asyncio.Future[None] = loop.create_future()
        self.is_busy = False
        # Owned by whoever made this worker, who cancels it: a TaskScope would end the server with its first failure.
        self.task = loop.create_task(self._go_on(), name=name, context=self._context)

    def start(self, work: Work) -> None:
        """Begin `work`; on return it has ended (`is_busy` is false) or waits in the worker's task."""
        assert not self.is_busy
        self.is_busy = True
        try:
            waited = self._context.run(self._first_step, work)
        except StopIteration:
            self.is_busy = False
            return
        except asyncio.CancelledError:
            self.is_busy = False
            self.cancel()
            return
        self._suspended = (work, waited)
        if not self._wake.done():
            self._wake.set_result(None)

    def cancel(self) -> None:
        """Stop what runs, and the worker with it."""
        self.task.cancel()

    def _first_step(self, work: Work) -> asyncio.Future[object] | None:
        caller = asyncio.current_task(self._loop)
        if caller is not None:
            _leave_task(self._loop, caller)
        _enter_task(self._loop, self.task)
        try:
            # What an asyncio coroutine yields is a future or nothing (a bare turn of the loop).
            return cast("asyncio.Future[object] | None", work.send(None))
        finally:
            _leave_task(self._loop, self.task)
            if caller is not None:
                _enter_task(self._loop, caller)

    async def _go_on(self) -> None:
        while True:
            was_cancelled = False
            try:
                await self._wake
            except asyncio.CancelledError:
                if self._suspended is None:
                    raise
                was_cancelled = True
            self._wake = self._loop.create_future()
            assert self._suspended is not None
            (work, waited), self._suspended = self._suspended, None
            await _resume(work, waited, was_cancelled=was_cancelled)
            if was_cancelled:
                raise asyncio.CancelledError
            following = self._take_next()
            while following is not None:
                await following
                following = self._take_next()
            self.is_busy = False


@types.coroutine
def before_waiting(awaitable: Awaitable[T], call: Callable[[], None]) -> Generator[object, object, T]:
    """Await `awaitable`, and call `call` first if that means waiting at all."""
    steps = awaitable.__await__()
    try:
        waited = steps.send(None)
    except StopIteration as stop:
        return cast("T", stop.value)
    call()
    return cast("T", (yield from _steps(steps, waited, None)))


@types.coroutine
def _resume(
    work: Work, waited: asyncio.Future[object] | None, *, was_cancelled: bool
) -> Generator[object, object, None]:
    error: BaseException | None = None
    # A cancellation that came before we adopted the work goes where Task.cancel would have sent it:
    # to what is being waited for, or else into the coroutine.
    if was_cancelled and (waited is None or not waited.cancel()):
        error = asyncio.CancelledError()
    yield from _steps(work, waited, error)


def _steps(
    work: Generator[object, object, object] | Coroutine[object, object, object],
    waited: object,
    error: BaseException | None,
) -> Generator[object, object, object]:
    """Go on with a coroutine that has yielded `waited` already."""
    value: object = None
    while True:
        if error is None:
            try:
                value = yield waited
            except BaseException as thrown:  # noqa: BLE001 - whatever the task throws in goes on to the coroutine
                error = thrown
        try:
            if error is None:
                waited = work.send(value)
            else:
                pending, error = error, None
                waited = work.throw(pending)
        except StopIteration as stop:
            return stop.value
