"""Requests to an API server on another machine, or in another process: the `Transport` over HTTPS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from wherry.kit.http.client import ClientWebSocket, HttpClient, WebSocketRefused
from wherry.kit.http.types import Request, Response, Upgrade, WebSocket, WebSocketClosed
from wherry.kit.http.websocket import offered_subprotocols
from wherry.kit.tasks import TaskScope


class Http:
    """Carries requests to `server_url`; implements client.transport.Transport.

    Example:
        transport = Http("https://10.0.0.1:6443", tls=client_context(ca_pem=ca, identity=admin))
    """

    def __init__(
        self,
        server_url: str,
        *,
        tls: ssl.SSLContext | None = None,
        token: str | Callable[[], str] = "",
        tls_server_name: str = "",
    ) -> None:
        """`token` is the bearer token, or is called for it at each request (a token file is renewed)."""
        parts = urlsplit(server_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f'"{server_url}" is no server URL: expected https://HOST:PORT')
        if (parts.scheme == "https") != (tls is not None):
            raise ValueError(f'"{server_url}": TLS settings belong to https, and only to it')
        self._prefix = parts.path.rstrip("/")
        self._token = token
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._client = HttpClient(parts.hostname, port, tls=tls, tls_server_name=tls_server_name)

    async def request(self, request: Request) -> Response:
        """Send and return; a streaming body is an async iterator that the caller closes.

        A request to become a WebSocket comes back as a Response with `upgrade`, as if the server's own
        handler were here: its handler passes the messages on in both directions.

        Raises:
            ConnectionFailed: the server cannot be reached, or went away.
        """
        request = self._prepared(request)
        if request.headers.get("upgrade", "").lower() != "websocket":
            return await self._client.request(request)
        try:
            far = await self._client.websocket(request, subprotocols=offered_subprotocols(request.headers))
        except WebSocketRefused as refused:
            return refused.response
        return Response(status=101, upgrade=Upgrade(far.subprotocol, lambda near: _join(near, far)))

    async def websocket(self, request: Request, *, subprotocols: Sequence[str] = ()) -> ClientWebSocket:
        """Open a WebSocket for ourselves (exec, attach). Raises WebSocketRefused or ConnectionFailed."""
        return await self._client.websocket(self._prepared(request), subprotocols=subprotocols)

    def _prepared(self, request: Request) -> Request:
        headers = request.headers
        token = self._token if isinstance(self._token, str) else self._token()
        if token and "authorization" not in headers:
            headers = {**headers, "authorization": f"Bearer {token}"}
        return replace(request, path=self._prefix + request.path, headers=headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()


async def _join(near: WebSocket, far: ClientWebSocket) -> None:
    """Pass messages on in both directions until one side closes."""
    try:
        async with TaskScope("websocket") as scope:
            ways = [scope.start("out", _copy(near, far.socket)), scope.start("in", _copy(far.socket, near))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await far.socket.close()


async def _copy(source: WebSocket, target: WebSocket) -> None:
    try:
        while True:
            await target.send(await source.receive())
    except WebSocketClosed:
        return
