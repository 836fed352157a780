"""Exec and attach by SPDY/3.1: kubectl falls back to it when it may not use WebSockets, others know nothing else.

The client opens one stream for each of stdin, stdout, stderr, error and (for terminals) resize, named by the
header `streamtype`. From v4 on the error stream carries a Status at the end; before, a sentence if something
went wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import orjson

from wherry.agent.channels import CHUNK_BYTES, resize
from wherry.agent.exit_status import Outcome, outcome_of
from wherry.agent.spdy import (
    Pinged,
    SpdyError,
    SpdyEvent,
    SpdyReader,
    SpdyWriter,
    StreamData,
    StreamOpened,
    StreamReset,
)
from wherry.kit.http.types import ByteStream, ByteStreamClosed, StreamUpgrade
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import ExecSession, RuntimeFailure

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")
WITH_STATUS = frozenset(PROTOCOLS[:2])
VERSION_HEADER = "X-Stream-Protocol-Version"
STREAM_TYPES = frozenset({"stdin", "stdout", "stderr", "error", "resize"})
# As upstream: whoever has not opened all streams by then never will.
OPENING_TIMEOUT_S = 30.0
# How long the other side may take to hang up after it has heard how it ended.
CLOSE_TIMEOUT_S = 5.0

log = get_logger(__name__)


def spdy_headers(protocol: str) -> list[tuple[str, str]]:
    """What the answer to an upgrade says."""
    version = [(VERSION_HEADER, protocol)] if protocol else []
    return [("Connection", "Upgrade"), ("Upgrade", "SPDY/3.1"), *version]


def spdy_session_upgrade(
    protocol: str, session: ExecSession, wanted: frozenset[str], *, tells_exit: bool = True
) -> StreamUpgrade:
    """A stream that speaks SPDY with `session` until that ends or the client goes.

    Args:
        wanted: the streams that the client will open, by type.
        tells_exit: as for channels.session_upgrade.
    """

    async def talk(stream: ByteStream) -> None:
        conversation = _Conversation(stream, protocol, wanted)
        try:
            await conversation.run(session, tells_exit=tells_exit)
        finally:
            await session.close()
            await stream.close()

    return StreamUpgrade(spdy_headers(protocol), talk)


def spdy_refused_upgrade(protocol: str, wanted: frozenset[str], message: str) -> StreamUpgrade:
    """A stream that only says why the program could not be run."""

    async def talk(stream: ByteStream) -> None:
        await _Conversation(stream, protocol, wanted).refuse(message)
        await stream.close()

    return StreamUpgrade(spdy_headers(protocol), talk)


class _Conversation:
    def __init__(self, stream: ByteStream, protocol: str, wanted: frozenset[str]) -> None:
        self._stream = stream
        self._protocol = protocol
        self._missing = set(wanted)
        self._complete = asyncio.Event()
        self._ids: dict[str, int] = {}
        self._types: dict[int, str] = {}
        self._writer = SpdyWriter()
        self._session: ExecSession | None = None

    async def run(self, session: ExecSession, *, tells_exit: bool) -> None:
        """Until the program or the client goes."""
        self._session = session
        async with TaskScope("spdy") as scope:
            incoming = scope.start("client", self._read())
            outgoing = scope.start("output", self._speak(session, tells_exit=tells_exit))
            await asyncio.wait({incoming, outgoing}, return_when=asyncio.FIRST_COMPLETED)
            await self._part(incoming)

    async def refuse(self, message: str) -> None:
        """Say what went wrong, once the client listens."""
        async with TaskScope("spdy") as scope:
            incoming = scope.start("client", self._read())
            with suppress(TimeoutError, ByteStreamClosed):
                await self._until_complete()
                await self._end(Outcome(message))
            await self._part(incoming)

    async def _part(self, incoming: asyncio.Task[None]) -> None:
        """Let the client hang up first: bytes that we left unread would cut off what it has not read yet."""
        await asyncio.wait({incoming}, timeout=CLOSE_TIMEOUT_S)

    async def _until_complete(self) -> None:
        async with asyncio.timeout(OPENING_TIMEOUT_S):
            await self._complete.wait()

    async def _speak(self, session: ExecSession, *, tells_exit: bool) -> None:
        with suppress(ByteStreamClosed, TimeoutError):
            await self._until_complete()
            try:
                async for name, data in session.output():
                    stream = self._ids.get(name, 0)
                    for start in range(0, len(data) if stream else 0, CHUNK_BYTES):
                        await self._stream.write(self._writer.data(stream, data[start : start + CHUNK_BYTES]))
                exit_code = await session.wait()
                outcome = outcome_of(exit_code if tells_exit else 0)
            except (RuntimeFailure, OSError) as error:
                outcome = Outcome(str(error))
            await self._end(outcome)

    async def _end(self, outcome: Outcome) -> None:
        for name in ("stdout", "stderr"):
            if name in self._ids:
                await self._stream.write(self._writer.data(self._ids[name], b"", is_last=True))
        text = orjson.dumps(outcome.status()) if self._protocol in WITH_STATUS else outcome.message.encode()
        if "error" in self._ids:
            await self._stream.write(self._writer.data(self._ids["error"], text, is_last=True))

    async def _read(self) -> None:
        reader = SpdyReader()
        try:
            while data := await self._stream.read():
                for event in reader.feed(data):
                    await self._handle(event)
        except ByteStreamClosed:
            return
        except SpdyError as error:
            log.warning("Closed a connection that is not SPDY", err=str(error))

    async def _handle(self, event: SpdyEvent) -> None:
        match event:
            case StreamOpened(stream, headers):
                await self._open(stream, headers)
            case StreamData(stream):
                await self._take(event)
            case StreamReset(stream):
                self._ids.pop(self._types.pop(stream, ""), None)
            case Pinged(frame):
                await self._stream.write(frame)

    async def _open(self, stream: int, headers: Mapping[str, str]) -> None:
        name = headers.get("streamtype", "")
        if name not in STREAM_TYPES or name in self._ids:
            await self._stream.write(self._writer.reset(stream))
            return
        self._ids[name], self._types[stream] = stream, name
        await self._stream.write(self._writer.reply(stream))
        self._missing.discard(name)
        if not self._missing:
            self._complete.set()

    async def _take(self, frame: StreamData) -> None:
        name, session = self._types.get(frame.stream, ""), self._session
        if session is None:
            return
        # A program that has ended, or closed its stdin, is told nothing more.
        with suppress(OSError, RuntimeFailure):
            if name == "stdin":
                if frame.data:
                    await session.write_stdin(frame.data)
                if frame.is_last:
                    await session.write_stdin(b"")
            elif name == "resize":
                resize(session, frame.data)
        if name and frame.data:
            await self._stream.write(self._writer.window_update(frame.stream, len(frame.data)))
