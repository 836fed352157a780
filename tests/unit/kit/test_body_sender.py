"""A client that sends a body while it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from wherry.kit.http.client import HttpClient
from wherry.kit.http.server import Server
from wherry.kit.http.types import BodyBroken, Request, Response, read_body

PATIENCE_S = 10.0


class Source:
    """A body whose pieces come when the test says so; an exception breaks it."""

    def __init__(self, *pieces: bytes | BodyBroken, length: int | None = None) -> None:
        self.length = length
        self.pieces: asyncio.Queue[bytes | BodyBroken] = asyncio.Queue()
        for piece in pieces:
            self.pieces.put_nowait(piece)

    async def read(self) -> bytes:
        piece = await self.pieces.get()
        if isinstance(piece, BodyBroken):
            raise piece
        return piece


async def app(request: Request) -> Response:
    if request.path == "/no":
        return Response(401, body=b"no")
    if request.stream is None:
        return Response(body=b"whole:" + request.body)
    if request.path == "/echo":
        return Response(body=echoed(request))
    return Response(body=b"".join([piece async for piece in pieces_of(request)]))


async def pieces_of(request: Request) -> AsyncIterator[bytes]:
    assert request.stream is not None
    while piece := await request.stream.read():
        yield piece


async def echoed(request: Request) -> AsyncIterator[bytes]:
    async for piece in pieces_of(request):
        yield b"<" + piece + b">"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(app, wants_stream=lambda _: True)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[HttpClient]:
    client = HttpClient("127.0.0.1", server.port)
    yield client
    await client.close()


@pytest.mark.parametrize("length", [None, 6])
async def test_a_body_goes_out_as_it_comes_and_the_connection_is_kept(
    client: HttpClient, server: Server, length: int | None
) -> None:
    for _ in range(3):
        source = Source(length=length)
        asking = asyncio.ensure_future(client.request(Request("POST", "/", stream=source)))
        for piece in (b"abc", b"def", b""):
            await asyncio.wait([asking], timeout=0.01)
            source.pieces.put_nowait(piece)
        response = await asyncio.wait_for(asking, PATIENCE_S)
        assert (await read_body(response)).removeprefix(b"whole:") == b"abcdef"
        again = await client.request(Request("GET", "/"))
        assert again.body == b"whole:"


async def test_answer_and_body_pass_each_other(client: HttpClient) -> None:
    source = Source(b"one")
    response = await asyncio.wait_for(client.request(Request("POST", "/echo", stream=source)), PATIENCE_S)
    assert isinstance(response.body, AsyncIterator)
    assert await anext(response.body) == b"<one>"
    source.pieces.put_nowait(b"two")
    assert await anext(response.body) == b"<two>"
    source.pieces.put_nowait(b"")
    assert await read_body(response) == b""


async def test_a_body_that_breaks_is_its_readers_error_and_never_looks_whole(client: HttpClient) -> None:
    ends: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            ends.put_nowait(await reader.read(-1))
        except ConnectionResetError:
            ends.put_nowait(b"reset")
        writer.close()

    listener = await asyncio.start_server(listen, "127.0.0.1", 0)
    other = HttpClient("127.0.0.1", listener.sockets[0].getsockname()[1])
    async with listener:
        with pytest.raises(BodyBroken, match="gone"):
            await other.request(Request("POST", "/", stream=Source(b"abc", BodyBroken("gone"))))
        assert not (await asyncio.wait_for(ends.get(), PATIENCE_S)).endswith(b"0\r\n\r\n")
    await other.close()


async def test_an_answer_whose_body_breaks_with_the_request_breaks_too(client: HttpClient) -> None:
    response = await client.request(Request("POST", "/echo", stream=(source := Source(b"one"))))
    assert isinstance(response.body, AsyncIterator)
    assert await anext(response.body) == b"<one>"
    source.pieces.put_nowait(BodyBroken("gone"))
    with pytest.raises(BodyBroken, match="gone"):
        await anext(response.body)


async def test_a_refused_body_is_never_read(client: HttpClient) -> None:
    source = Source(b"x" * 10, b"", length=10)
    request = Request("POST", "/no", headers={"expect": "100-continue"}, stream=source)
    response = await client.request(request)
    assert (response.status, response.body) == (401, b"no")
    assert source.pieces.qsize() == 2


async def test_a_body_that_is_asked_for_is_sent(client: HttpClient) -> None:
    request = Request("POST", "/", headers={"expect": "100-continue"}, stream=Source(b"hello", b"", length=5))
    assert await read_body(await asyncio.wait_for(client.request(request), 0.9)) == b"hello"


async def test_a_server_that_takes_nothing_is_waited_for(client: HttpClient) -> None:
    gate = asyncio.Event()
    size = 0

    async def slow(request: Request) -> Response:
        nonlocal size
        await gate.wait()
        async for piece in pieces_of(request):
            size += len(piece)
        return Response()

    server = Server(slow, wants_stream=lambda _: True)
    await server.start()
    other = HttpClient("127.0.0.1", server.port)
    source = Source(*[bytes(1 << 20)] * 64, b"")
    asking = asyncio.ensure_future(other.request(Request("POST", "/", stream=source)))
    await asyncio.wait([asking], timeout=0.2)
    assert source.pieces.qsize() > 40, "the server's and the kernel's buffers hold a few"
    gate.set()
    assert (await asyncio.wait_for(asking, PATIENCE_S)).status == 200
    assert size == 64 << 20
    await other.close()
    await server.stop()


async def test_an_answer_of_known_length_may_be_read_as_a_stream(server: Server, client: HttpClient) -> None:
    body = b"x" * 3_000_000
    response = await client.request(Request("POST", "/", body=body), streams_answer=True)
    assert isinstance(response.body, AsyncIterator)
    assert len(await read_body(response)) >= len(body)
    await client.request(Request("GET", "/"))
    assert server.connections_count == 1
