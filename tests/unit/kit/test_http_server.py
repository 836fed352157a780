from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from wherry.kit.clock import FakeClock
from wherry.kit.http.connection import Connection
from wherry.kit.http.server import Limits, Server
from wherry.kit.http.types import App, Request, Response

Start = Callable[..., Awaitable[Server]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    servers: list[Server] = []

    async def begin(app: App, **limits: float) -> Server:
        server = Server(app, limits=Limits(**limits))  # type: ignore[arg-type]  # tests name single limits
        await server.start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        await server.stop()


async def echo(request: Request) -> Response:
    return Response(
        content_type="text/plain", body=f"{request.method} {request.path} {request.query} ".encode() + request.body
    )


class Raw:
    """A client that sees bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, text: str | bytes) -> tuple[str, dict[str, str], bytes]:
        self.writer.write(text if isinstance(text, bytes) else text.encode())
        return await self.answer()

    async def answer(self, *, has_body: bool = True) -> tuple[str, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", "0"))) if has_body else b""
        return status, headers, body

    async def chunk(self) -> bytes:
        size = int((await self.reader.readline()).strip(), 16)
        return (await self.reader.readexactly(size + 2))[:-2]


async def connect(server: Server) -> Raw:
    return Raw(*await asyncio.open_connection("127.0.0.1", server.port))


@pytest.fixture
async def raw() -> AsyncIterator[Callable[[Server], Awaitable[Raw]]]:
    clients: list[Raw] = []

    async def begin(server: Server) -> Raw:
        client = await connect(server)
        clients.append(client)
        return client

    yield begin
    for client in clients:
        client.writer.close()


Connect = Callable[[Server], Awaitable[Raw]]
GET = "GET /{} HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_a_connection_serves_one_request_after_the_other(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo))
    assert (await client.ask(GET.format("a?b=1")))[2] == b"GET /a b=1 "
    status, headers, body = await client.ask("POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi")
    assert (status, body) == ("HTTP/1.1 200 OK", b"POST /c  hi")
    assert headers["cache-control"] == "no-cache, private"
    assert headers["date"].endswith("GMT")
    assert headers["content-type"] == "text/plain"


async def test_pipelined_requests_are_answered_in_order_even_if_the_first_is_slow(start: Start, raw: Connect) -> None:
    gate = asyncio.Event()

    async def app(request: Request) -> Response:
        if request.path == "/slow":
            await gate.wait()
        return await echo(request)

    client = await raw(await start(app))
    client.writer.write((GET.format("slow") + GET.format("fast") * 3).encode())
    await client.writer.drain()
    gate.set()
    assert [(await client.answer())[2] for _ in range(4)] == [b"GET /slow  "] + [b"GET /fast  "] * 3


async def test_a_chunked_body_arrives_whole(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo))
    head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await client.ask(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))[2] == b"POST /  abcde"


@pytest.mark.parametrize(
    "text",
    [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "BLUB / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        "GET /\xe4 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET nonsense HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_a_malformed_request_gets_400_and_the_connection_closes(start: Start, raw: Connect, text: str) -> None:
    client = await raw(await start(echo))
    status, headers, body = await client.ask(text.encode("latin-1"))
    assert status == "HTTP/1.1 400 Bad Request"
    assert headers["connection"] == "close"
    assert b"Traceback" not in body
    assert await client.reader.read() == b""


async def test_a_body_beyond_the_limit_is_refused_before_it_is_sent(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo))
    status, headers, body = await client.ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3145729\r\n\r\n")
    assert status.startswith("HTTP/1.1 413")
    assert b"Request entity too large: limit is 3145728" in body
    assert headers["connection"] == "close"


async def test_a_chunked_body_beyond_the_limit_is_refused(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo, body_bytes=10))
    head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await client.ask(head + "b\r\n12345678901\r\n"))[0].startswith("HTTP/1.1 413")


@pytest.mark.parametrize("header", ["X: " + "a" * 3000, "\r\n".join(f"X{n}: 1" for n in range(60))])
async def test_too_much_header_is_refused(start: Start, raw: Connect, header: str) -> None:
    client = await raw(await start(echo, head_bytes=2000, headers_max=50))
    client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert (await client.ask(header))[0].startswith("HTTP/1.1 431")


async def test_a_client_that_expects_100_continue_gets_it(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo))
    client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert (await client.ask("ok"))[2] == b"POST /  ok"


async def test_head_has_headers_and_no_body(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo))
    client.writer.write(b"HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n")
    _, headers, _ = await client.answer(has_body=False)
    assert headers["content-length"] == str(len("HEAD /abc  "))
    assert (await client.ask(GET.format("next")))[2] == b"GET /next  "


async def test_http_1_0_closes_after_the_answer(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo))
    client.writer.write(b"GET /old HTTP/1.0\r\n\r\n")
    assert (await client.reader.read()).endswith(b"\r\n\r\nGET /old  ")


async def test_a_failing_app_answers_500_and_the_connection_lives_on(start: Start, raw: Connect) -> None:
    async def app(request: Request) -> Response:
        if request.path == "/bad":
            raise RuntimeError("secret")
        return await echo(request)

    client = await raw(await start(app))
    status, _, body = await client.ask(GET.format("bad"))
    assert status == "HTTP/1.1 500 Internal Server Error"
    assert b"secret" not in body
    assert (await client.ask(GET.format("good")))[2] == b"GET /good  "


async def test_a_line_end_in_a_header_value_cannot_make_a_header(start: Start, raw: Connect) -> None:
    async def app(request: Request) -> Response:
        return Response(headers=[("X", "a\r\nSet-Cookie: b"), ("Cache-Control", "max-age=1")])

    _, headers, _ = await (await raw(await start(app))).ask(GET.format(""))
    assert "set-cookie" not in headers
    assert headers["cache-control"] == "max-age=1"


async def test_a_list_of_bytes_is_sent_with_its_length(start: Start, raw: Connect) -> None:
    async def app(request: Request) -> Response:
        return Response(body=[b"ab" * 50_000] * 20 + [b"end"])

    _, headers, body = await (await raw(await start(app))).ask(GET.format(""))
    assert headers["content-length"] == "2000003"
    assert body.endswith(b"abend")


async def test_what_a_stream_has_ready_becomes_one_chunk(start: Start, raw: Connect) -> None:
    more = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        yield b"one,"
        yield b"two,"
        await more.wait()
        yield b"three"

    async def app(request: Request) -> Response:
        return Response(body=parts())

    client = await raw(await start(app))
    _, headers, _ = await client.ask(GET.format(""))
    assert headers["transfer-encoding"] == "chunked"
    assert await client.chunk() == b"one,two,"
    more.set()
    assert await client.chunk() == b"three"
    assert await client.chunk() == b""
    assert (await client.ask(GET.format("")))[0] == "HTTP/1.1 200 OK"


async def test_the_head_of_a_silent_stream_is_sent_at_once(start: Start, raw: Connect) -> None:
    async def silence() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async def app(request: Request) -> Response:
        return Response(body=silence())

    assert (await (await raw(await start(app))).ask(GET.format("")))[0] == "HTTP/1.1 200 OK"


async def test_a_stream_is_closed_when_the_client_goes_away(start: Start, raw: Connect) -> None:
    closed = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def app(request: Request) -> Response:
        return Response(body=parts())

    client = await raw(await start(app))
    await client.ask(GET.format(""))
    client.writer.close()
    await asyncio.wait_for(closed.wait(), 5)


async def test_a_handler_is_cancelled_when_the_client_goes_away(start: Start, raw: Connect) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def app(request: Request) -> Response:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Response()

    client = await raw(await start(app))
    client.writer.write(GET.format("").encode())
    await begun.wait()
    client.writer.close()
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_stream_waits_for_a_client_that_does_not_read_and_then_drops_it(start: Start) -> None:
    produced = 0
    closed = asyncio.Event()

    async def parts() -> AsyncIterator[bytes]:
        nonlocal produced
        try:
            while True:
                produced += 1
                yield b"x" * 65536
        finally:
            closed.set()

    async def app(request: Request) -> Response:
        return Response(body=parts())

    server = await start(app, stalled_s=0.2)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", server.port)
    transport.pause_reading()
    transport.write(GET.format("").encode())
    await asyncio.wait_for(closed.wait(), 10)
    transport.close()
    assert produced < 2000  # socket buffers and 256 KiB of ours, not an endless queue


async def test_an_idle_connection_is_closed(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo, idle_s=0.1))
    await client.ask(GET.format(""))
    assert await asyncio.wait_for(client.reader.read(), 5) == b""


async def test_a_header_that_never_ends_in_time_closes_the_connection(start: Start, raw: Connect) -> None:
    client = await raw(await start(echo, head_s=0.1))
    client.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert await asyncio.wait_for(client.reader.read(), 5) == b""


async def test_a_client_that_sends_its_body_in_drops_is_dropped(start: Start, raw: Connect) -> None:
    """Each drop alone is in time; all together are not."""
    client = await raw(await start(echo, body_s=0.2, idle_s=10.0))
    client.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")

    async def drip() -> None:
        while not client.reader.at_eof():
            client.writer.write(b"x")
            await asyncio.wait([end], timeout=0.03)

    end = asyncio.ensure_future(client.reader.read())
    async with asyncio.timeout(5):
        await drip()
        assert await end == b""


async def test_timeouts_and_task_groups_work_before_the_first_wait(start: Start, raw: Connect) -> None:
    async def app(request: Request) -> Response:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return Response(status=504)
        return Response()

    assert (await (await raw(await start(app))).ask(GET.format("")))[0] == "HTTP/1.1 504 Gateway Timeout"


async def test_stopping_lets_a_running_request_finish(start: Start, raw: Connect) -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    async def app(request: Request) -> Response:
        begun.set()
        await gate.wait()
        return await echo(request)

    server = await start(app)
    client = await raw(server)
    client.writer.write(GET.format("last").encode())
    await begun.wait()
    async with asyncio.TaskGroup() as group:
        group.create_task(server.stop(grace_s=5))
        gate.set()
        _, headers, body = await client.answer()
    assert body == b"GET /last  "
    assert headers["connection"] == "close"
    assert server.connections_count == 0


async def test_stopping_ends_a_stream_properly(start: Start, raw: Connect) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    async def app(request: Request) -> Response:
        return Response(body=parts())

    server = await start(app)
    client = await raw(server)
    await client.ask(GET.format(""))
    await server.stop(grace_s=5)
    assert await client.reader.read() == b"1\r\nx\r\n0\r\n\r\n"


async def test_stopping_cancels_what_outlives_its_grace(start: Start, raw: Connect) -> None:
    begun = asyncio.Event()

    async def app(request: Request) -> Response:
        begun.set()
        await asyncio.Event().wait()
        return Response()

    server = await start(app)
    client = await raw(server)
    client.writer.write(GET.format("").encode())
    await begun.wait()
    await server.stop(grace_s=0.05)
    assert server.connections_count == 0


async def test_a_taken_port_is_an_os_error(start: Start) -> None:
    server = await start(echo)
    with pytest.raises(OSError, match="in use"):
        await Server(echo, port=server.port).start()


class FakeTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


async def test_it_does_not_matter_how_the_network_cuts_requests_into_pieces(clock: FakeClock) -> None:
    server = Server(echo, clock=clock)
    await server.start()
    text = (
        b"GET /a?x=1 HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAccept: b\r\n\r\n"
        b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
        b"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )

    def answers(*pieces: bytes) -> bytes:
        transport = FakeTransport()
        connection = Connection(server)
        connection.connection_made(transport)
        for piece in pieces:
            connection.data_received(piece)
        connection.connection_lost(None)
        return transport.sent

    whole = answers(text)
    assert whole.count(b"HTTP/1.1 200 OK") == 3
    assert all(answers(text[:cut], text[cut:]) == whole for cut in range(1, len(text)))
    assert answers(*[text[place : place + 1] for place in range(len(text))]) == whole
    await server.stop()
