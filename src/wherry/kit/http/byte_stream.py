"""A connection that has left HTTP behind: bytes in, bytes out, for SPDY and for whatever a proxied server speaks.

As with a WebSocket, somebody else owns the connection and calls `feed`, `feed_eof`, `pause_writing` and
`resume_writing`. What has not been read is bounded by its inbox.
"""

from __future__ import annotations

import asyncio

from wherry.kit.http.inbox import Inbox, wake
from wherry.kit.http.types import ByteStream, ByteStreamClosed
from wherry.kit.tasks import TaskScope

READ_BYTES = 64 << 10


class SocketByteStream:
    """An open stream on an asyncio transport; implements kit.http.types.ByteStream."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """`transport` has done its HTTP already."""
        self._transport = transport
        self._inbox = Inbox(transport)
        self._drained: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """Wait for the next bytes; b"" at the end."""
        return await self._inbox.take() or b""

    async def write(self, data: bytes) -> None:
        """Send; waits while the peer reads too slowly. Raises ByteStreamClosed."""
        while self._drained is not None:
            await asyncio.shield(self._drained)
        if self._transport.is_closing():
            raise ByteStreamClosed
        self._transport.write(data)

    async def end(self) -> None:
        """Say that no more bytes will be sent. TLS cannot say so and go on listening: there it is the end of all."""
        if not self._transport.can_write_eof():
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write_eof()

    async def close(self) -> None:
        """Close, after what was written has gone out."""
        self._transport.close()

    def feed(self, data: bytes) -> None:
        """Bytes have come from the network."""
        self._inbox.put(data)

    def feed_eof(self) -> None:
        """Nothing more will come."""
        self._inbox.end()
        self.resume_writing()

    def pause_writing(self) -> None:
        """The peer reads more slowly than we write: writers wait."""
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        drained, self._drained = self._drained, None
        wake(drained)


async def relay(near: ByteStream, far: ByteStream) -> None:
    """Carry bytes both ways until both sides have ended, or one of them breaks."""
    try:
        async with TaskScope("relay") as scope:
            _ = scope.start("out", _copy(near, far))
            _ = scope.start("in", _copy(far, near))
            await scope.join()
    finally:
        await far.close()
        await near.close()


async def _copy(source: ByteStream, target: ByteStream) -> None:
    try:
        while data := await source.read():
            await target.write(data)
        await target.end()
    except ByteStreamClosed:
        await source.close()
