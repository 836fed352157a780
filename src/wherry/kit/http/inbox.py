"""What has arrived on a connection and nobody has read yet: bounded, because reading from the network pauses."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

# Above this many unread bytes we stop reading from the network, until the reader has taken half of them.
UNREAD_BYTES_MAX = 1 << 20


class Source(Protocol):
    """Where pieces come from: an asyncio transport, or whoever has a word in its reading."""

    def pause_reading(self) -> None:
        """Bring no more for now."""

    def resume_reading(self) -> None:
        """Go on."""


class Inbox:
    """Pieces of bytes in the order of their arrival, from the connection that puts them to the one who takes them."""

    def __init__(self, transport: Source) -> None:
        """`transport` is where the pieces come from."""
        self._transport = transport
        self._pieces: deque[bytes] = deque()
        self._unread_bytes = 0
        self._is_over = False
        self._is_paused = False
        self._arrived: asyncio.Future[None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything that has arrived is taken."""
        return not self._pieces

    @property
    def is_over(self) -> bool:
        """Whether nothing more will arrive; what is unread can still be taken."""
        return self._is_over

    def put(self, piece: bytes) -> None:
        """Something has arrived."""
        self._pieces.append(piece)
        self._unread_bytes += len(piece)
        if self._unread_bytes > UNREAD_BYTES_MAX and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        wake(self._arrived)

    def end(self) -> None:
        """Nothing more will arrive."""
        self._is_over = True
        wake(self._arrived)

    async def take(self) -> bytes | None:
        """Wait for the next piece; None when all is read and nothing more will arrive."""
        while not self._pieces:
            if self._is_over:
                return None
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        piece = self._pieces.popleft()
        self._unread_bytes -= len(piece)
        if self._unread_bytes <= UNREAD_BYTES_MAX // 2:
            self.resume()
        return piece

    def discard(self) -> None:
        """Forget what is unread."""
        self._pieces.clear()
        self._unread_bytes = 0
        self.resume()

    def resume(self) -> None:
        """Read from the network again, however much is unread."""
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()


def wake(future: asyncio.Future[None] | None) -> None:
    """Let the one who waits go on, if anybody waits."""
    if future is not None and not future.done():
        future.set_result(None)
