"""Pipes on the event loop, each closed exactly once.

uvloop closes the descriptor of a pipe that it was given and then the file object too. When the second close
comes, another thread may have opened a file under the same number, and loses it: a namespace, a socket, the
database. So the loop gets a descriptor that no file object owns, in an object that knows the loop's habit.
"""

from __future__ import annotations

import asyncio
import os


class _LoopsPipe:
    """A pipe's end that belongs to the loop; as much of a file as loops ask for."""

    def __init__(self, descriptor: int, *, is_closed_by_loop: bool) -> None:
        self._descriptor = descriptor
        self._is_closed = False
        self._is_closed_by_loop = is_closed_by_loop

    def fileno(self) -> int:
        return self._descriptor

    def close(self) -> None:
        if not self._is_closed and not self._is_closed_by_loop:
            os.close(self._descriptor)
        self._is_closed = True


def _give(descriptor: int, loop: asyncio.AbstractEventLoop) -> _LoopsPipe:
    return _LoopsPipe(os.dup(descriptor), is_closed_by_loop=type(loop).__module__.partition(".")[0] == "uvloop")


async def open_reader(descriptor: int, *, limit: int = 65536) -> tuple[asyncio.StreamReader, asyncio.BaseTransport]:
    """Read from a copy of the descriptor until its end; closing the transport closes the copy."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=limit)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), _give(descriptor, loop))
    return reader, transport


async def open_writer(descriptor: int) -> asyncio.StreamWriter:
    """Write to a copy of the descriptor; closing the writer closes the copy."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.streams.FlowControlMixin(loop), _give(descriptor, loop)
    )
    return asyncio.StreamWriter(transport, protocol, None, loop)
