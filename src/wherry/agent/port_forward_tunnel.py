"""Port forwarding as kubectl does it: SPDY/3.1 streams, inside the messages of one WebSocket or by themselves.

For each connection to its local port kubectl opens two streams with the same request id: one of type
"error", which carries a sentence if the connection fails, and one of type "data", with the port.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from wherry.agent.spdy import (
    Pinged,
    SpdyError,
    SpdyEvent,
    SpdyReader,
    SpdyWriter,
    StreamData,
    StreamOpened,
    StreamReset,
)
from wherry.agent.spdy_exec import spdy_headers
from wherry.apimachinery.numerals import whole_number
from wherry.kit.http.types import (
    ByteStream,
    ByteStreamClosed,
    StreamUpgrade,
    Upgrade,
    WebSocket,
    WebSocketClosed,
)
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope

PORT_FORWARD_PROTOCOL = "portforward.k8s.io"
TUNNEL_PROTOCOL = f"SPDY/3.1+{PORT_FORWARD_PROTOCOL}"
READ_BYTES = 32 * 1024
# What one connection may have waiting before the whole tunnel is read more slowly.
WAITING_FRAMES_MAX = 64
# Two streams for each connection: nobody has so many at once.
STREAMS_MAX = 2048

log = get_logger(__name__)


def tunnel_upgrade(pod: str, host: str) -> Upgrade:
    """A WebSocket through which kubectl reaches the ports of `host`, the address of `pod`, until it goes."""
    return Upgrade(TUNNEL_PROTOCOL, lambda socket: _forward_ports(_Messages(socket), pod, host))


def spdy_port_forward_upgrade(pod: str, host: str) -> StreamUpgrade:
    """The same without a WebSocket around it."""
    return StreamUpgrade(spdy_headers(PORT_FORWARD_PROTOCOL), lambda stream: _forward_ports(stream, pod, host))


async def _forward_ports(stream: ByteStream, pod: str, host: str) -> None:
    try:
        async with TaskScope("port-forward") as scope:
            await _Tunnel(stream, scope, pod, host).run()
    finally:
        await stream.close()


class _Messages:
    """The messages of a WebSocket as one stream of bytes."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def read(self) -> bytes:
        try:
            while not (message := await self._socket.receive()):
                continue
        except WebSocketClosed:
            return b""
        return message

    async def write(self, data: bytes) -> None:
        try:
            await self._socket.send(data)
        except WebSocketClosed as error:
            raise ByteStreamClosed from error

    async def end(self) -> None:
        """A WebSocket has no end in one direction."""

    async def close(self) -> None:
        await self._socket.close()


class _Tunnel:
    def __init__(self, stream: ByteStream, scope: TaskScope, pod: str, host: str) -> None:
        self._stream = stream
        self._scope = scope
        self._pod = pod
        self._host = host
        self._writer = SpdyWriter()
        self._error_streams: dict[str, int] = {}
        self._incoming: dict[int, asyncio.Queue[StreamData]] = {}
        self._running: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until the client has gone; the scope then cuts the connections that are open."""
        reader = SpdyReader()
        try:
            while data := await self._stream.read():
                for event in reader.feed(data):
                    await self._handle(event)
        except ByteStreamClosed:
            return
        except SpdyError as error:
            log.warning("Closed port-forward that is not SPDY", pod=self._pod, err=str(error))

    async def _handle(self, event: SpdyEvent) -> None:
        match event:
            case StreamOpened(stream, headers):
                if len(self._error_streams) + 2 * len(self._running) >= STREAMS_MAX:
                    raise SpdyError(f"more than {STREAMS_MAX} streams at once")
                if headers.get("streamtype") not in ("error", "data"):
                    await self._stream.write(self._writer.reset(stream))
                    return
                await self._stream.write(self._writer.reply(stream))
                request_id = headers.get("requestid", headers.get("port", ""))
                if headers.get("streamtype") == "error":
                    self._error_streams[request_id] = stream
                elif headers.get("streamtype") == "data":
                    self._connect(stream, self._error_streams.pop(request_id, 0), headers.get("port", ""))
            case StreamData(stream):
                if stream in self._incoming:
                    await self._incoming[stream].put(event)
            case StreamReset(stream):
                if stream in self._running:
                    self._running.pop(stream).cancel()
            case Pinged(frame):
                await self._stream.write(frame)

    def _connect(self, stream: int, error_stream: int, port: str) -> None:
        self._incoming[stream] = asyncio.Queue(WAITING_FRAMES_MAX)
        forwarding = self._scope.start(f"port/{port}/{stream}", self._forward(stream, error_stream, port))
        self._running[stream] = forwarding
        forwarding.add_done_callback(lambda _: self._forget(stream))

    def _forget(self, stream: int) -> None:
        self._running.pop(stream, None)
        # Whoever waits to hand on one more frame of a connection that has ended must not wait for ever.
        queue = self._incoming.pop(stream)
        while not queue.empty():
            queue.get_nowait()

    async def _forward(self, stream: int, error_stream: int, port: str) -> None:
        with suppress(ByteStreamClosed):
            failure = await self._join(stream, port)
            await self._stream.write(self._writer.data(stream, b"", is_last=True))
            if error_stream:
                await self._stream.write(self._writer.data(error_stream, failure.encode(), is_last=True))

    async def _join(self, stream: int, port: str) -> str:
        """Carry bytes both ways until the pod's side ends; gives what went wrong, or ""."""
        number = whole_number(port)
        if number is None or not 0 < number < 65536:
            return f"unable to parse {port!r} as a port"
        try:
            reader, writer = await asyncio.open_connection(self._host, number)
        except OSError as error:
            return f"error forwarding port {port} to pod {self._pod}: failed to connect to port {port} inside: {error}"
        try:
            async with TaskScope("connection") as scope:
                feeding = scope.start("feed", self._feed(stream, writer))
                with suppress(OSError):
                    while data := await reader.read(READ_BYTES):
                        await self._stream.write(self._writer.data(stream, data))
                feeding.cancel()
        finally:
            writer.close()
        return ""

    async def _feed(self, stream: int, writer: asyncio.StreamWriter) -> None:
        queue = self._incoming[stream]
        with suppress(OSError, ByteStreamClosed):
            while True:
                frame = await queue.get()
                if frame.data:
                    writer.write(frame.data)
                    await writer.drain()
                    await self._stream.write(self._writer.window_update(stream, len(frame.data)))
                if frame.is_last:
                    writer.write_eof()
                    return
