"""A pipe on either loop is closed once: the number of its descriptor may be somebody else's a moment later."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest
import uvloop

from wherry.kit.pipes import open_reader, open_writer

LOOPS = [uvloop.new_event_loop, asyncio.new_event_loop]


async def reuse_after_close(descriptor: int, close: Callable[[], None]) -> None:
    """Close, and at the first chance for it let another file take the number; it must keep it."""
    close()
    for _ in range(5):
        await asyncio.sleep(0)  # a turn of the loop
    taken = []
    try:
        while descriptor not in taken:
            taken.append(os.open("/dev/null", os.O_RDONLY))
            assert len(taken) < 50, "the pipe was not closed"
        for _ in range(5):
            await asyncio.sleep(0)  # a turn of the loop
        os.fstat(descriptor)
    finally:
        for one in taken:
            os.close(one)


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_reader_reads_to_the_end_and_lets_go(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        ours, theirs = os.pipe()
        reader, transport = await open_reader(ours)
        os.close(ours)
        os.write(theirs, b"hello")
        os.close(theirs)
        assert await reader.read() == b"hello"
        copy = transport.get_extra_info("pipe").fileno()
        await reuse_after_close(copy, transport.close)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(main())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_a_closed_writer_ends_the_pipe(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def main() -> None:
        theirs, ours = os.pipe()
        writer = await open_writer(ours)
        os.close(ours)
        writer.write(b"hello")
        await writer.drain()
        copy = writer.get_extra_info("pipe").fileno()
        await reuse_after_close(copy, writer.close)
        assert os.read(theirs, 100) == b"hello"
        assert os.read(theirs, 100) == b""
        os.close(theirs)

    with asyncio.Runner(loop_factory=make_loop) as runner:
        runner.run(main())


@pytest.mark.parametrize("make_loop", LOOPS)
def test_no_descriptor_is_closed_twice(
    make_loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvloop closes the descriptor in C and then asks the file: that must not close again."""
    closed: list[int] = []
    really = os.close

    def close(number: int) -> None:
        closed.append(number)
        really(number)

    async def main() -> int:
        ours, theirs = os.pipe()
        _, transport = await open_reader(ours)
        really(ours)
        really(theirs)
        copy: int = transport.get_extra_info("pipe").fileno()
        monkeypatch.setattr(os, "close", close)
        transport.close()
        for _ in range(5):
            await asyncio.sleep(0)  # a turn of the loop
        monkeypatch.undo()
        return copy

    with asyncio.Runner(loop_factory=make_loop) as runner:
        copy = runner.run(main())
    assert closed.count(copy) == (0 if make_loop is uvloop.new_event_loop else 1)
