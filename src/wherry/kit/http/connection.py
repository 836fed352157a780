"""One connection of the HTTP/1.1 server: bytes in, requests to the app, responses out in order.

The parser is httptools' (llhttp). Requests that arrive while one is being answered wait in a queue,
and nothing more is read from the network until it is empty. A body that has not come with its head is collected, or,
where the route of its request wants that, handed on as it comes (`IncomingBody`). A connection that has become a
WebSocket hands its bytes to `SocketWebSocket` (upgrades.py). Reading lives here, writing in `ResponseWriter`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import urlsplit

import httptools

from wherry.kit.clock import Clock
from wherry.kit.http.eager import Work, Worker
from wherry.kit.http.incoming_body import IncomingBody
from wherry.kit.http.limits import Limits
from wherry.kit.http.response_writer import ResponseWriter
from wherry.kit.http.tls import peer_of
from wherry.kit.http.types import App, Peer, Request, Response, StreamUpgrade, Upgrade, WantsStream
from wherry.kit.http.upgrades import Afterlife, leave_http, refuse_upgrade, upgrade_problem
from wherry.kit.http.wire import DateHeader, internal_error, refusal, too_large
from wherry.kit.log import get_logger

log = get_logger(__name__)

# Closing with unread bytes would reset the connection and could take the answer along: read on a little.
LINGER_S = 0.5
# A chunk of a single byte takes six.
CHUNK_OVERHEAD_MAX = 8
# What is read at once may begin with other requests.
SLACK_BYTES = 1 << 20
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


class Host(Protocol):
    """What all connections of a server share (the `Server` is it)."""

    app: App
    wants_stream: WantsStream
    clock: Clock
    date: DateHeader
    limits: Limits
    loop: asyncio.AbstractEventLoop
    peer: Peer | None

    def opened(self, connection: Connection, task: asyncio.Task[None]) -> None:
        """A connection is there, and this task works for it."""

    def closed(self, connection: Connection) -> None:
        """A connection has ended."""


@dataclass(slots=True)
class Exchange:
    """A request on its way to its response, or one that is refused without asking the app."""

    request: Request
    keep_alive: bool
    is_http_10: bool
    refused_with: Response | None = None
    body: IncomingBody | None = None


class Connection(asyncio.Protocol):
    """One client's connection."""

    __slots__ = (
        "_body",
        "_body_bytes",
        "_early",
        "_exchanges",
        "_head_bytes",
        "_headers",
        "_headers_count",
        "_incoming",
        "_is_body_full",
        "_is_framing_decided",
        "_is_in_body",
        "_is_in_head",
        "_is_read_paused",
        "_is_refusing",
        "_is_upgrading",
        "_owes_continue",
        "_parser",
        "_peer",
        "_remote",
        "_repeated",
        "_sent_bytes",
        "_server",
        "_transport",
        "_url",
        "_websocket",
        "_worker",
        "_writer",
        "deadline_s",
    )

    def __init__(self, server: Host) -> None:
        """Made by the server for each client that connects."""
        self._server = server
        self._exchanges: deque[Exchange] = deque()
        self._parser = httptools.HttpRequestParser(self)
        self._headers: dict[str, str] = {}
        self._repeated: dict[str, list[str]] | None = None
        self._headers_count = 0
        self._head_bytes = 0
        self._url = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._sent_bytes = 0
        self._early = b""
        self._is_in_body = False
        self._is_in_head = False
        self._is_refusing = False
        self._is_upgrading = False
        self._is_read_paused = False
        self._owes_continue = False
        self._incoming: IncomingBody | None = None
        self._is_body_full = False
        self._is_framing_decided = False
        self._websocket: Afterlife | None = None
        self._peer: Peer | None = server.peer
        self._remote = ""
        self.deadline_s = float("inf")

    # ------------------------------------------------------------------ the transport calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there (and its TLS handshake done)."""
        self._transport = cast("asyncio.Transport", transport)
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            self._peer = _verified_peer(tls)
        address = transport.get_extra_info("peername")
        if isinstance(address, tuple):
            self._remote = f"{address[0]}:{address[1]}"
        self._writer = ResponseWriter(self._transport, self._server.date, self._server.clock)
        self._worker = Worker(self._server.loop, self._next_work, f"http/{self._remote}")
        self._server.opened(self, self._worker.task)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._websocket is not None:
            self._websocket.feed(data)
            return
        if self._is_upgrading:
            self._early += data
            return
        if self._is_refusing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._is_upgrading = True
            self._early = data[upgrade.args[0] :]
        except httptools.HttpParserError:
            self._refuse(refusal(400, "400 Bad Request"))
        if self._is_in_head:
            # A header without an end is invisible to the callbacks, so what was fed is counted too.
            self._head_bytes += len(data)
            if self._head_bytes > self._server.limits.head_bytes:
                self._refuse(refusal(431, "431 Request Header Fields Too Large"))
        elif self._is_in_body:
            # So are chunks' sizes and extensions, and what comes behind the last one.
            self._sent_bytes += len(data)
            limits = self._server.limits
            if self._sent_bytes > self._body_bytes * CHUNK_OVERHEAD_MAX + limits.head_bytes + SLACK_BYTES:
                self._refuse(too_large(limits.body_bytes))
            else:
                self._begin_stream()
        self._answer_waiting()

    def eof_received(self) -> None:
        """The client will send no more; without a reader for our answer, the connection closes."""
        if self._websocket is not None:
            self._websocket.feed_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: whoever still works for this client stops."""
        if self._websocket is not None:
            self._websocket.feed_eof()
        if self._incoming is not None:
            self._incoming.fail("the client hung up")
        self._writer.connection_lost()
        self._worker.cancel()
        self._exchanges.clear()
        self._server.closed(self)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._writer.pause(self._server.loop.time())
        if self._websocket is not None:
            self._websocket.pause_writing()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writer.resume()
        if self._websocket is not None:
            self._websocket.resume_writing()

    # ------------------------------------------------------------------ a body that is read as it comes calls these

    def pause_reading(self) -> None:
        """Nobody reads the body as fast as it comes."""
        self._is_body_full = True
        self._transport.pause_reading()
        self.deadline_s = float("inf")

    def resume_reading(self) -> None:
        """There is room for more of the body."""
        self._is_body_full = False
        if not self._is_read_paused:
            self._transport.resume_reading()
        if self._incoming is not None:
            self.deadline_s = self._server.loop.time() + self._server.limits.body_s

    # --------------------------------------------------------------------- the parser calls these

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._is_in_head = True
        self._head_bytes = 0
        self._headers = {}
        self._repeated = None
        self._headers_count = 0
        self._url = b""
        self._body = []
        self._body_bytes = 0
        self._sent_bytes = 0
        self._is_framing_decided = False
        if not self._worker.is_busy:
            self.deadline_s = self._server.loop.time() + self._server.limits.head_s

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self._headers_count += 1
        if self._is_refusing:
            return
        if self._headers_count > self._server.limits.headers_max:
            self._refuse(refusal(431, "431 Request Header Fields Too Large"))
            return
        if self._is_in_body:
            # A trailer: what comes behind the body says nothing about who asks, and for what.
            return
        key = name.lower().decode("latin-1")
        text = value.decode("latin-1")
        if key not in self._headers:
            self._headers[key] = text
        elif key == "host":
            self._refuse(refusal(400, "400 Bad Request: too many Host headers"))
        else:
            if self._repeated is None:
                self._repeated = {}
            self._repeated.setdefault(key, [self._headers[key]]).append(text)
            self._headers[key] += f"{'; ' if key == 'cookie' else ', '}{text}"

    def on_headers_complete(self) -> None:
        """All headers are here; the body follows."""
        self._is_in_head = False
        self._is_in_body = True
        if not self._worker.is_busy:
            self.deadline_s = self._server.loop.time() + self._server.limits.body_s
        if self._is_refusing:
            return
        headers, version = self._headers, self._parser.get_http_version()
        if version == "0.9":
            self._refuse(refusal(400, "400 Bad Request: malformed HTTP request"))
            return
        if "host" not in headers and version == "1.1":
            self._refuse(refusal(400, "400 Bad Request: missing required Host header"))
            return
        coding = headers.get("transfer-encoding")
        if coding is not None and (coding.lower() != "chunked" or version == "1.0"):
            self._refuse(refusal(501, "501 Unsupported transfer encoding"))
            return
        length = headers.get("content-length")
        if length is not None and int(length) > self._server.limits.body_bytes:
            if not self._begin_stream():
                self._refuse(too_large(self._server.limits.body_bytes))
        elif "expect" in headers and self._is_to_be_told_to_go_on() and not self._begin_stream():
            if self._worker.is_busy or self._exchanges:
                self._owes_continue = True
            else:
                self._transport.write(GO_ON)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._is_refusing:
            return
        self._body_bytes += len(body)
        if self._body_bytes > self._server.limits.body_bytes and not self._begin_stream():
            self._refuse(too_large(self._server.limits.body_bytes))
        elif self._incoming is not None:
            self._incoming.feed(body)
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._is_in_body = False
        if self._is_refusing:
            return
        self._owes_continue = False
        if self._incoming is not None:
            self._incoming.end()
            self._incoming = None
            return
        body = self._body
        try:
            request = self._request(body[0] if len(body) == 1 else b"".join(body))
        except ValueError:
            self._refuse(refusal(400, "400 Bad Request: malformed request target"))
            return
        self._exchanges.append(self._exchange(request))

    # ------------------------------------------------------------------------------- the server calls these

    def check_deadline(self, now_s: float) -> None:
        """Close if the client is too slow to ask, or to read."""
        limits = self._server.limits
        if now_s >= self.deadline_s:
            self._transport.close()
        elif self._writer.is_stalled(now_s, limits.stalled_s, limits.stream_buffer_bytes):
            log.info("Dropped a client that does not read", client=self._remote)
            self._transport.abort()

    def finish(self) -> None:
        """The server stops: end a stream now, anything else after its answer, an idle connection at once."""
        self._writer.is_last = True
        if self._writer.is_streaming:
            self._worker.cancel()
        elif not self._worker.is_busy:
            self._worker.cancel()
            self._transport.close()

    def abort(self) -> None:
        """The server's patience has ended."""
        self._worker.cancel()
        self._transport.abort()

    # --------------------------------------------------------------------------------------------- inside

    def _request(self, body: bytes) -> Request:
        """Raises ValueError for a target that is none."""
        path, query = _split_target(self._url)
        method = self._parser.get_method().decode()
        return Request(method, path, query, self._headers, body, self._peer, self._remote, self._repeated)

    def _exchange(self, request: Request) -> Exchange:
        parser = self._parser
        # What follows an upgrade request is no HTTP, so there can be no next request.
        keep_alive = parser.should_keep_alive() and not parser.should_upgrade()
        return Exchange(request, keep_alive, parser.get_http_version() == "1.0")

    def _is_to_be_told_to_go_on(self) -> bool:
        return self._headers.get("expect", "").lower() == "100-continue"

    def _begin_stream(self) -> bool:
        """Hand a body that is still coming on as it comes, if its route wants that; asked once for each request."""
        if self._is_framing_decided or self._is_refusing:
            return self._incoming is not None
        self._is_framing_decided = True
        # What an upgrade request sends is collected: behind its body, no HTTP is spoken.
        if self._parser.should_upgrade():
            return False
        try:
            request = self._request(b"")
        except ValueError:
            return False
        if not self._server.wants_stream(request):
            return False
        length = self._headers.get("content-length")
        go_on = self._go_on if self._is_to_be_told_to_go_on() else None
        incoming = self._incoming = IncomingBody(self, None if length is None else int(length), go_on)
        for piece in self._body:
            incoming.feed(piece)
        self._body = []
        request.stream = incoming
        exchange = self._exchange(request)
        exchange.body = incoming
        self._exchanges.append(exchange)
        return True

    def _go_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(GO_ON)

    def _refuse(self, response: Response) -> None:
        if self._is_refusing:
            return
        self._is_refusing = True
        self._is_in_body = False
        self._is_in_head = False
        if self._incoming is not None:
            # Its request is being answered already: whoever does it learns that there is no more.
            self._incoming.fail("malformed request body")
            self._incoming = None
            return
        self._exchanges.append(Exchange(Request("GET", ""), keep_alive=False, is_http_10=False, refused_with=response))

    def _answer_waiting(self) -> None:
        worker = self._worker
        while self._exchanges and not worker.is_busy and not self._transport.is_closing():
            worker.start(self._serve(self._exchanges.popleft()))
        if worker.is_busy:
            self.deadline_s = self._body_deadline_s()
            if (self._exchanges or self._is_upgrading) and not self._is_read_paused and self._websocket is None:
                self._is_read_paused = True
                self._transport.pause_reading()
        elif not self._is_in_head:
            self._expect_request()

    def _next_work(self) -> Work | None:
        if self._exchanges and not self._transport.is_closing():
            exchange = self._exchanges.popleft()
            if exchange.body is not None and not self._exchanges:
                self._resume_reading()
                self.deadline_s = self._body_deadline_s()
            return self._serve(exchange)
        self._resume_reading()
        self._expect_request()
        if self._owes_continue and not self._transport.is_closing():
            self._owes_continue = False
            self._transport.write(GO_ON)
        return None

    def _resume_reading(self) -> None:
        if self._is_read_paused:
            self._is_read_paused = False
            if not self._is_body_full:
                self._transport.resume_reading()

    def _body_deadline_s(self) -> float:
        """Until when something of the body must come that is being read: all of it may take as long as it wants."""
        if self._incoming is None or self._is_body_full or self._is_read_paused:
            return float("inf")
        return self._server.loop.time() + self._server.limits.body_s

    def _expect_request(self) -> None:
        limits, now_s = self._server.limits, self._server.loop.time()
        if self._is_in_body:
            # Counted once for the whole body: a client that sends a byte now and then does not begin anew with each.
            self.deadline_s = min(self.deadline_s, now_s + limits.body_s)
        else:
            self.deadline_s = now_s + (limits.head_s if self._is_in_head else limits.idle_s)

    async def _serve(self, exchange: Exchange) -> None:
        request = exchange.request
        if exchange.refused_with is not None:
            response = exchange.refused_with
        else:
            try:
                response = await self._server.app(request)
            except Exception as error:  # noqa: BLE001 - the app's last resort: a client gets a 500, never a stack trace
                log.error("Failed to answer a request", err=error, method=request.method, path=request.path)
                response = internal_error()
        try:
            if response.upgrade is not None:
                await self._upgrade(exchange, response.upgrade)
                return
            is_over = exchange.body is None or exchange.body.is_complete
            await self._writer.write(
                response,
                is_head=request.method == "HEAD",
                # An answer that is a stream may go on while the body comes, and end after it.
                keep_alive=exchange.keep_alive and (is_over or isinstance(response.body, AsyncIterator)),
                is_http_10=exchange.is_http_10,
            )
        except ConnectionError as error:
            # Where the body comes from, somebody has hung up; the client sees that too.
            log.info("Cut off a response", err=str(error), method=request.method, path=request.path)
            self._transport.close()
            return
        except Exception as error:  # noqa: BLE001 - a body that fails half way can only be cut off
            log.error("Failed to send a response", err=error, method=request.method, path=request.path)
            self._transport.close()
            return
        body = exchange.body
        is_unread = exchange.refused_with is not None or (body is not None and self._is_left_unread(body))
        if is_unread or not exchange.keep_alive or self._writer.is_last:
            self._exchanges.clear()
            if is_unread:
                self._server.loop.call_later(LINGER_S, self._transport.close)
            else:
                self._transport.close()

    def _is_left_unread(self, body: IncomingBody) -> bool:
        """Whether the request was answered before its body was here; then nothing of the rest is of interest."""
        body.leave()
        if body.is_complete:
            return False
        self._incoming = None
        self._is_refusing = True
        self._is_in_body = False
        self._resume_reading()
        return True

    async def _upgrade(self, exchange: Exchange, upgrade: Upgrade | StreamUpgrade) -> None:
        problem = upgrade_problem(exchange.request, upgrade)
        if problem or not self._is_upgrading:
            await refuse_upgrade(self._writer, self._transport, problem or "400 Bad Request")
        else:
            await leave_http(exchange.request, upgrade, self._transport, self._hand_over)

    def _hand_over(self, afterlife: Afterlife) -> None:
        self._websocket = afterlife
        early, self._early = self._early, b""
        if early:
            afterlife.feed(early)
        self._resume_reading()


def _verified_peer(tls: ssl.SSLObject) -> Peer | None:
    # With CERT_OPTIONAL, getpeercert() is empty unless a certificate was given and verified.
    return peer_of(tls.getpeercert(), tls.getpeercert(binary_form=True))


def _split_target(url: bytes) -> tuple[str, str]:
    target = url.decode("ascii")
    if not target.startswith("/"):
        if target == "*":
            return target, ""
        parts = urlsplit(target)
        if parts.scheme not in ("http", "https"):
            raise ValueError(target)
        return parts.path or "/", parts.query
    path, _, query = target.partition("?")
    return path, query
