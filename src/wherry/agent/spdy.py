"""SPDY/3.1 frames as kubectl sends them for exec, attach and port-forward. Pure: bytes in, events and frames out.

A frame's first bit tells control frames from data frames. Only what these need is here: streams
that the client opens, data in both directions, resets and pings. Headers are compressed, each direction
with one state for the whole connection, that begins with a dictionary both sides know.

Source: the SPDY/3.1 draft, sections 2.2 and 2.6; proven with kubectl 1.37.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, WINDOW_UPDATE = 1, 2, 3, 6, 9
FLAG_LAST = 1
PROTOCOL_ERROR = 1
# kubectl's frames carry at most 32 KiB; what is far beyond that is no port-forward.
FRAME_BYTES_MAX = 1 << 20
HEADERS_BYTES_MAX = 64 * 1024

_WORDS = (
    "options,head,post,put,delete,trace,accept,accept-charset,accept-encoding,accept-language,accept-ranges,age,"
    "allow,authorization,cache-control,connection,content-base,content-encoding,content-language,content-length,"
    "content-location,content-md5,content-range,content-type,date,etag,expect,expires,from,host,if-match,"
    "if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,location,max-forwards,pragma,"
    "proxy-authenticate,proxy-authorization,range,referer,retry-after,server,te,trailer,transfer-encoding,"
    "upgrade,user-agent,vary,via,warning,www-authenticate,method,get,status,200 OK,version,HTTP/1.1,url,public,"
    "set-cookie,keep-alive,origin"
)
_PHRASES = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
    "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = b"".join(len(word).to_bytes(4, "big") + word.encode() for word in _WORDS.split(",")) + _PHRASES.encode()


class SpdyError(ValueError):
    """The other side does not speak SPDY/3.1."""


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The client opens a stream; header names are lower-case."""

    stream: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StreamData:
    """Bytes on a stream; after the last ones the client sends nothing more on it."""

    stream: int
    data: bytes
    is_last: bool


@dataclass(frozen=True, slots=True)
class StreamReset:
    """The client wants nothing more of a stream."""

    stream: int


@dataclass(frozen=True, slots=True)
class Pinged:
    """The client asks whether anybody is there; `frame` is the answer."""

    frame: bytes


SpdyEvent = StreamOpened | StreamData | StreamReset | Pinged


class SpdyReader:
    """Turns the client's bytes into events."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._rest = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._newest = 0

    def feed(self, data: bytes) -> Iterator[SpdyEvent]:
        """The events that `data` completes. Raises SpdyError."""
        self._rest += data
        while len(self._rest) >= 8:
            word, sizes = struct.unpack_from(">II", self._rest)
            flags, length = sizes >> 24, sizes & 0xFFFFFF
            if length > FRAME_BYTES_MAX:
                raise SpdyError(f"a frame of {length} bytes")
            if len(self._rest) < 8 + length:
                return
            body, self._rest = self._rest[8 : 8 + length], self._rest[8 + length :]
            if word >> 31:
                yield from self._control(word & 0xFFFF, flags, body)
            else:
                yield StreamData(word, body, bool(flags & FLAG_LAST))

    def _control(self, kind: int, flags: int, body: bytes) -> Iterator[SpdyEvent]:
        try:
            if kind == SYN_STREAM:
                stream = _number(body)
                if stream <= self._newest or stream % 2 == 0:
                    raise SpdyError(f"stream {stream} after stream {self._newest}")
                self._newest = stream
                yield StreamOpened(stream, self._headers(body[10:]))
                if flags & FLAG_LAST:
                    yield StreamData(stream, b"", is_last=True)
            elif kind == RST_STREAM:
                yield StreamReset(_number(body))
            elif kind == PING:
                yield Pinged(_control_frame(PING, body))
        except (struct.error, zlib.error, UnicodeDecodeError) as error:
            raise SpdyError(f"a frame of type {kind} makes no sense: {error}") from error

    def _headers(self, block: bytes) -> dict[str, str]:
        plain = self._inflate.decompress(block, HEADERS_BYTES_MAX)
        if self._inflate.unconsumed_tail:
            raise SpdyError(f"headers of more than {HEADERS_BYTES_MAX} bytes")
        texts, offset = [], 4
        for _ in range(2 * _number(plain)):
            (length,) = struct.unpack_from(">I", plain, offset)
            texts.append(plain[offset + 4 : offset + 4 + length].decode())
            offset += 4 + length
        return {name.lower(): value for name, value in zip(texts[::2], texts[1::2], strict=True)}


class SpdyWriter:
    """Makes the frames that answer."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def reply(self, stream: int) -> bytes:
        """A stream is accepted, without headers. Replies must be sent in the order in which they were made."""
        block = self._deflate.compress(bytes(4)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control_frame(SYN_REPLY, stream.to_bytes(4, "big") + block)

    def data(self, stream: int, data: bytes, *, is_last: bool = False) -> bytes:
        """Bytes on a stream."""
        return struct.pack(">II", stream, (FLAG_LAST if is_last else 0) << 24 | len(data)) + data

    def reset(self, stream: int) -> bytes:
        """A stream is refused: it makes no sense."""
        return _control_frame(RST_STREAM, struct.pack(">II", stream, PROTOCOL_ERROR))

    def window_update(self, stream: int, size_bytes: int) -> bytes:
        """So many bytes more may come on a stream."""
        return _control_frame(WINDOW_UPDATE, struct.pack(">II", stream, size_bytes))


def _control_frame(kind: int, body: bytes) -> bytes:
    return struct.pack(">HHI", 0x8003, kind, len(body)) + body


def _number(body: bytes) -> int:
    number: int = struct.unpack_from(">I", body)[0] & 0x7FFFFFFF
    return number
