"""Bodies that are read while they come, on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from wherry.kit.http import connection
from wherry.kit.http.server import Limits, Server
from wherry.kit.http.types import App, BodyBroken, Request, Response

CHUNKED = b"Transfer-Encoding: chunked\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PATIENCE_S = 10.0
Start = Callable[..., Awaitable["Client"]]


class Client:
    """Writes bytes and sees bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def post(self, path: str, *, length: int | None = None, more: bytes = b"") -> None:
        framing = CHUNKED if length is None else b"Content-Length: %d\r\n" % length
        self.writer.write(b"POST %b HTTP/1.1\r\nHost: x\r\n" % path.encode() + framing + b"\r\n" + more)

    async def answer(self) -> tuple[int, bytes, bytes]:
        """Status, head and body of the next answer, whose length is known."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return int(head.split()[1]), head, await self.reader.readexactly(length)

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), PATIENCE_S)


@pytest.fixture
async def start(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(connection, "LINGER_S", 0.05)
    servers: list[Server] = []
    clients: list[Client] = []

    async def begin(app: App, **limits: float) -> Client:
        allowed = Limits(**limits)  # type: ignore[arg-type]  # tests name single limits
        server = Server(app, limits=allowed, wants_stream=lambda request: request.path.startswith("/stream"))
        await server.start()
        servers.append(server)
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", server.port)))
        return clients[-1]

    yield begin
    for client in clients:
        client.writer.close()
    for server in servers:
        await server.stop()


async def measure(request: Request) -> Response:
    """How the body came, and how much of it there was."""
    if request.stream is None:
        return Response(body=b"whole %d" % len(request.body))
    size = 0
    try:
        while piece := await request.stream.read():
            size += len(piece)
    except BodyBroken as error:
        return Response(400, body=str(error).encode())
    return Response(body=f"{request.stream.length} {size}".encode())


def chunks(size: int, each: int) -> bytes:
    whole, rest = divmod(size, each)
    ends = b"%x\r\n%b\r\n" % (rest, b"y" * rest) if rest else b""
    return (b"%x\r\n%b\r\n" % (each, b"x" * each)) * whole + ends + b"0\r\n\r\n"


async def test_a_route_that_wants_it_gets_more_than_any_body_may_have(start: Start) -> None:
    client = await start(measure, body_bytes=1000)
    client.post("/stream", length=5_000_000, more=b"x" * 5_000_000)
    assert (await client.answer())[2] == b"5000000 5000000"
    client.post("/stream", more=chunks(5_000_000, 4096))
    assert (await client.answer())[2] == b"None 5000000"


async def test_everybody_else_keeps_the_limit(start: Start) -> None:
    for more in (b"Content-Length: 1001\r\n\r\n", CHUNKED + b"\r\n3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n"):
        client = await start(measure, body_bytes=1000)
        client.writer.write(b"POST /other HTTP/1.1\r\nHost: x\r\n" + more)
        assert (await client.answer())[0] == 413
        assert await client.rest() == b""


async def test_a_body_that_comes_with_its_head_is_whole_at_once(start: Start) -> None:
    client = await start(measure)
    client.post("/stream", length=3, more=b"abc")
    assert (await client.answer())[2] == b"whole 3"


async def test_the_route_begins_before_the_body_has_ended(start: Start) -> None:
    seen: asyncio.Queue[bytes] = asyncio.Queue()

    async def app(request: Request) -> Response:
        assert request.stream is not None
        while piece := await request.stream.read():
            seen.put_nowait(piece)
        return Response(body=b"over")

    client = await start(app)
    client.post("/stream", length=6, more=b"one")
    assert await asyncio.wait_for(seen.get(), PATIENCE_S) == b"one"
    client.writer.write(b"two")
    assert await asyncio.wait_for(seen.get(), PATIENCE_S) == b"two"
    assert (await client.answer())[2] == b"over"


async def test_what_nobody_reads_is_not_taken(start: Start) -> None:
    gate = asyncio.Event()

    async def app(request: Request) -> Response:
        await gate.wait()
        return await measure(request)

    client = await start(app, body_s=0.1)
    client.post("/stream", length=32 << 20, more=bytes(32 << 20))
    end = asyncio.ensure_future(client.answer())
    # Longer than a client may be silent: it is not silent, it is not listened to.
    await asyncio.wait([end], timeout=0.3)
    assert client.writer.transport.get_write_buffer_size() > 16 << 20
    gate.set()
    assert (await end)[2] == b"33554432 33554432"


async def test_connections_go_on_after_a_streamed_body(start: Start) -> None:
    client = await start(measure, body_bytes=1000)
    following = b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
    for _ in range(3):
        client.post("/stream", more=chunks(2_000_000, 60_000) + following)
        assert (await client.answer())[2] == b"None 2000000"
        assert (await client.answer())[2] == b"whole 2"


async def test_a_streamed_body_waits_behind_a_slow_request(start: Start) -> None:
    gate = asyncio.Event()

    async def app(request: Request) -> Response:
        if request.path == "/slow":
            await gate.wait()
        return await measure(request)

    client = await start(app, body_bytes=1000)
    client.writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    client.post("/stream", length=4_000_000, more=b"x" * 4_000_000)
    client.post("/stream", more=chunks(3_000_000, 9000))
    for _ in range(20):
        await asyncio.sleep(0)
    gate.set()
    assert [(await client.answer())[2] for _ in range(3)] == [b"whole 0", b"4000000 4000000", b"None 3000000"]


async def test_many_requests_behind_a_body_that_is_not_read_wait_outside(start: Start) -> None:
    gate = asyncio.Event()
    served = 0

    async def app(request: Request) -> Response:
        nonlocal served
        served += 1
        if request.path == "/stream":
            await gate.wait()
        return await measure(request)

    client = await start(app)
    client.post("/stream", length=2_000_000, more=b"x" * 2_000_000)
    small = b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + b"y" * 900_000
    client.writer.write(small * 30)
    for _ in range(50):
        await asyncio.sleep(0)
    assert served == 1
    assert client.writer.transport.get_write_buffer_size() > 10_000_000
    gate.set()
    answers = [(await client.answer())[2] for _ in range(31)]
    assert answers == [b"2000000 2000000"] + [b"whole 900000"] * 30


async def test_who_asks_first_is_told_to_go_on_when_somebody_reads(start: Start) -> None:
    gate = asyncio.Event()

    async def app(request: Request) -> Response:
        await gate.wait()
        return await measure(request)

    client = await start(app, body_bytes=10)
    head = b"POST /stream HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 20\r\n\r\n"
    client.writer.write(head)
    told = asyncio.ensure_future(client.reader.readuntil(b"\r\n\r\n"))
    await asyncio.wait([told], timeout=0.05)
    assert not told.done()
    gate.set()
    assert await asyncio.wait_for(told, PATIENCE_S) == CONTINUE
    client.writer.write(b"x" * 20)
    assert (await client.answer())[2] == b"20 20"


async def test_who_asks_first_need_not_send_what_is_refused(start: Start) -> None:
    async def app(request: Request) -> Response:
        return Response(403, body=b"no")

    client = await start(app)
    client.writer.write(b"POST /stream HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99\r\n\r\n")
    status, head, body = await client.answer()
    assert (status, body) == (403, b"no")
    assert b"Connection: close" in head
    assert await client.rest() == b""


async def test_an_answer_before_the_end_of_the_body_is_the_last_one(start: Start) -> None:
    async def app(request: Request) -> Response:
        assert request.stream is not None
        assert await request.stream.read()
        return Response(413, body=b"too much")

    client = await start(app)
    client.post("/stream", length=3_000_000, more=b"x" * 1_000_000)
    status, head, body = await client.answer()
    assert (status, body) == (413, b"too much")
    assert b"Connection: close" in head
    # What looks like a request is the rest of the body.
    client.writer.write(b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
    assert await client.rest() == b""


async def test_a_body_and_an_answer_may_come_at_the_same_time(start: Start) -> None:
    async def app(request: Request) -> Response:
        if request.path != "/stream":
            return Response()

        async def shouted() -> AsyncIterator[bytes]:
            assert request.stream is not None
            while piece := await request.stream.read():
                yield piece.upper()

        return Response(body=shouted(), length=request.stream.length if request.stream is not None else None)

    client = await start(app)
    client.post("/stream", length=6, more=b"abc")
    assert (await client.reader.readuntil(b"\r\n\r\nABC")).startswith(b"HTTP/1.1 200")
    client.writer.write(b"def")
    assert await client.reader.readexactly(3) == b"DEF"
    client.post("/other", length=0)
    assert (await client.answer())[0] == 200, "the connection goes on"


async def test_a_client_that_hangs_up_stops_the_route(start: Start) -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def app(request: Request) -> Response:
        assert request.stream is not None
        try:
            begun.set()
            while await request.stream.read():
                pass
        except (asyncio.CancelledError, BodyBroken):
            stopped.set()
            raise
        return Response()

    client = await start(app)
    client.post("/stream", length=100, more=b"x")
    await asyncio.wait_for(begun.wait(), PATIENCE_S)
    client.writer.close()
    await asyncio.wait_for(stopped.wait(), PATIENCE_S)


BROKEN = {
    "no size": b"zz\r\n",
    "negative size": b"-1\r\nx\r\n",
    "size beyond 64 bits": b"fffffffffffffffff\r\n",
    "more than its size": b"2\r\nabcdef\r\n",
    "no line end": b"3\r\nabcX",
    "size of a megabyte": b"0" * (1 << 20) + b"zz",
    "extension without end": b"1;" + b"a" * (4 << 20),
    "trailer without end": b"0\r\nA: " + b"b" * (4 << 20),
    "10,000 trailers": b"0\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_chunks_that_are_none_break_the_body_and_end_the_connection(start: Start, name: str) -> None:
    begun = asyncio.Event()

    async def app(request: Request) -> Response:
        begun.set()
        return await measure(request)

    client = await start(app)
    client.post("/stream", more=b"3\r\nabc\r\n")
    await asyncio.wait_for(begun.wait(), PATIENCE_S)
    client.writer.write(BROKEN[name] + b"\r\n0\r\n\r\nGET /other HTTP/1.1\r\nHost: x\r\n\r\n")
    status, head, body = await client.answer()
    assert (status, body) == (400, b"malformed request body")
    assert b"Connection: close" in head
    assert await client.rest() == b""


SMUGGLED = {
    "both": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
    "both, the other way round": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n1\r\n",
    "two lengths": b"Content-Length: 40\r\nContent-Length: 6\r\n\r\nabc",
    "another coding": b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\n",
    "a coding behind chunks": b"Transfer-Encoding: chunked, gzip\r\n\r\n1\r\n",
    "a length of 2^64": b"Content-Length: 18446744073709551616\r\n\r\nabc",
}


@pytest.mark.parametrize("name", SMUGGLED)
async def test_framing_in_two_minds_never_becomes_a_stream(start: Start, name: str) -> None:
    asked = 0

    async def app(request: Request) -> Response:
        nonlocal asked
        asked += 1
        return Response()

    client = await start(app)
    client.writer.write(b"POST /stream HTTP/1.1\r\nHost: x\r\n" + SMUGGLED[name])
    assert (await client.answer())[0] in (400, 501)
    assert await client.rest() == b""
    assert asked == 0


async def test_a_slow_body_may_take_as_long_as_it_wants(start: Start) -> None:
    client = await start(measure, body_s=0.4, idle_s=10.0)
    client.post("/stream", length=8)
    for _ in range(8):
        await asyncio.wait([asyncio.ensure_future(asyncio.sleep(0.1))])
        client.writer.write(b"x")
    assert (await client.answer())[2] == b"8 8"


async def test_a_body_that_stops_coming_ends_the_connection(start: Start) -> None:
    stopped = asyncio.Event()

    async def app(request: Request) -> Response:
        try:
            return await measure(request)
        except asyncio.CancelledError:
            stopped.set()
            raise

    client = await start(app, body_s=0.1)
    client.post("/stream", length=8, more=b"x")
    assert await client.rest() == b""
    await asyncio.wait_for(stopped.wait(), PATIENCE_S)


async def test_what_asks_for_an_upgrade_is_collected(start: Start) -> None:
    client = await start(measure, body_bytes=10)
    head = b"POST /stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: y\r\nContent-Length: 11\r\n\r\n"
    client.writer.write(head)
    assert (await client.answer())[0] == 413


@pytest.mark.parametrize("cut", [1, 7, 4096])
async def test_it_does_not_matter_how_the_network_cuts_a_streamed_body(start: Start, cut: int) -> None:
    client = await start(measure)
    size = 40 * cut
    sent = b"POST /stream HTTP/1.1\r\nHost: x\r\n" + CHUNKED + b"\r\n" + chunks(size, 11 * cut)
    for place in range(0, len(sent), cut):
        client.writer.write(sent[place : place + cut])
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.answer())[2].endswith(b" %d" % size)
