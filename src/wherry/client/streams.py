"""Talk to a running container: run a program in it, read its log.

The API server answers exec with a WebSocket whose messages start with a channel number (protocol
v5.channel.k8s.io). In one process the WebSocket is a pair of queues and no socket is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import InternalError
from wherry.client.client import Client
from wherry.client.watch import close_body
from wherry.kit.http.types import WebSocket, WebSocketClosed
from wherry.kit.tasks import TaskScope

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
"""The channels of v5.channel.k8s.io; CLOSE (new in v5) ends the channel that its next byte names."""

BUFFERED_MESSAGES = 64
"""Messages on their way in one direction before the sender waits."""


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a program in a container answered."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class WebSocketEnd:
    """One end of a WebSocket inside the process; see `websocket_pair`."""

    def __init__(self, incoming: asyncio.Queue[bytes | None], outgoing: asyncio.Queue[bytes | None]) -> None:
        """None in a queue is the end."""
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = False
        self._ended = False

    async def receive(self) -> bytes:
        """Wait for the other end's next message. Raises WebSocketClosed."""
        if self._ended:
            raise WebSocketClosed
        message = await self._incoming.get()
        if message is None:
            self._ended = True
            raise WebSocketClosed
        return message

    async def send(self, message: bytes) -> None:
        """Send a message; waits while the other end is slow. Raises WebSocketClosed."""
        if self._closed or self._ended:
            raise WebSocketClosed
        await self._outgoing.put(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close; safe to call twice."""
        del code, reason
        if not self._closed:
            self._closed = True
            await self._outgoing.put(None)


def websocket_pair() -> tuple[WebSocketEnd, WebSocketEnd]:
    """Two ends of one WebSocket: what one sends the other receives."""
    one: asyncio.Queue[bytes | None] = asyncio.Queue(BUFFERED_MESSAGES)
    other: asyncio.Queue[bytes | None] = asyncio.Queue(BUFFERED_MESSAGES)
    return WebSocketEnd(one, other), WebSocketEnd(other, one)


async def run_in_container(
    client: Client, namespace: str, pod: str, command: Sequence[str], *, container: str = "", stdin: bytes = b""
) -> ExecResult:
    """Run `command` in a running container and wait for its end.

    Raises:
        NotFound, BadRequest: no such pod or container, or it does not run.
        InternalError: the answer was not a WebSocket, or broke off.
    """
    options = [("command", word) for word in command]
    options += [("container", container)] if container else []
    options += [("stdin", "true")] if stdin else []
    options += [("stdout", "true"), ("stderr", "true")]
    response = await client.request("GET", PODS.url(namespace, pod, "exec"), urlencode(options))
    if response.upgrade is None:
        raise InternalError("the server did not open a stream to the container")
    ours, theirs = websocket_pair()
    async with TaskScope("exec") as scope:
        serving = scope.start("server", _serve(response.upgrade.handler(theirs), theirs))
        output, status = await _converse(ours, stdin)
        await ours.close()
        await serving
    return ExecResult(exit_code(status), bytes(output[STDOUT]), bytes(output[STDERR]))


async def _serve(handling: object, end: WebSocketEnd) -> None:
    """Run the server's side and close its end, as a socket would."""
    assert asyncio.iscoroutine(handling)
    try:
        await handling
    finally:
        await end.close()


async def _converse(websocket: WebSocket, stdin: bytes) -> tuple[dict[int, bytearray], bytes]:
    """What came on stdout and stderr, and the Status at the end."""
    output = {STDOUT: bytearray(), STDERR: bytearray()}
    status = b""
    with suppress(WebSocketClosed):
        if stdin:
            await websocket.send(bytes([STDIN]) + stdin)
            await websocket.send(bytes([CLOSE, STDIN]))
        while True:
            message = await websocket.receive()
            if not message:
                continue
            channel, payload = message[0], message[1:]
            if channel in output:
                output[channel] += payload
            elif channel == ERROR:
                status += payload
    return output, status


def exit_code(status: bytes) -> int:
    """The program's exit code, from the Status that ends an exec. Raises InternalError when there is none."""
    if not status:
        raise InternalError("the stream to the container broke off")
    answer = orjson.loads(status)
    if answer.get("status") == "Success":
        return 0
    causes = (answer.get("details") or {}).get("causes") or ()
    for cause in causes:
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise InternalError(str(answer.get("message", "the command could not be run")))


async def read_log(
    client: Client,
    namespace: str,
    pod: str,
    *,
    container: str = "",
    follow: bool = False,
    tail_lines: int | None = None,
) -> AsyncGenerator[bytes, None]:
    """A container's log, in pieces that may end anywhere; with `follow`, what comes later too."""
    options = {
        "container": container,
        "follow": "true" if follow else "",
        "tailLines": "" if tail_lines is None else str(tail_lines),
    }
    query = urlencode({name: value for name, value in options.items() if value})
    body = (await client.request("GET", PODS.url(namespace, pod, "log"), query)).body
    if isinstance(body, bytes):
        yield body
    elif isinstance(body, list):
        for part in body:
            yield part
    else:
        try:
            async for part in body:
                yield part
        finally:
            await close_body(body)
