"""The body of a request that is read while it comes, however long it is.

The connection puts the pieces, whoever answers the request reads them; in between lie at most as many bytes as an
inbox holds, since reading from the network pauses. A client that asks first (`Expect: 100-continue`) is told to go on
when somebody reads, so that it never sends what nobody wants.
"""

from __future__ import annotations

from collections.abc import Callable

from wherry.kit.http.inbox import Inbox, Source
from wherry.kit.http.types import BodyBroken


class IncomingBody:
    """A body on its way; implements kit.http.types.BodyStream."""

    def __init__(self, source: Source, length: int | None, go_on: Callable[[], None] | None) -> None:
        """`go_on` tells a client that waits for it to send; None if it does not wait."""
        self.length = length
        self.is_complete = False
        self._inbox = Inbox(source)
        self._go_on = go_on
        self._trouble = ""
        self._is_left = False

    async def read(self) -> bytes:
        """Wait for the next bytes; b"" at the end. Raises BodyBroken."""
        go_on, self._go_on = self._go_on, None
        if go_on is not None and self._inbox.is_empty and not self._inbox.is_over:
            go_on()
        piece = await self._inbox.take()
        if piece is None and self._trouble:
            raise BodyBroken(self._trouble)
        return piece or b""

    def feed(self, piece: bytes) -> None:
        """Bytes have come."""
        if not self._is_left:
            self._inbox.put(piece)

    def end(self) -> None:
        """That was all of it."""
        self.is_complete = True
        self._inbox.end()

    def fail(self, trouble: str) -> None:
        """It will not come whole; what has come can still be read."""
        self._trouble = trouble
        self._inbox.end()

    def leave(self) -> None:
        """Nobody reads any more: what is here and what comes is forgotten."""
        self._is_left = True
        self._inbox.discard()
        if not self.is_complete:
            self.fail("nobody reads it any more")
