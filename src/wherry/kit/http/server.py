"""The HTTP/1.1 server: listens, and answers each request with an `App`.

HTTP/1.1 over asyncio (uvloop in production) with httptools' parser. It has what a Kubernetes API
server needs and no framework offers together: optional client certificates, long cheap streams,
WebSockets with subprotocols. See connection.py (reading) and response_writer.py (writing).

Example:
    server = Server(app, tls=server_context(identity, client_ca_pem=ca), host="0.0.0.0", port=6443)
    await server.start()
    ...
    await server.stop(grace_s=5)
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass

from wherry.kit.clock import Clock, SystemClock
from wherry.kit.http.connection import Connection
from wherry.kit.http.limits import Limits
from wherry.kit.http.types import App, Peer, Request, WantsStream
from wherry.kit.http.wire import DateHeader

__all__ = ["BoundSocket", "Limits", "Server"]

# Go's default; a client that opens many connections at once must not meet resets.
_BACKLOG = 1024
_HANDSHAKE_S = 10.0
# How long to wait for a client's own TLS goodbye after ours.
_SHUTDOWN_S = 5.0


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A UNIX socket that has its place already; whoever may connect to it is `peer`."""

    socket: socket.socket
    peer: Peer


class Server:
    """Serves an `App` on one address, without `tls` in clear text, or `at` a UNIX socket."""

    def __init__(
        self,
        app: App,
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
        limits: Limits | None = None,
        wants_stream: WantsStream | None = None,
        at: BoundSocket | None = None,
    ) -> None:
        """`port` 0 takes a free one (see `.port` after `start`); without `wants_stream` every body comes whole."""
        self.app = app
        self.wants_stream = wants_stream if wants_stream is not None else _never
        self.clock = clock if clock is not None else SystemClock()
        self.limits = limits if limits is not None else Limits()
        self.date = DateHeader(self.clock)
        self.host = host
        self.port = port
        self.peer = at.peer if at is not None else None
        self._at = at
        self._tls = tls
        self._listener: asyncio.AbstractServer | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        self.loop = asyncio.get_running_loop()
        self._listener = await (self._listen() if self._at is None else self._listen_at(self._at.socket))
        self._arm_sweep()

    async def _listen(self) -> asyncio.AbstractServer:
        listener = await self.loop.create_server(
            lambda: Connection(self),
            self.host,
            self.port,
            ssl=self._tls,
            ssl_handshake_timeout=_HANDSHAKE_S if self._tls is not None else None,
            ssl_shutdown_timeout=_SHUTDOWN_S if self._tls is not None else None,
            backlog=_BACKLOG,
        )
        self.port = listener.sockets[0].getsockname()[1]
        return listener

    async def _listen_at(self, at: socket.socket) -> asyncio.AbstractServer:
        return await self.loop.create_unix_server(lambda: Connection(self), sock=at, backlog=_BACKLOG)

    async def stop(self, grace_s: float = 0.0) -> None:
        """Stop listening, let running requests finish for `grace_s` seconds, then cut them off.

        Streams (watches, followed logs) get their proper end at once. Safe to call twice.
        """
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.close()
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._connections):
            connection.finish()
        if self._tasks and grace_s > 0:
            await asyncio.wait(list(self._tasks), timeout=grace_s)
        for connection in list(self._connections):
            connection.abort()
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    @property
    def connections_count(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    def opened(self, connection: Connection, task: asyncio.Task[None]) -> None:
        """A connection reports that it is there, and the task that works for it."""
        self._connections.add(connection)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._listener is None:
            connection.abort()

    def closed(self, connection: Connection) -> None:
        """A connection reports its end."""
        self._connections.discard(connection)

    def _arm_sweep(self) -> None:
        # One timer for all connections: deadlines are generous, so that being late by an eighth does no harm,
        # and a request costs no timer of its own.
        limits = self.limits
        interval_s = min(limits.head_s, limits.body_s, limits.idle_s, limits.stalled_s) / 8
        self._sweep = self.loop.call_later(interval_s, self._check_deadlines)

    def _check_deadlines(self) -> None:
        now_s = self.loop.time()
        for connection in list(self._connections):
            connection.check_deadline(now_s)
        self._arm_sweep()


def _never(request: Request) -> bool:
    return False
