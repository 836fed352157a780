"""A command that is told to stop (a build server gives up) cleans up first, as after Ctrl-C."""

from __future__ import annotations

import asyncio
import signal

# What a shell says of a program that was ended by SIGTERM.
TERMINATED = 143


def end_on_sigterm() -> None:
    """From now on SIGTERM cancels the task that calls this: what it has opened is closed. Raises nothing."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
