"""One connection of the HTTP client: a request out, its response in; or a WebSocket."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import httptools

from wherry.kit.http.body_sender import BodySender
from wherry.kit.http.byte_stream import SocketByteStream
from wherry.kit.http.inbox import wake
from wherry.kit.http.types import Response
from wherry.kit.http.websocket import SocketWebSocket

if TYPE_CHECKING:
    from websockets.client import ClientProtocol

# Above this many bytes of a stream that nobody has read yet, we stop reading from the network.
UNREAD_BYTES_MAX = 1 << 20
REST_BYTES = 64 << 10


class ConnectionFailed(ConnectionError):
    """There is no connection, or it broke before the response was complete."""

    def __init__(self, message: str, *, has_response_begun: bool = False) -> None:
        """`has_response_begun` tells that the server has certainly seen the request."""
        super().__init__(message)
        self.has_response_begun = has_response_begun


class ClientConnection(asyncio.Protocol):
    """A connection to a server; used for one exchange at a time, then again."""

    def __init__(self, all_open: set[ClientConnection]) -> None:
        """`all_open` holds every connection that is open."""
        self._all_open = all_open
        self._parser: httptools.HttpResponseParser | None = None
        self._is_lost = False
        self._is_read_paused = False
        self._websocket: SocketWebSocket | SocketByteStream | None = None
        self._handshake: ClientProtocol | None = None
        self._changed: asyncio.Future[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self._headers: list[tuple[str, str]] = []
        self._status = 0
        self._parts: deque[bytes] = deque()
        self._unread_bytes = 0
        self._has_head = False
        self._is_complete = False
        self._is_head = False
        self._streams_answer = False
        self._sender: BodySender | None = None
        self._has_begun = False
        self._error = ""
        self._early = b""

    @property
    def is_usable(self) -> bool:
        """Whether another request may be sent."""
        if self._is_lost or self._transport.is_closing() or self._websocket is not None:
            return False
        if self._parser is None:
            return True
        is_sent = self._sender is None or self._sender.is_sent
        is_over = self._is_complete and is_sent and not self._error
        return is_over and self._parser.should_keep_alive() and not self._is_head

    async def exchange(
        self, data: bytes, *, is_head: bool, sender: BodySender | None = None, streams_answer: bool = False
    ) -> Response:
        """Send a request's bytes and wait for its response.

        `sender` sends the body that follows `data`; it goes on being sent while the response comes. With
        `streams_answer` a response comes as a stream even if its length is known.

        Raises:
            ConnectionFailed: the connection broke.
            BodyBroken: the body that is sent did not come whole.
        """
        self._begin()
        self._is_head = is_head
        self._streams_answer = streams_answer
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(data)
        if sender is not None:
            self._sender = sender
            sender.start(self._transport, self._wake)
        while not self._has_head:
            await self._wait()
        headers = dict(reversed(self._headers))
        has_length = "content-length" in headers and not streams_answer
        is_streamed = not has_length and not is_head and self._status not in (204, 304)
        response = Response(
            status=self._status, content_type=headers.get("content-type", ""), headers=self._headers, body=b""
        )
        if is_streamed and not self._is_complete:
            response.body = self._stream()
            return response
        while not self._is_complete:
            await self._wait()
        response.body = b"".join(self._parts)
        self._parts.clear()
        return response

    async def websocket_handshake(self, protocol: ClientProtocol) -> Response | None:
        """Send the handshake that `protocol` has written; None on success, else the server's answer."""
        from websockets.http11 import Response as HandshakeResponse

        self._handshake = protocol
        self._transport.write(b"".join(protocol.data_to_send()))
        while True:
            for event in protocol.events_received():
                assert isinstance(event, HandshakeResponse)
                if protocol.handshake_exc is None:
                    return None
                return Response(
                    status=event.status_code,
                    content_type=event.headers.get("Content-Type", ""),
                    headers=[(name.lower(), value) for name, value in event.headers.raw_items()],
                    body=bytes(event.body),
                )
            if protocol.handshake_exc is not None:
                raise ConnectionFailed(f"malformed answer to a WebSocket handshake: {protocol.handshake_exc}")
            await self._wait()

    def into_websocket(self, protocol: ClientProtocol) -> SocketWebSocket:
        """Hand the connection over to a WebSocket."""
        self._handshake = None
        websocket = self._websocket = SocketWebSocket(protocol, self._transport)
        websocket.feed(b"")
        if self._is_lost:
            websocket.feed_eof()
        return websocket

    def into_stream(self) -> SocketByteStream:
        """Hand the connection over to whatever is spoken after a 101."""
        stream = self._websocket = SocketByteStream(self._transport)
        early, self._early = self._early, b""
        if early:
            stream.feed(early)
        if self._is_read_paused:
            self._is_read_paused = False
            self._transport.resume_reading()
        if self._is_lost:
            stream.feed_eof()
        return stream

    def close(self) -> None:
        """Close, whatever is going on."""
        if self._sender is not None and not self._sender.is_sent:
            self._sender.cancel()
            # What the server has not taken yet would keep the connection open.
            self._transport.abort()
        else:
            self._transport.close()

    def abort(self) -> None:
        """Close without a word to the server: over TLS, a farewell would take a round trip."""
        if self._sender is not None:
            self._sender.cancel()
        self._transport.abort()

    async def _stream(self) -> AsyncIterator[bytes]:
        while True:
            while self._parts:
                part = self._parts.popleft()
                self._unread_bytes -= len(part)
                yield part
            if self._is_read_paused:
                self._is_read_paused = False
                self._transport.resume_reading()
            if self._is_complete:
                return
            await self._wait()

    async def _wait(self) -> None:
        if self._sender is not None and self._sender.failure is not None:
            raise self._sender.failure
        if self._error or self._is_lost:
            raise ConnectionFailed(
                self._error or "the server closed the connection", has_response_begun=self._has_begun
            )
        self._changed = asyncio.get_running_loop().create_future()
        await self._changed

    def _wake(self) -> None:
        wake(self._changed)
        if self._sender is not None and (self._has_head or self._is_lost):
            self._sender.answered(self._status if self._has_head else 0)

    # ------------------------------------------------------------------ the transport calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._all_open.add(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the server."""
        if self._websocket is not None:
            self._websocket.feed(data)
            return
        if self._handshake is not None:
            self._handshake.receive_data(data)
        elif self._parser is None or self._is_complete:
            # Nobody asked for anything: the connection is of no further use.
            self._transport.close()
        else:
            self._has_begun = True
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # What follows a 101 is no HTTP.
                self._early = data[upgrade.args[0] :]
                self._has_head = self._is_complete = True
                if self._status != 101:
                    self._error = "malformed response: an upgrade that nobody asked for"
                    self._transport.close()
                elif not self._is_read_paused:
                    self._is_read_paused = True
                    self._transport.pause_reading()
            except httptools.HttpParserError as error:
                self._error = f"malformed response: {error}"
                self._transport.close()
        self._wake()

    def eof_received(self) -> None:
        """The server will send no more."""
        if self._websocket is not None:
            self._websocket.feed_eof()
        elif self._handshake is not None:
            self._handshake.receive_eof()
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._all_open.discard(self)
        if exc is not None and self._sender is not None and not self._is_complete:
            self._read_the_rest()
        if self._has_head and not self._is_complete and self._ends_with_connection():
            self._is_complete = True
        self._is_lost = True
        if exc is not None and not self._error:
            self._error = str(exc)
        if self._websocket is not None:
            self._websocket.feed_eof()
        self.resume_writing()
        self._wake()

    def _read_the_rest(self) -> None:
        """A write that fails closes the transport, though the answer to it may have come already: read that."""
        socket = self._transport.get_extra_info("socket")
        if self._transport.get_extra_info("ssl_object") is not None or socket is None:
            return
        with suppress(OSError):
            while not self._is_complete and (data := os.read(socket.fileno(), REST_BYTES)):
                self.data_received(data)

    def pause_writing(self) -> None:
        """The server reads more slowly than we write."""
        if self._websocket is not None:
            self._websocket.pause_writing()
        elif self._sender is not None:
            self._sender.pause()

    def resume_writing(self) -> None:
        """The server has caught up."""
        if self._websocket is not None:
            self._websocket.resume_writing()
        elif self._sender is not None:
            self._sender.resume()

    # --------------------------------------------------------------------- the parser calls these

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers.append((name.lower().decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        assert self._parser is not None
        self._status = self._parser.get_status_code()
        if self._status < 200 and self._status != 101:
            self._headers = []
            if self._sender is not None and self._status == 100:
                self._sender.go_on()
            return
        self._has_head = True
        if self._is_head:
            # The parser would wait for the body that these headers describe; a HEAD has none.
            self._is_complete = True

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._parts.append(body)
        self._unread_bytes += len(body)
        if self._unread_bytes > UNREAD_BYTES_MAX and not self._is_read_paused and self._is_streamed():
            self._is_read_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The response is complete (an interim 1xx is not one)."""
        if self._status >= 200 or self._status == 101:
            self._is_complete = True

    def _is_streamed(self) -> bool:
        return self._streams_answer or all(name != "content-length" for name, _ in self._headers)

    def _ends_with_connection(self) -> bool:
        framing = {name for name, _ in self._headers}
        return "content-length" not in framing and "transfer-encoding" not in framing
