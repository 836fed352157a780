"""Exec and attach by SPDY."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator

import orjson
import pytest

from suites.spdy_client import SpdyClient, spdy_data, spdy_frame
from wherry.agent.spdy import DICTIONARY
from wherry.agent.spdy_exec import spdy_refused_upgrade, spdy_session_upgrade
from wherry.kit.http.types import StreamUpgrade
from wherry.kit.tasks import TaskScope
from wherry.runtime.fake import FakeExec
from wherry.runtime.interface import ExecResult

V4 = "v4.channel.k8s.io"
PATIENCE_S = 5.0


class Cat(FakeExec):
    """Says what it was told, once its input is closed."""

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
        yield "stderr", b"done"


async def talk(upgrade: StreamUpgrade, client: SpdyClient) -> None:
    await asyncio.wait_for(_served(upgrade, client), PATIENCE_S)


async def _served(upgrade: StreamUpgrade, client: SpdyClient) -> None:
    await upgrade.handler(client)


async def heard(client: SpdyClient, stream: int) -> bytes:
    """All that the server says on a stream."""
    await asyncio.wait_for(client.ended[stream].wait(), PATIENCE_S)
    return client.answers[stream]


def opened(client: SpdyClient, *types: str) -> dict[str, int]:
    streams = {name: 2 * number + 1 for number, name in enumerate(types)}
    for name, stream in streams.items():
        client.say(client.open(stream, streamtype=name))
    return streams


async def test_a_program_reads_and_writes_and_its_end_is_told() -> None:
    client, program = SpdyClient(), Cat(7)
    upgrade = spdy_session_upgrade(V4, program, frozenset({"stdin", "stdout", "stderr", "error"}))
    assert ("X-Stream-Protocol-Version", V4) in upgrade.headers
    async with TaskScope("test") as scope:
        talking = scope.start("talk", talk(upgrade, client))
        streams = opened(client, "error", "stdin", "stdout", "stderr")
        client.say(spdy_data(streams["stdin"], b"from "), spdy_data(streams["stdin"], b"stdin", is_last=True))
        assert await heard(client, streams["stdout"]) == b"from stdin"
        assert await heard(client, streams["stderr"]) == b"done"
        status = orjson.loads(await heard(client, streams["error"]))
        client.hang_up()
        await talking
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "7"}]
    assert client.replied == [1, 3, 5, 7]
    assert client.granted == {streams["stdin"]: 10}
    assert program.closed
    assert client.is_closed


async def test_older_clients_hear_a_sentence_and_only_if_something_went_wrong() -> None:
    for code, told in ((0, b""), (3, b"command terminated with non-zero exit code: exit status 3")):
        client = SpdyClient()
        upgrade = spdy_session_upgrade("v2.channel.k8s.io", FakeExec(ExecResult(code, b"", b"")), frozenset({"error"}))
        streams = opened(client, "error")
        async with TaskScope("test") as scope:
            talking = scope.start("talk", talk(upgrade, client))
            assert await heard(client, streams["error"]) == told
            client.hang_up()
            await talking


async def test_a_terminal_changes_its_size() -> None:
    client, program = SpdyClient(), Cat()
    upgrade = spdy_session_upgrade(V4, program, frozenset({"stdin", "stdout", "error"}))
    streams = opened(client, "error", "stdin", "stdout", "resize")
    client.say(
        spdy_data(streams["resize"], b'{"Width":100,"Height":30}'), spdy_data(streams["stdin"], b"", is_last=True)
    )
    async with TaskScope("test") as scope:
        talking = scope.start("talk", talk(upgrade, client))
        await heard(client, streams["error"])
        client.hang_up()
        await talking
    assert program.size == (100, 30)


async def test_a_client_that_goes_ends_the_program() -> None:
    client, program = SpdyClient(), Cat()
    opened(client, "error", "stdin", "stdout")
    client.hang_up()
    await talk(spdy_session_upgrade(V4, program, frozenset({"stdin", "stdout", "error"})), client)
    assert program.closed


async def test_a_program_that_could_not_be_run_says_why() -> None:
    client = SpdyClient()
    streams = opened(client, "error")
    async with TaskScope("test") as scope:
        upgrade = spdy_refused_upgrade(V4, frozenset({"error"}), "no such file")
        talking = scope.start("talk", talk(upgrade, client))
        status = orjson.loads(await heard(client, streams["error"]))
        client.hang_up()
        await talking
    assert (status["message"], status["reason"]) == ("no such file", "InternalError")


async def test_pings_are_answered_and_streams_without_a_meaning_refused() -> None:
    client, program = SpdyClient(), Cat()
    client.say(spdy_frame(6, b"\0\0\0\7"), client.open(1), client.open(3, streamtype="video"))
    client.say(client.open(5, streamtype="error"), client.open(7, streamtype="error"), spdy_data(99, b"x"))
    client.hang_up()
    await talk(spdy_session_upgrade(V4, program, frozenset({"stdin", "error"})), client)
    assert client.pings == [b"\0\0\0\7"]
    assert (client.replied, client.was_reset) == ([5], [1, 3, 7])


def _bomb() -> bytes:
    """Headers that are small on the wire and huge in memory."""
    deflate = zlib.compressobj(zdict=DICTIONARY)
    block = deflate.compress(bytes(50 << 20)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    return spdy_frame(1, struct.pack(">IIH", 1, 0, 0) + block)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 10,
        struct.pack(">II", 1, 0xFFFFFF) + b"x" * 8,
        spdy_frame(1, b"\0\0"),
        spdy_frame(1, struct.pack(">IIH", 1, 0, 0) + b"not zlib"),
        spdy_frame(3, b""),
        _bomb(),
        SpdyClient().open(2, streamtype="error"),
    ],
    ids=["HTTP", "a huge frame", "a short SYN", "no zlib", "a short RST", "a zlib bomb", "an even stream"],
)
async def test_nonsense_ends_the_conversation_and_the_program(nonsense: bytes) -> None:
    client, program = SpdyClient(), Cat()
    client.say(nonsense)
    await talk(spdy_session_upgrade(V4, program, frozenset({"error"})), client)
    assert program.closed
    assert client.is_closed
