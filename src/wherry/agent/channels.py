"""The channels of exec, attach and port-forward on one WebSocket: each message begins with a channel's number.

    0 stdin   1 stdout   2 stderr   3 error: how it ended   4 resize {"Width":80,"Height":24}
    255 (v5): the next byte names a channel that its sender closes; kubectl ends stdin so

v4 has no way to close stdin. From v4 on the error channel carries a Status at the end; an unversioned client
(channel.k8s.io, or none named) finds a sentence there, and only when something went wrong. The base64
protocols, made for browsers, carry the same as text: the number as a digit, the rest in base64.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import orjson

from wherry.agent.exit_status import Outcome, outcome_of
from wherry.kit.http.types import Upgrade, WebSocket, WebSocketClosed
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import ExecSession, RuntimeFailure

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
EXEC_PROTOCOLS = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    "channel.k8s.io",
    "base64.channel.k8s.io",
)
PORT_FORWARD_PROTOCOLS = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    "portforward.k8s.io",
)
# Those that tell with a Status how it ended.
WITH_STATUS = frozenset({"v5.channel.k8s.io", "v4.channel.k8s.io", "v4.base64.channel.k8s.io"})
# What travels in one message; a container's flood is cut into pieces of this size.
CHUNK_BYTES = 32 * 1024
NOT_BASE64 = 1007

Talk = Callable[[WebSocket], Awaitable[None]]


def choose_protocol(offered: str, known: Sequence[str]) -> str | None:
    """The best one that a client offers ("" when it offers none), or None when we know none of them."""
    names = [name.strip() for name in offered.split(",") if name.strip()]
    if not names:
        return ""
    return next((name for name in known if name in names), None)


def channel_upgrade(protocol: str, talk: Talk) -> Upgrade:
    """A WebSocket that speaks one of the protocols above; `talk` always sees bytes."""
    if ".base64." not in f".{protocol}":
        return Upgrade(protocol, talk)
    return Upgrade(protocol, lambda socket: talk(Base64Socket(socket)), sends_text=True)


class Base64Socket:
    """A WebSocket of text messages, as one of bytes; implements kit.http.types.WebSocket."""

    def __init__(self, socket: WebSocket) -> None:
        """`socket` sends text."""
        self._socket = socket

    async def receive(self) -> bytes:
        """The next message. One that is not base64 ends the conversation."""
        text = await self._socket.receive()
        if not text:
            return b""
        try:
            return bytes((int(text[:1]),)) + base64.b64decode(text[1:], validate=True)
        except (ValueError, binascii.Error):
            await self._socket.close(NOT_BASE64, "not base64")
            raise WebSocketClosed from None

    async def send(self, message: bytes) -> None:
        """Send one message."""
        await self._socket.send(b"%d%b" % (message[0], base64.b64encode(message[1:])))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close."""
        await self._socket.close(code, reason)


def session_upgrade(protocol: str, session: ExecSession, *, stdin: bool, tells_exit: bool = True) -> Upgrade:
    """A WebSocket that speaks with `session` until that ends or the client goes.

    Without `tells_exit` its end is always a success: who is attached to a container that fails is not at fault,
    and `kubectl run --attach` reads the exit code from the pod.
    """

    async def talk(socket: WebSocket) -> None:
        try:
            async with TaskScope("exec") as scope:
                incoming = scope.start("stdin", _read_client(socket, session, stdin=stdin))
                outgoing = scope.start("output", _write_client(socket, session, protocol, tells_exit=tells_exit))
                # The client's going ends all; the end of its stdin does not.
                await asyncio.wait({incoming, outgoing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await session.close()
            await socket.close()

    return channel_upgrade(protocol, talk)


async def _read_client(socket: WebSocket, session: ExecSession, *, stdin: bool) -> None:
    """Hand on what the client sends; returns when it is gone."""
    with suppress(WebSocketClosed):
        while True:
            message = await socket.receive()
            if not message:
                continue
            channel, data = message[0], message[1:]
            # A program that has ended, or closed its stdin, is told nothing more.
            with suppress(OSError, RuntimeFailure):
                if channel == STDIN and stdin and data:
                    await session.write_stdin(data)
                elif channel == CLOSE and data[:1] == bytes((STDIN,)) and stdin:
                    await session.write_stdin(b"")
                elif channel == RESIZE:
                    resize(session, data)


def resize(session: ExecSession, data: bytes) -> None:
    """Tell a terminal its size; nonsense changes nothing."""
    with suppress(ValueError, KeyError, TypeError):
        size = json.loads(data)
        width, height = int(size["Width"]), int(size["Height"])
        if 0 < width < 65536 and 0 < height < 65536:
            session.resize(width, height)


async def _write_client(socket: WebSocket, session: ExecSession, protocol: str, *, tells_exit: bool) -> None:
    """Hand on what the program says, and then how it ended."""
    with suppress(WebSocketClosed):
        try:
            async for name, data in session.output():
                channel = bytes((STDERR if name == "stderr" else STDOUT,))
                for start in range(0, len(data), CHUNK_BYTES):
                    await socket.send(channel + data[start : start + CHUNK_BYTES])
            exit_code = await session.wait()
            outcome = outcome_of(exit_code if tells_exit else 0)
        except (RuntimeFailure, OSError) as error:
            outcome = Outcome(str(error))
        await _tell(socket, protocol, outcome)


async def _tell(socket: WebSocket, protocol: str, outcome: Outcome) -> None:
    if protocol in WITH_STATUS:
        await socket.send(bytes((ERROR,)) + orjson.dumps(outcome.status()))
    elif outcome.message:
        await socket.send(bytes((ERROR,)) + outcome.message.encode())


def refused_upgrade(protocol: str, message: str) -> Upgrade:
    """A WebSocket that only says why the program could not be run."""

    async def talk(socket: WebSocket) -> None:
        with suppress(WebSocketClosed):
            await _tell(socket, protocol, Outcome(message))
        await socket.close()

    return channel_upgrade(protocol, talk)
