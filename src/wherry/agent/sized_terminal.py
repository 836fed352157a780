"""A command with a terminal, started once the terminal's size is known.

Clients tell the size right after the connection is made. A program that asks for it in its first moments would
otherwise win that race and find a terminal of 0 by 0.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from wherry.runtime.interface import ExecSession

PATIENCE_S = 0.1
"""A client that has not told the size by then never will."""


class SizedTerminal:
    """Starts the command when the size is told, or a moment later without. Satisfies runtime.interface.ExecSession."""

    def __init__(self, start: Callable[[], Awaitable[ExecSession]]) -> None:
        """`start` runs the command; what it raises comes out of `output`."""
        self._start = start
        self._size: tuple[int, int] | None = None
        self._is_sized = asyncio.Event()
        self._session: ExecSession | None = None
        self._has_begun = asyncio.Event()
        self._is_closed = False

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """What the command says; asking for it starts the command."""
        session = await self._begin()
        if session is not None:
            async for name, data in session.output():
                yield name, data

    async def _begin(self) -> ExecSession | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self._is_sized.wait()
        try:
            if not self._is_closed:
                self._session = await self._start()
                if self._size is not None:
                    self._session.resize(*self._size)
        finally:
            self._has_begun.set()
        if self._is_closed and self._session is not None:
            await self._session.close()
        return self._session

    async def write_stdin(self, data: bytes) -> None:
        """Feed the command, once it runs."""
        await self._has_begun.wait()
        if self._session is not None:
            await self._session.write_stdin(data)

    def resize(self, columns: int, rows: int) -> None:
        """Tell the size: at first the one to start with."""
        self._size = columns, rows
        self._is_sized.set()
        if self._session is not None:
            self._session.resize(columns, rows)

    async def wait(self) -> int:
        """The command's exit code; 0 when it was never started."""
        await self._has_begun.wait()
        return await self._session.wait() if self._session is not None else 0

    async def close(self) -> None:
        """End the command, or do not start it."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
