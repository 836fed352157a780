"""Starting the server in the background."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wherry.cli import launch
from wherry.cli.launch import last_words, open_log, show_boot_line
from wherry.cli.output import Trouble


def test_a_large_log_makes_room_and_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "LOG_BYTES_MAX", 10)
    log = tmp_path / "wherry.log"
    log.write_text("more than ten bytes")
    os.close(open_log(log))
    assert (log.read_text(), (tmp_path / "wherry.log.1").read_text()) == ("", "more than ten bytes")


def test_a_small_log_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "wherry.log"
    log.write_text("before")
    os.close(open_log(log))
    assert log.read_text() == "before"


def test_the_boot_story_ends_with_ready() -> None:
    assert not show_boot_line(b'{"step": "the store is open", "ms": 3}\n')
    assert show_boot_line(b'{"ready": true}\n')


def test_a_failed_boot_is_trouble_with_its_remedy() -> None:
    with pytest.raises(Trouble, match="port 1 is in use") as refused:
        _ = show_boot_line(b'{"failed": "port 1 is in use", "remedy": "wherry up --port 2"}\n')
    assert refused.value.remedy == "wherry up --port 2"


def test_a_line_that_is_no_story_is_passed_on() -> None:
    assert not show_boot_line(b"Traceback ...\n")


def test_the_last_words_are_those_of_this_start(tmp_path: Path) -> None:
    log = tmp_path / "wherry.log"
    log.write_text("of the start before\n")
    assert last_words(log, log.stat().st_size) == ""
    with log.open("a") as more:
        _ = more.write("  | OSError: no room\n  +----\n")
    assert last_words(log, 20) == ": OSError: no room"
