"""Sends a request's body to a server while it comes from somebody else, as fast as the server takes it."""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable

from wherry.kit.http.inbox import wake
from wherry.kit.http.types import BodyBroken, BodyStream

# How long a server that was asked whether it wants the body may say nothing before it gets it, as in Go's client.
GO_ON_TIMEOUT_S = 1.0


class BodySender:
    """One body on its way out of one connection, which tells it what happens there.

    With `asks_first` the head has asked for the server's word (Expect: 100-continue), and nothing is sent before that.
    A server that refuses (401, 413) often hangs up with the body unread. Whoever goes on writing then loses the answer,
    so a look at what has come precedes every write, and after a refusal nothing more is sent.
    """

    def __init__(self, body: BodyStream, *, asks_first: bool) -> None:
        """Nothing happens before `start`."""
        self.failure: BodyBroken | None = None
        self.is_sent = False
        self._body = body
        self._is_chunked = body.length is None
        self._asks_first = asks_first
        self._is_answered = False
        self._is_refused = False
        self._told: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def framing(self) -> tuple[str, str]:
        """The header that says how the body ends."""
        if self._is_chunked:
            return "transfer-encoding", "chunked"
        return "content-length", str(self._body.length)

    def start(self, transport: asyncio.Transport, on_failure: Callable[[], None]) -> None:
        """Begin, behind a head that has been written."""
        loop = asyncio.get_running_loop()
        # Owned by its connection, which cancels it: an answer that is a stream outlives every scope around here.
        self._task = loop.create_task(self._run(transport, on_failure), name="http/body-sender")

    def cancel(self) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()

    def go_on(self) -> None:
        """The server wants the body."""
        wake(self._told)

    def answered(self, status: int) -> None:
        """The server has answered (0: it is gone): what it has not asked for by now it does not want."""
        self._is_answered = True
        self._is_refused = not 200 <= status < 400
        wake(self._told)
        if self._is_refused:
            self.resume()

    def pause(self) -> None:
        """The server reads more slowly than we write."""
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        """The server has caught up, or is gone."""
        drained, self._drained = self._drained, None
        wake(drained)

    async def _run(self, transport: asyncio.Transport, on_failure: Callable[[], None]) -> None:
        if self._asks_first and not await self._is_wanted():
            return
        try:
            while piece := await self._body.read():
                if not self._is_answered and _has_something_come(transport):
                    await _one_turn()
                if self._drained is not None:
                    await self._drained
                if self._is_refused or transport.is_closing():
                    return
                transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece)
        except BodyBroken as error:
            # The server must not take what it has got for the whole.
            self.failure = error
            transport.abort()
            on_failure()
            return
        if self._is_chunked:
            transport.write(b"0\r\n\r\n")
        self.is_sent = True

    async def _is_wanted(self) -> bool:
        self._told = asyncio.get_running_loop().create_future()
        if not self._is_answered:
            await asyncio.wait([self._told], timeout=GO_ON_TIMEOUT_S)
        return not self._is_answered


def _has_something_come(transport: asyncio.Transport) -> bool:
    """Whether bytes wait that the loop has not read yet."""
    socket = transport.get_extra_info("socket")
    if socket is None or socket.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))


async def _one_turn() -> None:
    """Let the loop read what has come."""
    loop = asyncio.get_running_loop()
    turned = loop.create_future()
    loop.call_soon(turned.set_result, None)
    await turned
