"""Typing into a terminal, on the loop that the server runs on."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Iterator

import pytest
import uvloop

from wherry.runtime.oci.terminal import TerminalWriter


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal's two ends: the one that types and shows, and the program's."""
    outer, inner = pty.openpty()
    tty.setraw(inner)
    yield outer, inner
    os.close(outer)
    os.close(inner)


def test_what_the_program_says_is_left_for_its_reader(terminal: tuple[int, int]) -> None:
    outer, inner = terminal

    async def body() -> None:
        writer = TerminalWriter(outer)
        await writer.write(b"ls\r")
        os.write(inner, b"file\n")
        await asyncio.sleep(0)
        writer.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(body())
    assert os.read(inner, 100) == b"ls\r"
    assert os.read(outer, 100) == b"file\n"


async def test_a_flood_waits_until_the_program_reads(terminal: tuple[int, int]) -> None:
    outer, inner = terminal
    writer = TerminalWriter(outer)
    typing = asyncio.ensure_future(writer.write(b"x" * 100_000))
    read = 0
    while read < 100_000:
        read += len(await asyncio.to_thread(os.read, inner, 65536))
    await typing


async def test_closing_lets_go_of_who_waits(terminal: tuple[int, int]) -> None:
    outer, _ = terminal
    writer = TerminalWriter(outer)
    typing = asyncio.ensure_future(writer.write(b"x" * 100_000))
    full = asyncio.Event()
    asyncio.get_running_loop().call_soon(full.set)
    await full.wait()
    assert not typing.done()
    writer.close()
    await typing
    await writer.write(b"nothing happens")


async def test_a_terminal_that_nobody_uses_any_more_is_no_error() -> None:
    outer, inner = pty.openpty()
    os.close(inner)
    writer = TerminalWriter(outer)
    os.set_blocking(outer, False)
    await writer.write(b"x")
    os.close(outer)
