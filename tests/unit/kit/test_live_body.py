from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

import pytest

from wherry.kit.http.client import HttpClient
from wherry.kit.http.limits import Limits
from wherry.kit.http.live_body import LiveBody, MappedBody
from wherry.kit.http.server import Server
from wherry.kit.http.types import Request, Response, Upgrade, WebSocket

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Said(LiveBody):
    """A stream that says what the test puts into it."""

    def __init__(self, *beginning: bytes) -> None:
        super().__init__()
        self.beginning = beginning
        self.waiting: list[bytes] = []
        self.taken = 0
        self.closed = asyncio.Event()
        self.ends = False
        self.fails = False

    @property
    def is_over(self) -> bool:
        return self.ends and not self.waiting

    async def begin(self) -> AsyncGenerator[bytes, None]:
        for piece in self.beginning:
            yield piece

    def take(self) -> bytes:
        if self.fails:
            raise ValueError("no more")
        self.taken += bool(self.waiting)
        pieces, self.waiting = self.waiting, []
        return b"".join(pieces)

    def say(self, piece: bytes, *, ends: bool = False) -> None:
        self.waiting.append(piece)
        self.ends = ends
        self.tell()

    def close(self) -> None:
        self.closed.set()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[LiveBody], Awaitable[Server]]]:
    servers: list[Server] = []

    async def begin(body: LiveBody) -> Server:
        async def app(request: Request) -> Response:
            return Response(body=body)

        server = Server(app, limits=Limits(stalled_s=0.4))
        await server.start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        await server.stop()


Serve = Callable[[LiveBody], Awaitable[Server]]


async def ask(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(GET)
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    return reader, writer


async def test_what_is_said_is_sent_at_once_and_the_connection_lives_on_after_the_end(serve: Serve) -> None:
    body = Said(b"first,")
    reader, writer = await ask(await serve(body))
    assert await reader.readexactly(11) == b"6\r\nfirst,\r\n"
    body.say(b"more")
    assert await reader.readexactly(9) == b"4\r\nmore\r\n"
    body.say(b"end", ends=True)
    assert await reader.readexactly(13) == b"3\r\nend\r\n0\r\n\r\n"
    await asyncio.wait_for(body.closed.wait(), 5)
    writer.write(GET)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_the_head_of_a_stream_that_says_nothing_is_sent_at_once(serve: Serve) -> None:
    _, writer = await ask(await serve(Said()))
    writer.close()


async def test_it_is_closed_when_the_client_goes(serve: Serve) -> None:
    body = Said(b"x")
    _, writer = await ask(await serve(body))
    writer.close()
    await asyncio.wait_for(body.closed.wait(), 5)


async def test_who_does_not_read_is_not_written_for_and_dropped_in_the_end(serve: Serve) -> None:
    body = Said()
    server = await serve(body)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", server.port)
    transport.pause_reading()
    transport.write(GET)
    while body.on_ready is None:
        await asyncio.sleep(0.01)
    for _ in range(400):
        body.say(b"x" * 65536)
        await asyncio.sleep(0)
    assert body.waiting
    assert body.taken < 400
    await asyncio.wait_for(body.closed.wait(), 10)
    transport.close()


async def test_what_was_said_meanwhile_is_sent_as_one_when_the_client_reads_again(serve: Serve) -> None:
    body = Said()
    reader, writer = await ask(await serve(body))
    total = 0
    while not body.waiting:
        body.say(b"x" * 65536)
        total += 65536
        await asyncio.sleep(0)
    body.say(b"y", ends=True)
    received = b""
    while not received.endswith(b"y\r\n0\r\n\r\n"):
        received += await asyncio.wait_for(reader.read(1 << 20), 10)
    assert received.count(b"x") == total
    writer.close()


async def test_a_stream_that_fails_is_cut_off_and_hurts_nobody_else(serve: Serve) -> None:
    body = Said(b"x")
    reader, writer = await ask(await serve(body))
    assert await reader.readexactly(6) == b"1\r\nx\r\n"
    body.fails = True
    body.say(b"y")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    await asyncio.wait_for(body.closed.wait(), 5)
    writer.close()


async def test_a_server_that_stops_ends_it_properly(serve: Serve) -> None:
    body = Said(b"x")
    server = await serve(body)
    reader, writer = await ask(server)
    await server.stop(grace_s=5)
    assert await reader.read() == b"1\r\nx\r\n0\r\n\r\n"
    assert body.closed.is_set()
    writer.close()


async def test_one_can_iterate_too() -> None:
    body = Said(b"a", b"b")
    assert [await anext(body), await anext(body)] == [b"a", b"b"]
    body.say(b"c", ends=True)
    assert [piece async for piece in body] == [b"c"]
    assert body.closed.is_set()


async def test_a_mapped_body_says_all_in_other_words() -> None:
    body = Said(b"a")
    mapped = MappedBody(body, bytes.upper)
    assert await anext(mapped) == b"A"
    body.say(b"b", ends=True)
    assert [piece async for piece in mapped] == [b"B"]
    assert body.closed.is_set()


async def test_a_web_socket_may_send_text() -> None:
    async def hello(socket: WebSocket) -> None:
        await socket.send("grüß dich".encode())

    async def app(request: Request) -> Response:
        return Response(upgrade=Upgrade("", hello, sends_text=True))

    server = Server(app)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    message = "grüß dich".encode()
    # A final frame of text, 0x81, and its length.
    assert await reader.readexactly(2 + len(message)) == bytes((0x81, len(message))) + message
    writer.close()
    await server.stop()


async def test_a_client_reads_a_live_body_as_any_stream(serve: Serve) -> None:
    body = Said(b"a")
    server = await serve(body)
    client = HttpClient("127.0.0.1", server.port)
    response = await client.request(Request("GET", "/"))
    assert not isinstance(response.body, bytes | list)
    assert await anext(response.body) == b"a"
    body.say(b"b", ends=True)
    assert [piece async for piece in response.body] == [b"b"]
    await client.close()
