"""kubectl port-forward: SPDY frames, and connections through them."""

from __future__ import annotations

import asyncio
import struct
import zlib

import pytest

from wherry.agent.port_forward_tunnel import TUNNEL_PROTOCOL, tunnel_upgrade
from wherry.agent.spdy import (
    DICTIONARY,
    Pinged,
    SpdyError,
    SpdyReader,
    SpdyWriter,
    StreamData,
    StreamOpened,
    StreamReset,
)
from wherry.kit.http.types import WebSocketClosed
from wherry.kit.tasks import TaskScope


class Kubectl:
    """The client's end: makes frames, takes the answers apart; a WebSocket for the server."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.answers: dict[int, bytes] = {}
        self.ended: dict[int, asyncio.Event] = {}
        self.replied: list[int] = []
        self.control: list[bytes] = []

    def open(self, stream: int, **headers: str) -> bytes:
        self.ended[stream] = asyncio.Event()
        self.answers[stream] = b""
        plain = struct.pack(">I", len(headers))
        for text in (text for pair in headers.items() for text in pair):
            plain += struct.pack(">I", len(text)) + text.encode()
        block = self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return struct.pack(">HHIIIH", 0x8003, 1, 10 + len(block), stream, 0, 0) + block

    def say(self, *frames: bytes) -> None:
        self.incoming.put_nowait(b"".join(frames))

    async def receive(self) -> bytes:
        message = await self.incoming.get()
        if message is None:
            raise WebSocketClosed
        return message

    async def send(self, message: bytes) -> None:
        word, sizes = struct.unpack_from(">II", message)
        if not word >> 31:
            self.answers[word] += message[8:]
            if sizes >> 24:
                self.ended[word].set()
        elif word & 0xFFFF == 2:
            self.replied.append(struct.unpack_from(">I", message, 8)[0])
        else:
            self.control.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.replied.append(-1)


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A program in the pod: says in capitals what it heard."""
    writer.write((await reader.read()).upper())
    await writer.drain()
    writer.close()


async def serve(kubectl: Kubectl) -> None:
    await tunnel_upgrade("default/web", "127.0.0.1").handler(kubectl)


DATA = SpdyWriter().data


def test_the_dictionary_is_that_of_the_draft() -> None:
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


def test_frames_are_found_however_they_are_cut() -> None:
    wire = Kubectl().open(1, streamType="data", port="80") + DATA(1, b"hello") + DATA(1, b"", is_last=True)
    wire += struct.pack(">HHIII", 0x8003, 3, 8, 1, 5) + struct.pack(">HHII", 0x8003, 6, 4, 7)
    reader = SpdyReader()
    assert [event for byte in wire for event in reader.feed(bytes((byte,)))] == [
        StreamOpened(1, {"streamtype": "data", "port": "80"}),
        StreamData(1, b"hello", is_last=False),
        StreamData(1, b"", is_last=True),
        StreamReset(1),
        Pinged(struct.pack(">HHII", 0x8003, 6, 4, 7)),
    ]


@pytest.mark.parametrize(
    "wire",
    [
        struct.pack(">II", 1, 0xFFFFFF),
        struct.pack(">HHI", 0x8003, 1, 0),
        struct.pack(">HHIIIH", 0x8003, 1, 14, 1, 0, 0) + b"\xff\xff\xff\xff",
    ],
)
def test_what_is_not_spdy_is_refused(wire: bytes) -> None:
    with pytest.raises(SpdyError):
        list(SpdyReader().feed(wire))


async def test_two_connections_at_once_reach_the_pod_and_pings_are_echoed() -> None:
    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    kubectl = Kubectl()
    assert tunnel_upgrade("default/web", "127.0.0.1").subprotocol == TUNNEL_PROTOCOL
    async with asyncio.timeout(5), TaskScope("test") as scope:
        talking = scope.start("server", serve(kubectl))
        for number, (error, data) in enumerate([(1, 3), (5, 7)]):
            kubectl.say(
                kubectl.open(error, streamtype="error", port=port, requestid=str(number)),
                DATA(error, b"", is_last=True),
            )
            kubectl.say(kubectl.open(data, streamtype="data", port=port, requestid=str(number)))
        kubectl.say(DATA(3, b"one"), DATA(7, b"two"), DATA(3, b"", is_last=True))
        kubectl.say(DATA(7, b"", is_last=True), struct.pack(">HHII", 0x8003, 6, 4, 9))
        for ended in kubectl.ended.values():
            await ended.wait()
        kubectl.incoming.put_nowait(None)
        await talking
    server.close()
    assert kubectl.answers == {1: b"", 3: b"ONE", 5: b"", 7: b"TWO"}
    assert kubectl.replied == [1, 3, 5, 7, -1]
    assert struct.pack(">HHII", 0x8003, 6, 4, 9) in kubectl.control


async def test_a_port_that_nobody_listens_on_is_said_on_the_error_stream() -> None:
    kubectl = Kubectl()
    async with asyncio.timeout(5), TaskScope("test") as scope:
        _ = scope.start("server", serve(kubectl))
        kubectl.say(kubectl.open(1, streamtype="error", port="1", requestid="0"))
        kubectl.say(kubectl.open(3, streamtype="data", port="1", requestid="0"))
        await kubectl.ended[1].wait()
    assert kubectl.answers[1].startswith(b"error forwarding port 1 to pod default/web: failed to connect")


async def test_a_client_that_goes_cuts_what_is_open() -> None:
    gone = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    kubectl = Kubectl()
    kubectl.say(kubectl.open(3, streamtype="data", port=port), DATA(3, b"x"))
    async with asyncio.timeout(5), TaskScope("test") as scope:
        talking = scope.start("server", serve(kubectl))
        while not kubectl.control:
            await asyncio.sleep(0)
        kubectl.incoming.put_nowait(None)
        await talking
        await gone.wait()
    server.close()
