from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import orjson

from wherry.agent.channels import EXEC_PROTOCOLS, choose_protocol, session_upgrade
from wherry.agent.port_forward import port_forward_upgrade
from wherry.kit.http.types import Upgrade, WebSocketClosed
from wherry.kit.tasks import TaskScope
from wherry.runtime.fake import FakeExec
from wherry.runtime.interface import ExecResult


class FakeSocket:
    """A WebSocket whose client is the test."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = False

    async def receive(self) -> bytes:
        message = await self.incoming.get()
        if message is None:
            raise WebSocketClosed
        return message

    async def send(self, message: bytes) -> None:
        await self.sent.put(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = True

    def all_sent(self) -> list[bytes]:
        return [self.sent.get_nowait() for _ in range(self.sent.qsize())]


class SlowExec(FakeExec):
    """Answers once its input is closed."""

    def __init__(self, exit_code: int = 0) -> None:
        super().__init__(ExecResult(exit_code, b"", b""))
        self.input_closed = asyncio.Event()

    async def write_stdin(self, data: bytes) -> None:
        if data:
            self.stdin += data
        else:
            self.input_closed.set()

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        await self.input_closed.wait()
        yield "stdout", bytes(self.stdin)


def status_of(message: bytes) -> dict[str, Any]:
    assert message[:1] == b"\x03"
    status: dict[str, Any] = orjson.loads(message[1:])
    return status


def test_the_newest_protocol_that_both_know_is_chosen() -> None:
    assert choose_protocol("v4.channel.k8s.io, v5.channel.k8s.io", EXEC_PROTOCOLS) == "v5.channel.k8s.io"
    assert choose_protocol("", EXEC_PROTOCOLS) == ""
    assert choose_protocol("v9.other", EXEC_PROTOCOLS) is None


async def test_output_is_sent_by_channel_and_then_how_it_ended() -> None:
    socket, session = FakeSocket(), FakeExec(ExecResult(7, b"out", b"err"))
    await session_upgrade("v5.channel.k8s.io", session, stdin=False).handler(socket)
    out, err, last = socket.all_sent()
    assert (out, err) == (b"\x01out", b"\x02err")
    status = status_of(last)
    assert (status["status"], status["reason"]) == ("Failure", "NonZeroExitCode")
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]
    assert status["message"] == "command terminated with non-zero exit code: exit status 7"
    assert (session.closed, socket.closed) == (True, True)


async def test_who_is_attached_to_a_program_that_fails_is_not_told_its_exit_code() -> None:
    socket, session = FakeSocket(), FakeExec(ExecResult(7, b"out", b""))
    await session_upgrade("v5.channel.k8s.io", session, stdin=False, tells_exit=False).handler(socket)
    assert status_of(socket.all_sent()[-1]) == {"metadata": {}, "status": "Success"}


async def test_stdin_is_handed_on_until_the_client_closes_it() -> None:
    socket, session = FakeSocket(), SlowExec()
    for message in (b"\x00", b"\x00from ", b"\x00stdin", b'\x04{"Width":80,"Height":24}', b"\xff\x00"):
        socket.incoming.put_nowait(message)
    await asyncio.wait_for(session_upgrade("v5.channel.k8s.io", session, stdin=True).handler(socket), 5)
    out, last = socket.all_sent()
    assert out == b"\x01from stdin"
    assert status_of(last) == {"metadata": {}, "status": "Success"}
    assert session.size == (80, 24)


async def test_a_client_that_goes_ends_the_program() -> None:
    socket, session = FakeSocket(), SlowExec()
    socket.incoming.put_nowait(None)
    await asyncio.wait_for(session_upgrade("v5.channel.k8s.io", session, stdin=True).handler(socket), 5)
    assert session.closed


async def test_nonsense_on_the_resize_channel_is_ignored() -> None:
    socket, session = FakeSocket(), SlowExec()
    for message in (b"", b"\x04{", b'\x04{"Width":0,"Height":0}', b"\x04[]", b"\x09x", b"\xff\x00"):
        socket.incoming.put_nowait(message)
    await asyncio.wait_for(session_upgrade("", session, stdin=True).handler(socket), 5)
    assert session.size == (0, 0)


async def test_browsers_speak_base64() -> None:
    socket, session = FakeSocket(), SlowExec()
    for message in (b"", b"0ZnJvbSA=", b"0c3RkaW4=", b"4eyJXaWR0aCI6ODAsIkhlaWdodCI6MjR9", b"0"):
        socket.incoming.put_nowait(message)
    upgrade = session_upgrade("v4.base64.channel.k8s.io", session, stdin=True)
    assert upgrade.sends_text
    async with TaskScope("test") as scope:
        talking = scope.start("talk", _handled(upgrade, socket))
        while session.size == (0, 0):
            await asyncio.sleep(0)
        session.input_closed.set()
        await asyncio.wait_for(talking, 5)
    out, last = socket.all_sent()
    assert out == b"1ZnJvbSBzdGRpbg=="
    assert last[:1] == b"3"
    assert orjson.loads(base64.b64decode(last[1:])) == {"metadata": {}, "status": "Success"}


async def test_what_is_not_base64_ends_the_conversation() -> None:
    for nonsense in (b"0!!!", b"x", b"0Zg"):
        socket, session = FakeSocket(), SlowExec()
        socket.incoming.put_nowait(nonsense)
        upgrade = session_upgrade("base64.channel.k8s.io", session, stdin=True)
        await asyncio.wait_for(_handled(upgrade, socket), 5)
        assert (socket.closed, session.closed) == (True, True)


async def _handled(upgrade: Upgrade, socket: FakeSocket) -> None:
    await upgrade.handler(socket)


async def test_unversioned_clients_hear_a_sentence_and_only_if_something_went_wrong() -> None:
    for protocol in ("", "channel.k8s.io"):
        socket = FakeSocket()
        await session_upgrade(protocol, FakeExec(ExecResult(0, b"out", b"")), stdin=False).handler(socket)
        assert socket.all_sent() == [b"\x01out"]
        socket = FakeSocket()
        await session_upgrade(protocol, FakeExec(ExecResult(2, b"", b"")), stdin=False).handler(socket)
        assert socket.all_sent() == [b"\x03command terminated with non-zero exit code: exit status 2"]


async def test_a_port_is_forwarded_both_ways() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(4)).upper())
        writer.close()

    listener = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    socket = FakeSocket()

    async def forward() -> None:
        await port_forward_upgrade("v4.channel.k8s.io", "127.0.0.1", [port]).handler(socket)

    async with TaskScope("test") as scope:
        talk = scope.start("talk", forward())
        number = port.to_bytes(2, "little")
        assert [await socket.sent.get(), await socket.sent.get()] == [b"\x00" + number, b"\x01" + number]
        socket.incoming.put_nowait(b"\x00ping")
        assert await asyncio.wait_for(socket.sent.get(), 5) == b"\x00PING"
        await asyncio.wait_for(talk, 5)
    listener.close()
    await listener.wait_closed()
    assert socket.closed


async def test_a_port_that_nobody_serves_is_told_on_the_error_channel() -> None:
    listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    listener.close()
    await listener.wait_closed()
    socket = FakeSocket()
    upgrade = port_forward_upgrade("v4.channel.k8s.io", "127.0.0.1", [port])
    await asyncio.wait_for(upgrade.handler(socket), 5)
    assert socket.all_sent()[-1].startswith(b"\x01unable to do port forwarding")
