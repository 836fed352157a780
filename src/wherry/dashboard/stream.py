"""Server-sent events: the messages of some views on one connection, as text/event-stream.

A browser holds one such stream for all its tabs. The id of each event has the position in every view, so that a
browser that comes back (with Last-Event-ID) goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

import orjson

from wherry.kit.clock import Clock

HEARTBEAT_S = 15.0
RETRY_MS = 1000


class Source(Protocol):
    """What a stream reads the messages of one view from."""

    @property
    def position(self) -> str:
        """Where whoever has all of it goes on."""

    @property
    def is_over(self) -> bool:
        """Whether nobody keeps it current any more."""

    def open(self, wake: asyncio.Event) -> None:
        """Set `wake` whenever there is a message."""

    def close(self, wake: asyncio.Event) -> None:
        """Do not any more."""

    def after(self, position: str) -> list[bytes]:
        """The messages after a position."""


class Unserved:
    """A view that this stream does not carry: its tabs are told why, once, and the other views go on."""

    is_over = False

    def __init__(self, view: str, position: str, trouble: str) -> None:
        """`position` stays as it is: whoever is served again later goes on there."""
        self.position = position
        self._told = [orjson.dumps({"view": view, "trouble": trouble})]

    def open(self, wake: asyncio.Event) -> None:
        """Nothing will come."""

    def close(self, wake: asyncio.Event) -> None:
        """Nothing would have come."""

    def after(self, position: str) -> list[bytes]:
        """Why, the first time."""
        told, self._told = self._told, []
        return told


async def event_stream(
    channels: Sequence[Source], positions: Sequence[str], clock: Clock, is_good: Callable[[], bool]
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


def _frames(channels: Sequence[Source], now: list[str]) -> list[bytes]:
    frames = []
    for index, channel in enumerate(channels):
        messages = channel.after(now[index])
        # Only behind the last one of a view has the browser seen all of it.
        now[index] = channel.position
        frames += [b"data: %b\n\n" % message for message in messages[:-1]]
        frames += [b"id: %b\ndata: %b\n\n" % (",".join(now).encode(), message) for message in messages[-1:]]
    return frames
