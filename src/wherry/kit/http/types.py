"""What a request and a response are, apart from any socket.

The same `App` answers over TLS (kit/http/server.py) and in process (client/transport.py): that is
the seam which lets Wherry run as one process or as many.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a connection, by its client certificate (or its in-process name).

    `common_name` is the user's name, `organizations` are the groups (X.509 CN and O). `not_after_s` is when
    the certificate ends (seconds since 1970; 0: never), `fingerprint` its SHA-256 in hexadecimal digits.
    """

    common_name: str
    organizations: tuple[str, ...] = ()
    not_after_s: float = 0.0
    fingerprint: str = ""


class BodyBroken(Exception):
    """A body has not come whole: its sender hung up, or sent what is no body. The message says which."""


class BodyStream(Protocol):
    """A body that is read while it comes."""

    @property
    def length(self) -> int | None:
        """How many bytes there will be, if its sender has said so."""

    async def read(self) -> bytes:
        """Wait for the next bytes; b"" at the end. Raises BodyBroken."""


@dataclass(slots=True)
class Request:
    """One HTTP request.

    `path` is percent-decoded by nobody yet: handlers split it first and decode each segment, so
    that an encoded slash stays inside its segment. `headers` has lower-case names; `repeated` has the
    single values of those that came more than once. `body` is whole, unless the route has asked for a
    stream and the body was not there with the head: then `body` is empty and `stream` brings it.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: Peer | None = None
    remote_address: str = ""
    repeated: dict[str, list[str]] | None = None
    stream: BodyStream | None = None

    def values(self, name: str) -> list[str]:
        """The values of a header, one for each time that it came."""
        if self.repeated is not None and name in self.repeated:
            return self.repeated[name]
        return [self.headers[name]] if name in self.headers else []

    def query_items(self) -> list[tuple[str, str]]:
        """The query's names and values in order, decoded; blank values are kept."""
        return list(_parsed(self.query)) if len(self.query) <= REMEMBERED_QUERY_MAX else _parse(self.query)


# Clients repeat themselves; so many characters of a query are remembered.
REMEMBERED_QUERY_MAX = 512


@lru_cache(maxsize=256)
def _parsed(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(_parse(query))


def _parse(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


class WebSocketClosed(Exception):
    """The other side has closed the WebSocket (or its connection is gone)."""


class WebSocket(Protocol):
    """An open WebSocket: messages in, messages out."""

    async def receive(self) -> bytes:
        """Wait for the next message (text arrives as UTF-8). Raises WebSocketClosed at the end."""

    async def send(self, message: bytes) -> None:
        """Send one binary message; waits while the peer reads too slowly. Raises WebSocketClosed."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; safe to call twice."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An answer that turns the connection into a WebSocket.

    `subprotocol` is the one chosen of those that the client offered ("" when it offered none);
    `handler` runs for the life of the WebSocket, which is closed when it returns. Its messages are binary, or
    UTF-8 text with `sends_text`.
    """

    subprotocol: str
    handler: Callable[[WebSocket], Awaitable[None]]
    sends_text: bool = False


class ByteStreamClosed(Exception):
    """The other side has closed the stream (or its connection is gone)."""


class ByteStream(Protocol):
    """A connection without frames: bytes in, bytes out."""

    async def read(self) -> bytes:
        """Wait for the next bytes; b"" at the end."""

    async def write(self, data: bytes) -> None:
        """Send; waits while the peer reads too slowly. Raises ByteStreamClosed."""

    async def end(self) -> None:
        """Say that no more bytes will be sent; a connection that cannot say only that is closed."""

    async def close(self) -> None:
        """Close; safe to call twice."""


@dataclass(frozen=True, slots=True)
class StreamUpgrade:
    """An answer that turns the connection into a stream of bytes.

    `headers` go with the answer; `Upgrade` among them names what is spoken from then on. `handler` runs for the
    life of the stream, which is closed when it returns.
    """

    headers: list[tuple[str, str]]
    handler: Callable[[ByteStream], Awaitable[None]]


Body = bytes | list[bytes] | AsyncIterator[bytes]


@dataclass(slots=True)
class Response:
    """One HTTP response.

    `body` is whole bytes; a list of bytes that is written piece by piece without being joined (a
    LIST); or an async iterator, sent chunked as it comes (a WATCH, a log), which is closed when the
    client goes away. `upgrade` replaces the body by a WebSocket or by bytes both ways. `length` is how long
    an iterator's body will be, or the body that a HEAD does not get, where that is known beforehand.
    """

    status: int = 200
    content_type: str = "application/json"
    body: Body = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    upgrade: Upgrade | StreamUpgrade | None = None
    length: int | None = None


App = Callable[[Request], Awaitable[Response]]
# Says of a request whose body is still coming whether its route reads it as it comes.
WantsStream = Callable[[Request], bool]


async def read_body(response: Response) -> bytes:
    """The whole body of a response as one piece of bytes."""
    body = response.body
    if isinstance(body, bytes):
        return body
    if isinstance(body, list):
        return b"".join(body)
    return b"".join([part async for part in body])
