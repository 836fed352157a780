"""Connections that leave HTTP behind, at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wherry.kit.clock import SystemClock
from wherry.kit.http.client import HttpClient
from wherry.kit.http.server import Server
from wherry.kit.http.types import App, ByteStream, Request, Response, StreamUpgrade

WISH = {"connection": "Upgrade", "upgrade": "shout/1"}
AGREED = [("Connection", "Upgrade"), ("Upgrade", "shout/1"), ("X-More", "yes")]


async def shout(stream: ByteStream) -> None:
    while data := await stream.read():
        await stream.write(data.upper())


async def app(request: Request) -> Response:
    if request.path == "/no":
        return Response(403, content_type="text/plain", body=b"you may not")
    if request.path == "/fails":
        return Response(101, upgrade=StreamUpgrade(AGREED, fail))
    return Response(101, upgrade=StreamUpgrade(AGREED, shout))


async def fail(stream: ByteStream) -> None:
    raise RuntimeError("oh")


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[int]:
    server = Server(app, host="127.0.0.1", port=0, clock=SystemClock())
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop(0)


class Near:
    """The caller's own end."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = [*parts]
        self.heard = b""
        self.is_closed = False
        self._more = asyncio.Event()

    async def read(self) -> bytes:
        if self.parts:
            return self.parts.pop(0)
        await self._more.wait()
        return b""

    async def write(self, data: bytes) -> None:
        self.heard += data
        if self.heard.endswith(b"!"):
            self._more.set()

    async def end(self) -> None: ...

    async def close(self) -> None:
        self.is_closed = True


async def raw(port: int, head: str, more: bytes = b"") -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.replace("\n", "\r\n").encode() + more)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


HEAD = "POST /yes HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: shout/1\nContent-Length: 0\n\n"


async def test_bytes_that_come_with_the_request_are_not_lost() -> None:
    async with serving(app) as port:
        answer = await raw(port, HEAD, b"hello")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\nUpgrade: shout/1\r\n" in head
    assert b"X-More: yes" in head
    assert body == b"HELLO"


async def test_whoever_does_not_ask_for_it_gets_no_stream() -> None:
    async with serving(app) as port:
        answer = await raw(port, "GET /yes HTTP/1.1\nHost: x\n\n")
    assert answer.startswith(b"HTTP/1.1 400")


async def test_a_refused_upgrade_ends_the_connection() -> None:
    async with serving(app) as port:
        again = b"GET /no HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await raw(port, HEAD.replace("/yes", "/no"), again)
    assert answer.startswith(b"HTTP/1.1 403")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"Connection: close" in answer


async def test_a_handler_that_fails_ends_the_stream() -> None:
    async with serving(app) as port:
        answer = await raw(port, HEAD.replace("/yes", "/fails"))
    assert answer.endswith(b"\r\n\r\n")


async def test_a_client_joins_its_own_stream_to_the_servers() -> None:
    async with serving(app) as port:
        client = HttpClient("127.0.0.1", port)
        response = await client.upgrade(Request("GET", "/yes", headers=WISH))
        assert isinstance(response.upgrade, StreamUpgrade)
        assert ("x-more", "yes") in response.upgrade.headers
        near = Near(b"one ", b"two!")
        await asyncio.wait_for(_handled(response.upgrade, near), 5)
        await client.close()
    assert near.heard == b"ONE TWO!"
    assert near.is_closed


async def _handled(upgrade: StreamUpgrade, near: Near) -> None:
    await upgrade.handler(near)


async def test_a_client_that_is_refused_gets_the_answer() -> None:
    async with serving(app) as port:
        client = HttpClient("127.0.0.1", port)
        response = await client.upgrade(Request("GET", "/no", headers=WISH))
        await client.close()
    assert (response.status, response.body, response.upgrade) == (403, b"you may not", None)


async def test_a_flood_waits_for_its_reader() -> None:
    gate = asyncio.Event()
    size = 0

    async def slow(stream: ByteStream) -> None:
        nonlocal size
        await gate.wait()
        while data := await stream.read():
            size += len(data)

    async def slow_app(request: Request) -> Response:
        return Response(101, upgrade=StreamUpgrade(AGREED, slow))

    async with serving(slow_app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD.replace("\n", "\r\n").encode())
        await reader.readuntil(b"\r\n\r\n")
        flood = bytes(32 << 20)
        writer.write(flood)
        for _ in range(50):
            await asyncio.sleep(0)
        assert writer.transport.get_write_buffer_size() > 0, "the server does not take what nobody reads"
        gate.set()
        await writer.drain()
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert size == len(flood)
