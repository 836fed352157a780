from __future__ import annotations

import asyncio
from pathlib import Path

from wherry.kit.files import write_atomically
from wherry.kit.linux.inotify import IN_MOVED_TO, DirectoryWatch


async def test_a_file_that_appears_is_named(tmp_path: Path) -> None:
    seen: asyncio.Queue[str] = asyncio.Queue()
    watch = DirectoryWatch(tmp_path, IN_MOVED_TO, lambda name, _bits: seen.put_nowait(name))
    watch.start()
    write_atomically(tmp_path / "first", b"1")
    write_atomically(tmp_path / "second", b"2")
    assert [await seen.get(), await seen.get()] == ["first", "second"]
    watch.stop()
    watch.stop()
