"""Threads: for calls that would block the event loop, and for calls that change the thread itself.

Two kinds, because they must not mix: `run_in_thread` uses a small pool whose threads are all alike;
`run_in_fresh_thread` starts one that is thrown away, so that a call that moves its thread into another
namespace (unshare, setns) leaves no changed thread behind for somebody else to run in.
"""

from __future__ import annotations

import asyncio
import threading  # noqa: TID251 - this is the one place
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor  # noqa: TID251 - this is the one place
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Blocking work here is disk and short system calls; more threads than this only wait for each other.
POOL_THREADS_MAX = 8


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=POOL_THREADS_MAX, thread_name_prefix="wherry")


async def run_in_thread(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call something that blocks without stopping everything else.

    A cancelled caller waits until `fn` has returned, so that whoever cleans up next does not race with it.
    """
    return await _finish(_pool().submit(partial(fn, *args, **kwargs)))


def start_in_thread(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
    """The same for callbacks, which cannot wait: returns at once, the result comes with the future."""
    return asyncio.wrap_future(_pool().submit(partial(fn, *args, **kwargs)))


async def run_in_fresh_thread(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call something that changes its thread for good (its namespaces); the thread ends with the call.

    A cancelled caller waits until `fn` has returned, so that whoever cleans up next does not race with it.
    """
    return await _finish(_start_fresh(partial(fn, *args, **kwargs)))


def call_in_fresh_thread(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for code that runs in a thread already; blocks until `fn` returns."""
    return _start_fresh(partial(fn, *args, **kwargs)).result()


def ends_within(fn: Callable[[], object], timeout_s: float) -> bool:
    """Whether a blocking call returns in time; one that does not is left alone until the process ends."""
    thread = threading.Thread(target=fn, name="wherry-waits", daemon=True)
    thread.start()
    thread.join(timeout_s)
    return not thread.is_alive()


def _start_fresh(call: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def body() -> None:
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who sees it as its own
            future.set_exception(error)
        else:
            future.set_result(result)

    future.set_running_or_notify_cancel()
    # Its start waits until the thread has had a turn; under load that is just what the thread needs:
    # without it 30 pods at once took a fifth longer, with threads that wait for their starter's lock.
    threading.Thread(target=body, name="wherry-fresh", daemon=True).start()
    return future


async def _finish(future: Future[T]) -> T:
    waiter = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(waiter)
    except asyncio.CancelledError:
        if not waiter.done():
            await asyncio.wait([waiter])
        if not waiter.cancelled():
            waiter.exception()
        raise
