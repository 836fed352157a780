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


class Crowd:
    """Many watches of the same: the first reads what it gets, the others only count lines."""

    def __init__(self, request: bytes, sent: dict[bytes, float], delays: list[float]) -> None:
        """`sent` has when each mark was sent; how long it took to each watch goes into `delays`."""
        self.members: list[CrowdMember] = []
        self.lines = 0
        self.begun = 0
        self.request = request
        self.sent = sent
        self.delays = delays
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None

    def join(self) -> CrowdMember:
        """One more."""
        member = CrowdMember(self)
        self.members.append(member)
        return member

    def close(self) -> None:
        """All go."""
        for member in self.members:
            member.transport.abort()

    async def until(self, lines: int) -> None:
        """Wait until so many lines have come in all."""
        self._wanted = lines
        while self.lines < lines:
            self._waiter = asyncio.get_running_loop().create_future()
            await asyncio.wait_for(self._waiter, 60)

    async def until_begun(self) -> None:
        """Wait until each has its first answer."""
        async with asyncio.timeout(60):
            while self.begun < len(self.members):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)

    def count(self, data: bytes) -> None:
        """Called with what one of them got."""
        lines = data.count(b"}}\n")
        self.lines += lines
        if lines:
            mark = data.rpartition(b'"n":"')[2].partition(b'"')[0]
            sent_s = self.sent.get(mark)
            if sent_s is not None:
                self.delays.append(time.perf_counter() - sent_s)
        if self._waiter is not None and self.lines >= self._wanted and not self._waiter.done():
            self._waiter.set_result(None)


class CrowdMember(asyncio.Protocol):
    """One of many watches."""

    __slots__ = ("_crowd", "has_begun", "transport")

    def __init__(self, crowd: Crowd) -> None:
        """Made by Crowd.join."""
        self._crowd = crowd
        self.has_begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._crowd.request)

    def data_received(self, data: bytes) -> None:
        """A piece of the stream."""
        if not self.has_begun:
            self.has_begun = True
            self._crowd.begun += 1
        self._crowd.count(data)


class RawClient:
    """Opens TLS connections to the cluster of a kubeconfig, with its client certificate."""

    def __init__(self, kubeconfig: Path) -> None:
        """Reads the file."""
        context = load_kubeconfig(kubeconfig)
        address = urlsplit(context.server)
        assert address.hostname is not None
        self._host, self._port = address.hostname, address.port or 443
        self._kept: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._tls: ssl.SSLContext = client_context(ca_pem=context.ca_pem, identity=context.client_identity)

    def request(
        self, method: str, target: str, body: bytes = b"", *, content_type: str = "application/json", headers: str = ""
    ) -> bytes:
        """The bytes of a request; `headers` are lines with their ends."""
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
        if "Accept:" not in headers:
            head += "Accept: application/json\r\n"
        if body:
            head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        return f"{head}{headers}\r\n".encode() + body

    async def once(self, request: bytes) -> bytes:
        """Ask once, over a connection of its own; the whole answer, whatever it says."""
        reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        writer.close()
        return body

    async def burst(self, requests: list[bytes]) -> None:
        """Ask all this at once, each over a connection that is kept for the next burst."""
        while len(self._kept) < len(requests):
            self._kept.append(await asyncio.open_connection(self._host, self._port, ssl=self._tls))
        for (_, writer), request in zip(self._kept, requests, strict=False):
            writer.write(request)
        for reader, _ in self._kept[: len(requests)]:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            assert length is not None, head
            assert head[9:10] == b"2", head
            await reader.readexactly(int(length[1]))

    async def crowd(self, request: bytes, size: int, sent: dict[bytes, float], delays: list[float]) -> Crowd:
        """So many watches of the same; returns when each has begun."""
        crowd = Crowd(request, sent, delays)
        loop = asyncio.get_running_loop()
        for _ in range(0, size, 50):
            await asyncio.gather(
                *(
                    loop.create_connection(crowd.join, self._host, self._port, ssl=self._tls)
                    for _ in range(min(50, size - len(crowd.members)))
                )
            )
        await crowd.until_begun()
        return crowd

    async def watch(self, target: str, on_event: Callable[[bytes], None]) -> Callable[[], None]:
        """Watch from now on; returns the function that ends it. The answer has begun when this returns."""
        transport, watcher = await asyncio.get_running_loop().create_connection(
            lambda: Watcher(self.request("GET", target), on_event), self._host, self._port, ssl=self._tls
        )
        await watcher.begun
        return transport.abort

    async def exhaust(self, next_request: Callable[[], bytes | None], *, connections: int) -> None:
        """Ask until there is nothing left to ask."""
        tally = Tally()
        loop = asyncio.get_running_loop()
        askers = []
        for _ in range(connections):
            _, asker = await loop.create_connection(
                lambda: Asker(tally, next_request), self._host, self._port, ssl=self._tls
            )
            askers.append(asker)
        for asker in askers:
            asker.ask()
        await asyncio.gather(*(asker.done for asker in askers))
        if tally.refusals:
            raise RuntimeError(f"{len(tally.refusals)} requests were refused, such as {tally.refusals[0]!r}")

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
