from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from wherry.agent.sized_terminal import SizedTerminal
from wherry.kit.tasks import TaskScope
from wherry.runtime.interface import ExecSession, Unavailable


class Session:
    """A command that says its size, then what it is told."""

    def __init__(self) -> None:
        self.size = (0, 0)
        self.is_closed = False
        self.typed: asyncio.Queue[bytes] = asyncio.Queue()

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        yield "stdout", f"{self.size[0]}x{self.size[1]}".encode()
        yield "stdout", await self.typed.get()

    async def write_stdin(self, data: bytes) -> None:
        self.typed.put_nowait(data)

    def resize(self, columns: int, rows: int) -> None:
        self.size = columns, rows

    async def wait(self) -> int:
        return 7

    async def close(self) -> None:
        self.is_closed = True


async def said(terminal: SizedTerminal) -> list[bytes]:
    return [data async for _, data in terminal.output()]


async def test_the_command_starts_with_the_size_that_comes_after_the_connection() -> None:
    session = Session()

    async def start() -> ExecSession:
        return session

    terminal = SizedTerminal(start)
    async with TaskScope("test") as scope:
        hearing = scope.start("hearing", said(terminal))
        typing = scope.start("typing", terminal.write_stdin(b"typed early"))
        await asyncio.sleep(0)
        assert not typing.done()
        terminal.resize(99, 33)
        assert await hearing == [b"99x33", b"typed early"]
    assert await terminal.wait() == 7


async def test_a_client_that_never_tells_the_size_gets_its_command_all_the_same() -> None:
    session = Session()
    session.typed.put_nowait(b"on")

    async def start() -> ExecSession:
        return session

    assert await said(SizedTerminal(start)) == [b"0x0", b"on"]


async def test_a_command_that_cannot_start_says_so_where_its_output_would_be() -> None:
    async def start() -> ExecSession:
        raise Unavailable("no such program")

    terminal = SizedTerminal(start)
    terminal.resize(1, 1)
    with pytest.raises(Unavailable, match="no such program"):
        await said(terminal)
    await terminal.write_stdin(b"nobody hears it")
    await terminal.close()


async def test_a_client_that_has_gone_at_once_starts_nothing() -> None:
    async def start() -> ExecSession:
        raise AssertionError("started")

    terminal = SizedTerminal(start)
    await terminal.close()
    terminal.resize(1, 1)
    assert await said(terminal) == []
    assert await terminal.wait() == 0
