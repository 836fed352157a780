"""Server-sent events: the messages of some views on one connection, as text/event-stream.

A browser holds one such stream for all its tabs. The id of each event has the position in every view, so that a
browser that comes back (with Last-Event-ID) goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from wherry.dashboard.channel import Channel
from wherry.kit.clock import Clock

HEARTBEAT_S = 15.0
RETRY_MS = 1000


async def event_stream(
    channels: Sequence[Channel], positions: Sequence[str], clock: Clock, is_good: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    """The body of the answer, until the browser leaves or `is_good` says no (asked at least every heartbeat)."""
    wake = asyncio.Event()
    now = list(positions)
    for channel in channels:
        channel.open(wake)
    try:
        yield b"retry: %d\n\n" % RETRY_MS
        while is_good() and not any(channel.is_over for channel in channels):
            wake.clear()
            news = b"".join(_frames(channels, now))
            yield news or b":\n\n"
            timer = clock.call_later(HEARTBEAT_S, wake.set)
            try:
                await wake.wait()
            finally:
                timer.cancel()
    finally:
        for channel in channels:
            channel.close(wake)


def _frames(channels: Sequence[Channel], now: list[str]) -> list[bytes]:
    frames = []
    for index, channel in enumerate(channels):
        messages = channel.after(now[index])
        # Only behind the last one of a view has the browser seen all of it.
        now[index] = channel.position
        frames += [b"data: %b\n\n" % message for message in messages[:-1]]
        frames += [b"id: %b\ndata: %b\n\n" % (",".join(now).encode(), message) for message in messages[-1:]]
    return frames
