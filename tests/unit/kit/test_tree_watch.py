from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherry.kit.linux.inotify import ChangeQueue
from wherry.kit.linux.tree_watch import TreeWatch

pytestmark = pytest.mark.linux


class Seen:
    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self.troubles: list[OSError] = []
        self._more = asyncio.Event()

    def add(self, path: Path) -> None:
        self.paths.add(path)
        self._more.set()

    async def until(self, path: Path) -> None:
        async with asyncio.timeout(5):
            while path not in self.paths:
                self._more.clear()
                await self._more.wait()


@contextlib.contextmanager
def watching(root: Path) -> Iterator[Seen]:
    seen = Seen()
    watch = TreeWatch(root, frozenset({".git"}), seen.add, seen.troubles.append)
    watch.start()
    try:
        yield seen
    finally:
        watch.stop()
        watch.stop()


async def test_changes_deep_below_are_seen_and_what_is_skipped_is_not(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    with watching(tmp_path) as seen:
        (tmp_path / ".git" / "index").write_text("x")
        (tmp_path / "a" / "b" / "file").write_text("x")
        await seen.until(tmp_path / "a" / "b" / "file")
        assert {path for path in seen.paths if ".git" in path.parts} == set()


async def test_directories_that_come_later_are_watched_with_what_is_in_them(tmp_path: Path) -> None:
    with watching(tmp_path) as seen:
        (tmp_path / "new" / "deep").mkdir(parents=True)
        (tmp_path / "new" / "deep" / "first").write_text("x")
        await seen.until(tmp_path / "new" / "deep" / "first")
        (tmp_path / "new" / "deep" / "second").write_text("x")
        await seen.until(tmp_path / "new" / "deep" / "second")


async def test_a_file_that_an_editor_replaces_is_seen_and_so_is_one_that_goes(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x")
    with watching(tmp_path) as seen:
        (tmp_path / "draft").write_text("y")
        (tmp_path / "draft").rename(tmp_path / "file")
        await seen.until(tmp_path / "file")
        (tmp_path / "old").unlink()
        await seen.until(tmp_path / "old")


async def test_what_is_no_directory_cannot_be_watched(tmp_path: Path) -> None:
    watch = TreeWatch(tmp_path, frozenset(), lambda _path: None, lambda _error: None)
    watch.start()
    watch.stop()
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone").rmdir()
    watch.start()
    watch.stop()


async def test_a_directory_for_which_there_is_no_watch_left_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ChangeQueue.add

    def limited(self: ChangeQueue, directory: Path, events: int) -> int:
        if directory.name == "one-too-many":
            raise OSError(errno.ENOSPC, "No space left on device")
        return add(self, directory, events)

    monkeypatch.setattr(ChangeQueue, "add", limited)
    with watching(tmp_path) as seen:
        (tmp_path / "one-too-many").mkdir()
        (tmp_path / "file").write_text("x")
        await seen.until(tmp_path / "file")
        assert [error.errno for error in seen.troubles] == [errno.ENOSPC]
