"""The event loop: uvloop where it runs (not on Windows), asyncio's own elsewhere."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A fresh loop, the fastest there is."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def on_stop_signals(call: Callable[[], None]) -> None:
    """Call `call` on the running loop when this process is asked to stop (SIGTERM, SIGINT)."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, call)
        except NotImplementedError:
            _ = signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(call))
