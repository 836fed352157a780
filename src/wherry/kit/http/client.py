"""A small HTTP/1.1 client on asyncio: a pool of connections to one server, streams, WebSockets.

It speaks kit/http's `Request` and `Response`, as the server does. A response of known length comes
as bytes; a chunked one as an async iterator that whoever asked must read to its end or close.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from wherry.kit.http.body_sender import BodySender
from wherry.kit.http.byte_stream import relay
from wherry.kit.http.client_connection import ClientConnection, ConnectionFailed
from wherry.kit.http.tunnel import Proxy, open_tunnel
from wherry.kit.http.types import Request, Response, StreamUpgrade
from wherry.kit.http.websocket import MAX_MESSAGE_BYTES, SocketWebSocket

__all__ = ["ClientWebSocket", "ConnectionFailed", "HttpClient", "WebSocketRefused"]

CONNECT_TIMEOUT_S = 10.0
# Idle connections kept for reuse; client-go keeps as many per host.
IDLE_CONNECTIONS_MAX = 25
_REPEATABLE = frozenset(("GET", "HEAD", "OPTIONS"))


class WebSocketRefused(Exception):
    """The server answered a WebSocket handshake with something else: `response` says what."""

    def __init__(self, response: Response) -> None:
        """`response` is the whole answer."""
        super().__init__(f"the server refused the WebSocket with status {response.status}")
        self.response = response


@dataclass(frozen=True, slots=True)
class ClientWebSocket:
    """An open WebSocket and the subprotocol that the server chose ("" for none)."""

    subprotocol: str
    socket: SocketWebSocket


class HttpClient:
    """Sends requests to one server; any number at a time, each over a connection of its own."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: ssl.SSLContext | None = None,
        tls_server_name: str = "",
        headers: Sequence[tuple[str, str]] = (),
        proxy: Proxy | None = None,
    ) -> None:
        """`headers` go with every request; `tls_server_name` is the name to verify instead of `host`.

        `proxy` is the one that connections go through.
        """
        self.host = host
        self.port = port
        self._tls = tls
        self._tls_server_name = tls_server_name or host
        self._headers = dict(headers)
        self._proxy = proxy
        self._idle: list[ClientConnection] = []
        self._open: set[ClientConnection] = set()

    async def request(self, request: Request, *, streams_answer: bool = False) -> Response:
        """Send, and wait for the response's head (and its body, when its length is known).

        With `streams_answer` a body of known length is an iterator too. A request's own stream is sent while the
        response comes.

        Raises:
            ConnectionFailed: no connection, or it broke before the response was there.
            BodyBroken: the request's stream did not come whole.
        """
        if request.stream is not None:
            # What has been read of a stream cannot be read again, so the connection must be a good one.
            return await self._exchange(await self._connect(), request, streams_answer=streams_answer)
        # A kept connection may have been closed by the server in the very moment we use it. What can be
        # repeated is repeated on a new connection; anything else might be done twice, so its sender decides.
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_usable:
                continue
            try:
                return await self._exchange(connection, request, streams_answer=streams_answer)
            except ConnectionFailed as failure:
                if request.method not in _REPEATABLE or failure.has_response_begun:
                    raise
        return await self._exchange(await self._connect(), request, streams_answer=streams_answer)

    async def upgrade(self, request: Request) -> Response:
        """Send a request that asks to leave HTTP (its headers say for what), over a connection of its own.

        If the server agrees, the response is a 101 whose `upgrade` has the server's headers, and whose handler
        joins a stream of the caller's to the server's. Otherwise it is the server's answer, and the connection
        serves nothing else: after a refused upgrade nobody can know what the other side takes for HTTP.

        Raises:
            ConnectionFailed: no connection, or it broke.
        """
        connection = await self._connect()
        try:
            response = await connection.exchange(self._encode(request), is_head=False)
            if response.status == 101:
                far = connection.into_stream()
                return Response(101, upgrade=StreamUpgrade(response.headers, lambda near: relay(near, far)))
        except BaseException:
            connection.close()
            raise
        if isinstance(response.body, AsyncIterator):
            response.body = _last(connection, response.body)
        else:
            connection.close()
        return response

    async def websocket(self, request: Request, *, subprotocols: Sequence[str] = ()) -> ClientWebSocket:
        """Open a WebSocket at the request's path.

        Raises:
            WebSocketRefused: the server answered otherwise.
            ConnectionFailed: no connection.
        """
        from websockets.client import ClientProtocol
        from websockets.typing import Subprotocol
        from websockets.uri import WebSocketURI

        uri = WebSocketURI(self._tls is not None, self.host, self.port, request.path, request.query)
        protocol = ClientProtocol(
            uri, subprotocols=[Subprotocol(name) for name in subprotocols] or None, max_size=MAX_MESSAGE_BYTES
        )
        handshake = protocol.connect()
        for name, value in {**self._headers, **request.headers}.items():
            if name.lower() not in _HANDSHAKE_HEADERS:
                handshake.headers[name] = value
        connection = await self._connect()
        try:
            protocol.send_request(handshake)
            answer = await connection.websocket_handshake(protocol)
        except BaseException:
            connection.close()
            raise
        if answer is not None:
            connection.close()
            raise WebSocketRefused(answer)
        return ClientWebSocket(protocol.subprotocol or "", connection.into_websocket(protocol))

    async def close(self) -> None:
        """Close every connection, those in use too."""
        for connection in list(self._open):
            connection.close()
        self._idle.clear()

    def abort(self) -> None:
        """Close every connection at once, without a word to the server."""
        for connection in list(self._open):
            connection.abort()
        self._idle.clear()

    async def _exchange(self, connection: ClientConnection, request: Request, *, streams_answer: bool) -> Response:
        try:
            sender = _sender(request)
            response = await connection.exchange(
                self._encode(request, sender),
                is_head=request.method == "HEAD",
                sender=sender,
                streams_answer=streams_answer,
            )
        except BaseException:
            connection.close()
            raise
        if isinstance(response.body, AsyncIterator):
            response.body = self._streaming(connection, response.body)
        else:
            self._give_back(connection)
        return response

    async def _streaming(self, connection: ClientConnection, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async for part in body:
                yield part
        finally:
            # Read to the end, the connection is as good as new; left earlier, it is closed.
            self._give_back(connection)

    def _give_back(self, connection: ClientConnection) -> None:
        if connection.is_usable and len(self._idle) < IDLE_CONNECTIONS_MAX:
            self._idle.append(connection)
        else:
            connection.close()

    def _encode(self, request: Request, sender: BodySender | None = None) -> bytes:
        target = f"{request.path}?{request.query}" if request.query else request.path
        headers = {"host": self._host_header(), **self._headers, **request.headers}
        headers.pop("transfer-encoding", None)
        headers.pop("content-length", None)
        if sender is not None:
            headers |= dict([sender.framing])
        elif request.body or request.method in ("POST", "PUT", "PATCH"):
            headers["content-length"] = str(len(request.body))
        lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, "", ""])
        assert head.count("\r\n") == len(lines) + 1, "a line end in a request's target or header"
        return head.encode() + request.body

    def _host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    async def _connect(self) -> ClientConnection:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await self._dial()
        except TimeoutError as error:
            raise ConnectionFailed(f"no connection to {self._host_header()} within {CONNECT_TIMEOUT_S:g} s") from error
        except OSError as error:
            raise ConnectionFailed(f"cannot connect to {self._host_header()}: {error}") from error

    async def _dial(self) -> ClientConnection:
        loop, name = asyncio.get_running_loop(), self._tls_server_name if self._tls is not None else None
        if self._proxy is None:
            _, connection = await loop.create_connection(
                self._new_connection, self.host, self.port, ssl=self._tls, server_hostname=name
            )
            return connection
        tunnel = await open_tunnel(self._proxy, self.host, self.port)
        _, connection = await loop.create_connection(
            self._new_connection, sock=tunnel, ssl=self._tls, server_hostname=name
        )
        return connection

    def _new_connection(self) -> ClientConnection:
        return ClientConnection(self._open)


def _sender(request: Request) -> BodySender | None:
    if request.stream is None:
        return None
    return BodySender(request.stream, asks_first=request.headers.get("expect", "").lower() == "100-continue")


async def _last(connection: ClientConnection, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The last body that a connection carries."""
    try:
        async for part in body:
            yield part
    finally:
        connection.close()


# websockets' ClientProtocol writes these itself.
_HANDSHAKE_HEADERS = frozenset(
    (
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
        "sec-websocket-protocol",
        "content-length",
    )
)
