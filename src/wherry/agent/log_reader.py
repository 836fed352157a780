"""Reading a container's log: from the end, since a time, and on as it grows.

Following waits on inotify, never on time. It ends when the container has ended and all was read; a log
that is rotated meanwhile is read to its end before its successor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import BinaryIO

from wherry.agent.log_lines import LineFormatter, LogOptions
from wherry.kit.linux.inotify import IN_CLOSE_WRITE, IN_CREATE, IN_DELETE, IN_MODIFY, IN_MOVED_FROM, DirectoryWatch
from wherry.kit.tasks import TaskScope

BLOCK_BYTES = 64 * 1024
_EVENTS = IN_MODIFY | IN_CREATE | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE


async def read_log(path: Path, options: LogOptions, ended: asyncio.Event) -> AsyncGenerator[bytes, None]:
    """The log at `path` as `options` want it, in pieces.

    Args:
        path: the log of one run.
        options: with `follow` this goes on until the run has ended.
        ended: set when the run has ended.
    """
    formatter = LineFormatter(options)
    changed = asyncio.Event()
    with _watching(path.parent, changed, active=options.follow), contextlib.ExitStack() as files:
        stream = _open(path, files)
        if stream is not None and options.tail_lines is not None:
            stream.seek(tail_offset(stream, options.tail_lines))
        rest = b""
        while True:
            was_over = ended.is_set()
            changed.clear()
            stream = stream or _open(path, files)
            while stream is not None and (block := stream.read(BLOCK_BYTES)):
                *lines, rest = (rest + block).split(b"\n")
                piece = b"".join(formatter.format(line + b"\n") for line in lines)
                if piece:
                    yield piece
                if formatter.is_done:
                    return
            if stream is not None and _was_replaced(stream, path):
                files.close()
                stream = None
            elif options.follow and not was_over:
                await _either(changed, ended)
            else:
                break
        if rest and (piece := formatter.format(rest)):
            yield piece


def _open(path: Path, files: contextlib.ExitStack) -> BinaryIO | None:
    try:
        return files.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None


def _was_replaced(stream: BinaryIO, path: Path) -> bool:
    try:
        return os.fstat(stream.fileno()).st_ino != path.stat().st_ino
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _watching(directory: Path, changed: asyncio.Event, *, active: bool) -> Iterator[None]:
    if not active:
        yield
        return
    watch = DirectoryWatch(directory, _EVENTS, lambda _name, _bits: changed.set())
    watch.start()
    try:
        yield
    finally:
        watch.stop()


async def _either(changed: asyncio.Event, ended: asyncio.Event) -> None:
    async with TaskScope("log") as scope:
        waits = {scope.start("changed", changed.wait()), scope.start("ended", ended.wait())}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)


def tail_offset(stream: BinaryIO, lines: int) -> int:
    """Where the last `lines` lines begin. Reads backwards, only as far as needed."""
    end = stream.seek(0, 2)
    if lines <= 0:
        return end
    position, found, is_last = end, 0, True
    while position > 0:
        size = min(BLOCK_BYTES, position)
        position -= size
        stream.seek(position)
        block = stream.read(size)
        if is_last and block.endswith(b"\n"):
            block = block[:-1]  # the newline that ends the last line begins none
        is_last = False
        index = block.rfind(b"\n")
        while index >= 0:
            found += 1
            if found == lines:
                return position + index + 1
            index = block.rfind(b"\n", 0, index)
    return 0
