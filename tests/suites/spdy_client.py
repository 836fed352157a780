"""The client's end of SPDY/3.1: makes frames, takes the answers apart. For tests that play kubectl."""

from __future__ import annotations

import asyncio
import struct
import zlib

from wherry.agent.spdy import DICTIONARY
from wherry.kit.http.types import ByteStreamClosed


def spdy_frame(kind: int, body: bytes, flags: int = 0) -> bytes:
    """A control frame."""
    return struct.pack(">HHI", 0x8003, kind, flags << 24 | len(body)) + body


def spdy_data(stream: int, data: bytes, *, is_last: bool = False) -> bytes:
    """A data frame."""
    return struct.pack(">II", stream, (1 if is_last else 0) << 24 | len(data)) + data


class SpdyClient:
    """A client in memory, and the server's stream to it (implements kit.http.types.ByteStream)."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._rest = b""
        self.answers: dict[int, bytes] = {}
        self.ended: dict[int, asyncio.Event] = {}
        self.replied: list[int] = []
        self.was_reset: list[int] = []
        self.granted: dict[int, int] = {}
        self.pings: list[bytes] = []
        self.is_closed = False

    # What a test does.

    def open(self, stream: int, **headers: str) -> bytes:
        """The frame that opens a stream."""
        self.ended.setdefault(stream, asyncio.Event())
        self.answers.setdefault(stream, b"")
        plain = struct.pack(">I", len(headers))
        for text in (text for pair in headers.items() for text in pair):
            plain += struct.pack(">I", len(text)) + text.encode()
        block = self._deflate.compress(plain) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return spdy_frame(1, struct.pack(">IIH", stream, 0, 0) + block)

    def say(self, *frames: bytes) -> None:
        """Send frames."""
        self._incoming.put_nowait(b"".join(frames))

    def hang_up(self) -> None:
        """Go away."""
        self._incoming.put_nowait(b"")

    # What the server does.

    async def read(self) -> bytes:
        return await self._incoming.get()

    async def write(self, data: bytes) -> None:
        if self.is_closed:
            raise ByteStreamClosed
        self.feed(data)

    async def end(self) -> None: ...

    async def close(self) -> None:
        self.is_closed = True

    def feed(self, data: bytes) -> None:
        """Take apart what the server says."""
        self._rest += data
        while len(self._rest) >= 8:
            word, sizes = struct.unpack_from(">II", self._rest)
            length = sizes & 0xFFFFFF
            if len(self._rest) < 8 + length:
                return
            body, self._rest = self._rest[8 : 8 + length], self._rest[8 + length :]
            self._take(word, sizes >> 24, body)

    def _take(self, word: int, flags: int, body: bytes) -> None:
        if not word >> 31:
            self.answers[word] += body
            if flags & 1:
                self.ended[word].set()
            return
        (number,) = struct.unpack_from(">I", body)
        match word & 0xFFFF:
            case 2:
                self.replied.append(number)
            case 3:
                self.was_reset.append(number)
            case 6:
                self.pings.append(body)
            case 9:
                self.granted[number] = self.granted.get(number, 0) + struct.unpack_from(">I", body, 4)[0]
