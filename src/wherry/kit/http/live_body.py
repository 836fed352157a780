"""A stream that says when it has more, so that no task needs to wait for it.

Thousands of watches are silent nearly always, and when something happens all have the same to say. A task that waits
in each would cost more to wake than the bytes to send, and its memory all the time. So whoever reads a `LiveBody`
reads what it begins with, sets `on_ready`, and takes what there is whenever that is called:

    async for piece in body.begin():  send(piece)
    body.on_ready = lambda: send(body.take())
    ...
    body.close()

`pieces` does this for those who would rather iterate.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing


class LiveBody:
    """Base of such streams; iterating over one works too."""

    def __init__(self) -> None:
        """Nothing happens before it is read."""
        self.on_ready: Callable[[], None] | None = None
        self._iterated: AsyncGenerator[bytes, None] | None = None

    @property
    @abstractmethod
    def is_over(self) -> bool:
        """Whether `take` has given the last piece."""

    @abstractmethod
    def begin(self) -> AsyncGenerator[bytes, None]:
        """What the stream begins with; to be read to its end before anything is taken."""

    @abstractmethod
    def take(self) -> bytes:
        """What there is to send now; b"" for nothing. It may be less than all: then `on_ready` is called again."""

    @abstractmethod
    def close(self) -> None:
        """Nobody reads any more. Safe to call twice."""

    def tell(self) -> None:
        """For the maker of the stream: there is something to take."""
        if self.on_ready is not None:
            self.on_ready()

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces as they come."""
        return self

    async def __anext__(self) -> bytes:
        """Wait for the next piece."""
        if self._iterated is None:
            self._iterated = _pieces(self)
        return await anext(self._iterated)

    async def aclose(self) -> None:
        """Close, for who iterates."""
        self.close()
        if self._iterated is not None:
            await self._iterated.aclose()


class MappedBody(LiveBody):
    """A live body whose pieces are said in other words."""

    def __init__(self, body: LiveBody, change: Callable[[bytes], bytes]) -> None:
        """`change` gets whole pieces, the big ones of the beginning too."""
        super().__init__()
        self._body = body
        self._change = change
        body.on_ready = self.tell

    @property
    def is_over(self) -> bool:
        """As the body beneath."""
        return self._body.is_over

    async def begin(self) -> AsyncGenerator[bytes, None]:
        """The beginning, changed."""
        async with aclosing(self._body.begin()) as beginning:
            async for piece in beginning:
                yield self._change(piece)

    def take(self) -> bytes:
        """What there is now, changed."""
        piece = self._body.take()
        return self._change(piece) if piece else piece

    def close(self) -> None:
        """Close the body beneath."""
        self._body.close()


async def _pieces(body: LiveBody) -> AsyncGenerator[bytes, None]:
    waiter: asyncio.Future[None] | None = None

    def wake() -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    body.on_ready = wake
    try:
        async with aclosing(body.begin()) as beginning:
            async for piece in beginning:
                yield piece
        while True:
            waiter = asyncio.get_running_loop().create_future()
            piece = body.take()
            if piece:
                yield piece
            elif not body.is_over:
                await waiter
            if body.is_over and not piece:
                return
    finally:
        body.close()
