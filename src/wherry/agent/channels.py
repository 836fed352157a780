"""The channels of exec, attach and port-forward on one WebSocket: each message begins with a channel's number.

    0 stdin   1 stdout   2 stderr   3 error: a Status at the end   4 resize {"Width":80,"Height":24}
    255 (v5): the next byte names a channel that its sender closes; kubectl ends stdin so

v4 has no way to close stdin; an unversioned client (channel.k8s.io, or none named) is treated as v4.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress

import orjson

from wherry.apimachinery.document import Document
from wherry.kit.http.types import Upgrade, WebSocket, WebSocketClosed
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import ExecSession, RuntimeFailure

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
EXEC_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io")
PORT_FORWARD_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", "portforward.k8s.io")
# What travels in one message; a container's flood is cut into pieces of this size.
CHUNK_BYTES = 32 * 1024


def choose_protocol(offered: str, known: Sequence[str]) -> str | None:
    """The best one that a client offers ("" when it offers none), or None when we know none of them."""
    names = [name.strip() for name in offered.split(",") if name.strip()]
    if not names:
        return ""
    return next((name for name in known if name in names), None)


def exit_status(exit_code: int) -> Document:
    """The Status that tells a client how the program ended."""
    if exit_code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {exit_code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]},
    }


def failure_status(message: str) -> Document:
    """The Status of a program that could not be run."""
    return {"metadata": {}, "status": "Failure", "message": message, "reason": "InternalError", "code": 500}


def session_upgrade(protocol: str, session: ExecSession, *, stdin: bool, tells_exit: bool = True) -> Upgrade:
    """A WebSocket that speaks with `session` until that ends or the client goes.

    Without `tells_exit` its end is always a success: who is attached to a container that fails is not at fault,
    and `kubectl run --attach` reads the exit code from the pod.
    """

    async def talk(socket: WebSocket) -> None:
        try:
            async with TaskScope("exec") as scope:
                incoming = scope.start("stdin", _read_client(socket, session, stdin=stdin))
                outgoing = scope.start("output", _write_client(socket, session, tells_exit=tells_exit))
                # The client's going ends all; the end of its stdin does not.
                await asyncio.wait({incoming, outgoing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await session.close()
            await socket.close()

    return Upgrade(protocol, talk)


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
                    _resize(session, data)


def _resize(session: ExecSession, data: bytes) -> None:
    with suppress(ValueError, KeyError, TypeError):
        size = json.loads(data)
        width, height = int(size["Width"]), int(size["Height"])
        if 0 < width < 65536 and 0 < height < 65536:
            session.resize(width, height)


async def _write_client(socket: WebSocket, session: ExecSession, *, tells_exit: bool) -> None:
    """Hand on what the program says, and then how it ended."""
    with suppress(WebSocketClosed):
        try:
            async for name, data in session.output():
                channel = bytes((STDERR if name == "stderr" else STDOUT,))
                for start in range(0, len(data), CHUNK_BYTES):
                    await socket.send(channel + data[start : start + CHUNK_BYTES])
            exit_code = await session.wait()
            status = exit_status(exit_code if tells_exit else 0)
        except (RuntimeFailure, OSError) as error:
            status = failure_status(str(error))
        await socket.send(bytes((ERROR,)) + orjson.dumps(status))


def refused_upgrade(protocol: str, message: str) -> Upgrade:
    """A WebSocket that only says why the program could not be run."""

    async def talk(socket: WebSocket) -> None:
        with suppress(WebSocketClosed):
            await socket.send(bytes((ERROR,)) + orjson.dumps(failure_status(message)))
        await socket.close()

    return Upgrade(protocol, talk)
