"""Writes responses to one connection: framing, back-pressure, streams.

Three kinds of bodies (kit/http/types.py): bytes go out in one write together with their head; a list
of bytes in groups, without one big join; a stream in chunks, where everything that its iterator
yields without waiting becomes one chunk and one write (one TLS record instead of many: six to ten
times cheaper per watch event). A stream that says itself when it has more (live_body.py) is not waited for: each
piece is written from within the call that brings it, unless the client is behind; then it waits until there is room.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from wherry.kit.clock import Clock
from wherry.kit.http.eager import before_waiting
from wherry.kit.http.live_body import LiveBody
from wherry.kit.http.types import Response
from wherry.kit.http.wire import DateHeader, response_head

# A write this big fills four TLS records; joining more buys nothing.
GROUP_BYTES = 64 << 10
# Above this many bytes that the client has not taken, whoever produces more waits.
HIGH_WATER_BYTES = 256 << 10

_WITHOUT_BODY = frozenset((204, 304))


class ResponseWriter:
    """The writing half of a connection."""

    __slots__ = (
        "_clock", "_date", "_drained", "_is_lost", "_on_room", "_paused_since_s", "_transport", "is_last",
        "is_streaming",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport, date: DateHeader, clock: Clock) -> None:
        """`date` and `clock` are shared by all connections of a server."""
        self._transport = transport
        self._date = date
        self._clock = clock
        self._drained: asyncio.Future[None] | None = None
        self._paused_since_s = 0.0
        self._on_room: Callable[[], None] | None = None
        self._is_lost = False
        self.is_last = False
        self.is_streaming = False
        transport.set_write_buffer_limits(high=HIGH_WATER_BYTES)

    def pause(self, now_s: float) -> None:
        """The transport's buffer is full."""
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()
            self._paused_since_s = now_s

    def resume(self) -> None:
        """The transport's buffer has emptied."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)
        if self._on_room is not None:
            self._on_room()

    def connection_lost(self) -> None:
        """Nobody will read any more."""
        self._is_lost = True
        self._on_room = None
        self.resume()

    def is_stalled(self, now_s: float, stalled_s: float, stream_buffer_bytes: int) -> bool:
        """Whether the client has stopped reading, or has let a stream pile up beyond measure."""
        if self._drained is None:
            return False
        is_piled_up = self.is_streaming and self._transport.get_write_buffer_size() > stream_buffer_bytes
        return is_piled_up or now_s - self._paused_since_s > stalled_s

    async def write(self, response: Response, *, is_head: bool, keep_alive: bool, is_http_10: bool) -> None:
        """Send one response completely (as far as the transport's buffer)."""
        body = response.body
        head = response_head(response, self._date.line())
        if not keep_alive or self.is_last:
            head += b"Connection: close\r\n"
        elif is_http_10:
            head += b"Connection: keep-alive\r\n"
        if response.status in _WITHOUT_BODY:
            await _close(body)
            self._transport.write(head + b"\r\n")
        elif isinstance(body, bytes):
            length = response.length if is_head and response.length is not None else len(body)
            self._write_bytes(b"%bContent-Length: %d\r\n\r\n" % (head, length), b"" if is_head else body)
        elif isinstance(body, list):
            head = b"%bContent-Length: %d\r\n\r\n" % (head, sum(map(len, body)))
            await self._write_pieces(head, [] if is_head else body)
        elif is_head:
            await _close(body)
            self._transport.write(head + b"\r\n")
        elif response.length is not None:
            await self._stream(b"%bContent-Length: %d\r\n\r\n" % (head, response.length), body, is_chunked=False)
        elif is_http_10:
            # HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
            self.is_last = True
            await self._stream(head + b"Connection: close\r\n\r\n", body, is_chunked=False)
        else:
            await self._stream(head + b"Transfer-Encoding: chunked\r\n\r\n", body, is_chunked=True)

    def _write_bytes(self, head: bytes, body: bytes) -> None:
        if len(body) < GROUP_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)

    async def _write_pieces(self, head: bytes, pieces: list[bytes]) -> None:
        group = [head]
        group_bytes = len(head)
        for piece in pieces:
            group.append(piece)
            group_bytes += len(piece)
            if group_bytes >= GROUP_BYTES:
                self._transport.write(b"".join(group))
                group = []
                group_bytes = 0
                if not await self._wait_for_room():
                    return
        if group:
            self._transport.write(b"".join(group))

    async def _stream(self, head: bytes, body: AsyncIterator[bytes], *, is_chunked: bool) -> None:
        batch = _Batch(self._transport, head, is_chunked=is_chunked)
        self.is_streaming = True
        try:
            if isinstance(body, LiveBody):
                await self._follow(batch, body)
                return
            while True:
                part = await before_waiting(_next_part(body), batch.flush)
                if part is None:
                    break
                batch.add(part)
                if batch.size >= GROUP_BYTES:
                    batch.flush()
                    # An iterator that never waits (a long log file) must not keep everybody else waiting.
                    await self._clock.sleep(0)
                if not await self._wait_for_room():
                    return
            batch.finish()
        except asyncio.CancelledError:
            # The server stops: a proper end tells a watcher to come back to where it was.
            if self.is_last and not self._is_lost:
                batch.finish()
                self._transport.close()
            raise
        finally:
            self.is_streaming = False
            self._on_room = None
            await _close(body)

    async def _follow(self, batch: _Batch, body: LiveBody) -> None:
        async with aclosing(body.begin()) as beginning:
            async for part in beginning:
                batch.add(part)
                batch.flush()
                if not await self._wait_for_room():
                    return
        batch.flush()
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def pump() -> None:
            if self._drained is not None or ended.done():
                return
            try:
                piece = body.take()
            except Exception as error:  # noqa: BLE001 - it belongs to the stream, not to whoever called
                ended.set_exception(error)
                return
            if piece:
                batch.send(piece)
            if body.is_over:
                ended.set_result(None)

        body.on_ready = self._on_room = pump
        pump()
        await ended
        batch.finish()

    async def _wait_for_room(self) -> bool:
        if self._drained is not None:
            await self._drained
        return not self._is_lost


class _Batch:
    """What a stream has yielded since the last write."""

    __slots__ = ("_is_chunked", "_parts", "_prefix", "_transport", "size")

    def __init__(self, transport: asyncio.Transport, prefix: bytes, *, is_chunked: bool) -> None:
        self._transport = transport
        self._prefix = prefix
        self._is_chunked = is_chunked
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> None:
        if part:
            self._parts.append(part)
            self.size += len(part)

    def send(self, part: bytes) -> None:
        """Write one part at once, as a chunk of its own."""
        self._transport.write(b"%x\r\n%b\r\n" % (len(part), part) if self._is_chunked else part)

    def flush(self) -> None:
        self._write(b"")

    def finish(self) -> None:
        self._write(b"0\r\n\r\n" if self._is_chunked else b"")

    def _write(self, end: bytes) -> None:
        pieces = [self._prefix] if self._prefix else []
        if self.size and self._is_chunked:
            pieces += [b"%x\r\n" % self.size, *self._parts, b"\r\n"]
        else:
            pieces += self._parts
        if end:
            pieces.append(end)
        self._prefix = b""
        self._parts = []
        self.size = 0
        if pieces:
            self._transport.write(b"".join(pieces))


async def _next_part(body: AsyncIterator[bytes]) -> bytes | None:
    try:
        return await body.__anext__()
    except StopAsyncIteration:
        return None


async def _close(body: object) -> None:
    """Tell an async generator that nobody wants more of it."""
    aclose = getattr(body, "aclose", None)
    if aclose is not None:
        await aclose()
