"""Raw frames that no client should send: the conversation ends, the program with it, and the server goes on."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from suites.spdy_client import SpdyClient, spdy_data, spdy_frame
from wherry.agent.channels import session_upgrade
from wherry.agent.port_forward_tunnel import STREAMS_MAX, spdy_port_forward_upgrade
from wherry.agent.spdy_exec import spdy_session_upgrade
from wherry.kit.clock import SystemClock
from wherry.kit.http.server import Server
from wherry.kit.http.types import Request, Response
from wherry.runtime.fake import FakeExec
from wherry.runtime.interface import ExecResult

PATIENCE_S = 10.0
V5 = "v5.channel.k8s.io"
WEB_SOCKET = (
    "GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\nSec-WebSocket-Protocol: {V5}\r\n\r\n"
)
SPDY = "POST /{} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n"


class Program(FakeExec):
    """Runs until it is closed, and never says anything."""

    def __init__(self) -> None:
        super().__init__(ExecResult(0, b"", b""))
        self.is_over = asyncio.Event()

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        await self.is_over.wait()
        yield "stdout", b""

    async def close(self) -> None:
        await super().close()
        self.is_over.set()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[int, list[Program]]]:
    programs: list[Program] = []

    async def app(request: Request) -> Response:
        if request.path == "/ok":
            return Response(body=b"{}")
        if request.path == "/forward":
            return Response(101, upgrade=spdy_port_forward_upgrade("default/web", "127.0.0.1"))
        programs.append(Program())
        if request.headers["upgrade"] == "websocket":
            return Response(101, upgrade=session_upgrade(V5, programs[-1], stdin=True))
        return Response(101, upgrade=spdy_session_upgrade("v4.channel.k8s.io", programs[-1], frozenset({"error"})))

    server = Server(app, host="127.0.0.1", port=0, clock=SystemClock())
    await server.start()
    try:
        yield server.port, programs
    finally:
        await server.stop(0)


async def said_to(port: int, head: str, frames: bytes) -> bytes:
    """All that the server says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode())
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        writer.write(frames)
        try:
            return await asyncio.wait_for(reader.read(), PATIENCE_S)
        except ConnectionResetError:
            return b""
    finally:
        writer.close()


async def still_answers(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    return answer.startswith(b"HTTP/1.1 200")


def masked(opcode: int, data: bytes, *, is_last: bool = True, length: bytes = b"") -> bytes:
    head = bytes((opcode | (0x80 if is_last else 0),))
    return head + (length or bytes((0x80 | len(data),))) + bytes(4) + data


BAD_FRAMES = {
    "unmasked": b"\x82\x02\x00x",
    "longer than memory": masked(2, b"x", length=b"\xff" + struct.pack(">Q", 2**63 - 1)),
    "a negative length": masked(2, b"x", length=b"\xff" + struct.pack(">Q", 2**64 - 1)),
    "more than a message may have": masked(2, b"x", length=b"\xff" + struct.pack(">Q", 64 << 20)),
    "a ping in pieces": masked(9, b"x", is_last=False),
    "an unknown opcode": masked(5, b"x"),
    "reserved bits": b"\xf2\x81\x00\x00\x00\x00x",
    "a piece of nothing": masked(0, b"x"),
    "random bytes": os.urandom(4096),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
async def test_a_bad_web_socket_frame_ends_the_program(name: str) -> None:
    async with serving() as (port, programs):
        answer = await said_to(port, WEB_SOCKET, BAD_FRAMES[name])
        [program] = programs
        await asyncio.wait_for(program.is_over.wait(), PATIENCE_S)
        assert await still_answers(port)
    # 0x88 is a close frame; 1002 or 1009 say why.
    if answer and name != "random bytes":
        assert struct.unpack(">H", answer[2:4])[0] in (1002, 1009), answer


async def test_a_flood_of_pings_and_of_input_without_a_reader_is_borne() -> None:
    async with serving() as (port, programs):
        flood = masked(9, b"ping") * 20_000 + masked(2, b"\x00" + b"x" * 100) * 5_000
        await said_to(port, WEB_SOCKET, flood + masked(8, struct.pack(">H", 1000)))
        [program] = programs
        await asyncio.wait_for(program.is_over.wait(), PATIENCE_S)
        assert await still_answers(port)


async def test_a_flood_of_spdy_frames_ends_cleanly() -> None:
    client = SpdyClient()
    floods = [
        client.open(1, streamtype="error") + spdy_frame(3, struct.pack(">II", 1, 5)) * 10_000,
        spdy_frame(6, b"\0\0\0\1") * 10_000,
        spdy_data(1, b"x" * 1000) * 5_000,
    ]
    async with serving() as (port, programs):
        for flood in floods:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(SPDY.format("exec").encode())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(flood)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), PATIENCE_S)
            writer.close()
        for program in programs:
            await asyncio.wait_for(program.is_over.wait(), PATIENCE_S)
        assert await still_answers(port)


async def test_nobody_opens_streams_without_end() -> None:
    client = SpdyClient()
    opening = b"".join(
        client.open(2 * number + 1, streamtype="error", requestid=str(number)) for number in range(STREAMS_MAX + 10)
    )
    async with serving() as (port, _):
        answer = await said_to(port, SPDY.format("forward"), opening)
        client.feed(answer)
        assert len(client.replied) <= STREAMS_MAX
        assert await still_answers(port)


@pytest.mark.parametrize("asked", ["0", "65536", "-1", "x", ""])
async def test_ports_that_are_none_are_told_on_the_error_stream(asked: str) -> None:
    client = SpdyClient()
    frames = client.open(1, streamtype="error", requestid="0", port=asked)
    frames += client.open(3, streamtype="data", requestid="0", port=asked)
    async with serving() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(SPDY.format("forward").encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frames)
        while not client.ended[1].is_set():
            client.feed(await asyncio.wait_for(reader.read(4096), PATIENCE_S))
        writer.close()
    assert b"as a port" in client.answers[1]
