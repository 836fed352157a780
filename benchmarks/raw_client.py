"""A client that only counts: it writes requests made beforehand and looks for the end of each answer.

A real client spends more on a request than the server does, so it would measure itself. This one needs
about 15 us for a small request, a third of what it measures.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from wherry.client.kubeconfig import load_kubeconfig
from wherry.kit.http.tls import client_context

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)\r\n")


@dataclass(slots=True)
class Tally:
    """What came back: each request's latency in seconds, and the bodies of refusals."""

    latencies_s: list[float] = field(default_factory=list)
    refusals: list[bytes] = field(default_factory=list)
    body_bytes: int = 0
    took_s: float = 0.0

    @property
    def per_second(self) -> float:
        """Answered requests per second."""
        return len(self.latencies_s) / self.took_s


class Asker(asyncio.Protocol):
    """One connection that asks again as soon as the whole answer is there."""

    def __init__(self, tally: Tally, next_request: Callable[[], bytes | None]) -> None:
        """`next_request` gives the bytes to send, or None to stop."""
        self.done = asyncio.get_running_loop().create_future()
        self._tally = tally
        self._next_request = next_request
        self._missing = 0
        self._head = b""
        self._sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone, at our wish or not."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def ask(self) -> None:
        """Send the next request."""
        request = self._next_request()
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent_s = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """A piece of an answer."""
        if not self._missing:
            data = self._head + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._head = data
                return
            self._head = b""
            length = _LENGTH.search(data, 0, end + 2)
            if length is None:
                raise ValueError(f"an answer without a length: {data[:end]!r}")
            self._missing = end + 4 + int(length[1])
            self._tally.body_bytes += int(length[1])
            if data[9:10] != b"2":
                self._tally.refusals.append(data)
        self._missing -= len(data)
        if self._missing == 0:
            self._tally.latencies_s.append(time.perf_counter() - self._sent_s)
            self.ask()


class Watcher(asyncio.Protocol):
    """Reads a stream of events, line by line; what frames the chunks are lines too, without a brace."""

    def __init__(self, request: bytes, on_event: Callable[[bytes], None]) -> None:
        """Sends `request` once; `on_event` gets each event's JSON."""
        self.begun = asyncio.get_running_loop().create_future()
        self._request = request
        self._on_event = on_event
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """A piece of the stream."""
        if not self.begun.done():
            self.begun.set_result(None)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"{"):
                self._on_event(line)


class RawClient:
    """Opens TLS connections to the cluster of a kubeconfig, with its client certificate."""

    def __init__(self, kubeconfig: Path) -> None:
        """Reads the file."""
        context = load_kubeconfig(kubeconfig)
        address = urlsplit(context.server)
        assert address.hostname is not None
        self._host, self._port = address.hostname, address.port or 443
        self._tls: ssl.SSLContext = client_context(ca_pem=context.ca_pem, identity=context.client_identity)

    def request(self, method: str, target: str, body: bytes = b"") -> bytes:
        """The bytes of a request."""
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAccept: application/json\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{head}\r\n".encode() + body

    async def watch(self, target: str, on_event: Callable[[bytes], None]) -> Callable[[], None]:
        """Watch from now on; returns the function that ends it. The answer has begun when this returns."""
        transport, watcher = await asyncio.get_running_loop().create_connection(
            lambda: Watcher(self.request("GET", target), on_event), self._host, self._port, ssl=self._tls
        )
        await watcher.begun
        return transport.abort

    async def load(self, next_request: Callable[[], bytes], *, connections: int, seconds: float) -> Tally:
        """Ask over so many connections at once for so long. The connections are open before the clock starts."""
        tally = Tally()
        end_s = float("inf")

        def until_end() -> bytes | None:
            return next_request() if time.perf_counter() < end_s else None

        loop = asyncio.get_running_loop()
        askers = []
        for _ in range(connections):
            _, asker = await loop.create_connection(
                lambda: Asker(tally, until_end), self._host, self._port, ssl=self._tls
            )
            askers.append(asker)
        started_s = time.perf_counter()
        end_s = started_s + seconds
        for asker in askers:
            asker.ask()
        await asyncio.gather(*(asker.done for asker in askers))
        tally.took_s = time.perf_counter() - started_s
        if tally.refusals:
            raise RuntimeError(f"{len(tally.refusals)} requests were refused, such as {tally.refusals[0]!r}")
        return tally
