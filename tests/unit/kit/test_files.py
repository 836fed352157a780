from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wherry.kit import process
from wherry.kit.files import DirectoryInUse, DirectoryLock, write_atomically


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomically(path, "old")
    write_atomically(path, b"new", mode=0o644)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["a"]


def test_a_failed_write_leaves_the_old_content_and_no_rubbish(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "a", b"x")
    assert os.listdir(tmp_path) == ["a"]


def test_a_second_holder_is_told_who_has_the_directory(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path), pytest.raises(DirectoryInUse) as refused:
        DirectoryLock(tmp_path).acquire()
    assert refused.value.pid == os.getpid()
    assert "stop it first" in str(refused.value)


def test_a_released_directory_can_be_taken_again(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path / "new")
    lock.acquire()
    lock.release()
    lock.release()
    with DirectoryLock(tmp_path / "new"):
        pass


def test_the_lock_goes_with_a_killed_holder(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from wherry.kit.files import DirectoryLock;"
        f"DirectoryLock(pathlib.Path({str(tmp_path)!r})).acquire(); os.kill(os.getpid(), 9)"
    )
    assert process.run_blocking([sys.executable, "-c", code], timeout_s=20).exit_code == -9
    with DirectoryLock(tmp_path):
        pass
