"""Typing into a terminal.

Not by the loop's own write pipe: uvloop's also reads from what it writes to (to notice a closed pipe), and of
a terminal it would so swallow what the program says.
"""

from __future__ import annotations

import asyncio
import os


class TerminalWriter:
    """Types into the terminal behind a descriptor, which stays the caller's to close (after `close`)."""

    def __init__(self, descriptor: int) -> None:
        """The descriptor becomes non-blocking."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._writable: asyncio.Future[None] | None = None
        self._is_closed = False

    async def write(self, data: bytes) -> None:
        """Type `data`; waits while the terminal's buffer is full. After `close`, or its end, nothing happens."""
        rest = memoryview(data)
        while rest and not self._is_closed:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await self._wait_writable()
            except OSError:
                # The kernel's word for a terminal whose last user has gone.
                return

    def close(self) -> None:
        """Type nothing more; who waits is let go."""
        self._is_closed = True
        self._let_go()

    async def _wait_writable(self) -> None:
        loop = asyncio.get_running_loop()
        self._writable = loop.create_future()
        loop.add_writer(self._descriptor, self._let_go)
        try:
            await self._writable
        finally:
            self._let_go()

    def _let_go(self) -> None:
        # At once and only once: the caller may close the descriptor next, and its number is then another file's.
        writable, self._writable = self._writable, None
        if writable is not None:
            asyncio.get_running_loop().remove_writer(self._descriptor)
            if not writable.done():
                writable.set_result(None)
