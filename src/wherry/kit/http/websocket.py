"""WebSocket messages over a connection that somebody else owns.

The frames are the business of websockets' sans-IO `Protocol` (masks, fragments, pings, the close
handshake; an invalid frame is answered with close code 1002); this module adds waiting. The owner
of the connection, server or client, calls `feed`, `feed_eof`, `pause_writing`, `resume_writing`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wherry.kit.http.inbox import Inbox, wake
from wherry.kit.http.types import WebSocketClosed

if TYPE_CHECKING:
    from websockets.protocol import Protocol

# kubectl cp and exec send chunks of 32 KiB; a whole port-forward frame stays below 1 MiB as well.
MAX_MESSAGE_BYTES = 4 << 20
# How long the other side may take to answer our close frame.
CLOSE_TIMEOUT_S = 5.0

_ACCEPT_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


class SocketWebSocket:
    """An open WebSocket on an asyncio transport; implements kit.http.types.WebSocket."""

    def __init__(self, protocol: Protocol, transport: asyncio.Transport, *, sends_text: bool = False) -> None:
        """`protocol` has done its handshake already; `sends_text` says that what is sent is UTF-8 text."""
        self._protocol = protocol
        self._send = protocol.send_text if sends_text else protocol.send_binary
        self._transport = transport
        self._inbox = Inbox(transport)
        self._parts: list[bytes] = []
        self._drained: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will arrive."""
        return self._inbox.is_over

    @property
    def close_code(self) -> int | None:
        """The other side's close code; None while open, 1006 when the connection just broke."""
        if not self._inbox.is_over:
            return None
        received = self._protocol.close_rcvd
        return received.code if received is not None else 1006

    async def receive(self) -> bytes:
        """Wait for the next message (text arrives as UTF-8). Raises WebSocketClosed at the end."""
        message = await self._inbox.take()
        if message is None:
            raise WebSocketClosed
        return message

    async def send(self, message: bytes) -> None:
        """Send one message; waits while the peer reads too slowly. Raises WebSocketClosed."""
        from websockets.protocol import State

        while self._drained is not None:
            await asyncio.shield(self._drained)
        if self._inbox.is_over or self._protocol.state is not State.OPEN:
            raise WebSocketClosed
        self._send(message)
        self._flush()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye and wait (shortly) for the answer; safe to call twice."""
        from websockets.protocol import State

        if not self._inbox.is_over:
            if self._protocol.state is State.OPEN:
                # A control frame holds 125 bytes, two of which are the code.
                self._protocol.send_close(code, reason.encode()[:123].decode(errors="ignore"))
                self._flush()
            self._inbox.resume()
            _, waiting = await asyncio.wait([self._ended], timeout=CLOSE_TIMEOUT_S)
            if waiting:
                self._transport.abort()
        self._transport.close()

    def feed(self, data: bytes) -> None:
        """Bytes have come from the network."""
        if self._inbox.is_over:
            return
        self._protocol.receive_data(data)
        self._take_events()

    def feed_eof(self) -> None:
        """The connection is gone or half closed; nothing more will come."""
        if not self._inbox.is_over:
            self._protocol.receive_eof()
            self._take_events()
            self._finish()

    def pause_writing(self) -> None:
        """The peer reads more slowly than we write: senders wait."""
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        drained, self._drained = self._drained, None
        wake(drained)

    def _take_events(self) -> None:
        from websockets.frames import Frame, Opcode
        from websockets.protocol import State

        for frame in self._protocol.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._parts.append(bytes(frame.data))
                if frame.fin:
                    self._inbox.put(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))
                    self._parts = []
        self._flush()
        has_said_goodbye = self._protocol.state is not State.OPEN and self._protocol.close_rcvd is not None
        if has_said_goodbye or self._protocol.parser_exc is not None:
            self._finish()

    def _flush(self) -> None:
        for piece in self._protocol.data_to_send():
            if piece:
                self._transport.write(piece)
            else:
                # The sans-IO layer's mark for "end of what we send": closing flushes first.
                self._transport.close()

    def _finish(self) -> None:
        self._inbox.end()
        wake(self._ended)
        self.resume_writing()


def accept_key(key: str) -> str:
    """The server's proof that it understood a WebSocket handshake with this Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1(key.encode() + _ACCEPT_GUID, usedforsecurity=False).digest()).decode()


def handshake_error(method: str, headers: Mapping[str, str]) -> str:
    """What is wrong with a request to become a WebSocket ("" = nothing)."""
    if method != "GET":
        return "a WebSocket handshake must be a GET request"
    if "upgrade" not in {part.strip().lower() for part in headers.get("connection", "").split(",")}:
        return "missing Connection: Upgrade"
    if headers.get("upgrade", "").strip().lower() != "websocket":
        return "missing Upgrade: websocket"
    if headers.get("sec-websocket-version", "") != "13":
        return "unsupported Sec-WebSocket-Version, expected 13"
    try:
        nonce = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:
        nonce = b""
    return "" if len(nonce) == 16 else "invalid Sec-WebSocket-Key"


def offered_subprotocols(headers: Mapping[str, str]) -> list[str]:
    """The subprotocols that a client offers, in its order of preference."""
    return [name for part in headers.get("sec-websocket-protocol", "").split(",") if (name := part.strip())]


def server_websocket(transport: asyncio.Transport, *, sends_text: bool) -> SocketWebSocket:
    """The server's end, right after it has answered 101."""
    from websockets.protocol import Protocol, Side

    return SocketWebSocket(Protocol(Side.SERVER, max_size=MAX_MESSAGE_BYTES), transport, sends_text=sends_text)
