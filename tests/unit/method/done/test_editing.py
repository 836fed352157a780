"""Setting one entry of done.toml leaves everything else as people wrote it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherry.method.done.editing import CannotEdit, edit, quoted, set_entry

FILE = """# ours
version = 1
[meaning] # what we mean
logs = "One line."  # agreed in May
config = "In overlays."

[[waiver]]
criterion = "parity"
who = "ana"
why = "later"
until = 2030-01-01
"""


def test_an_entry_is_replaced_where_it_stands_and_nothing_else_changes() -> None:
    changed = set_entry(FILE, "meaning", "logs", '"Two lines."')
    assert changed == FILE.replace('logs = "One line."  # agreed in May', 'logs = "Two lines."')


def test_a_new_entry_comes_first_in_its_table() -> None:
    changed = set_entry(FILE, "meaning", "admin", '"Jobs."')
    assert changed == FILE.replace("# what we mean\n", '# what we mean\nadmin = "Jobs."\n')


def test_a_new_table_comes_last() -> None:
    changed = set_entry(FILE, "agreed.logs", "ana", "2026-01-31")
    assert changed == FILE + "\n[agreed.logs]\nana = 2026-01-31\n"


@pytest.mark.parametrize(
    "text",
    [
        'meaning = {logs = "inline"}\n',
        '[meaning]\nlogs = """\nseveral\nlines"""\n',
        'meaning.logs = "dotted"\n',
        "not toml",
    ],
)
def test_what_cannot_be_changed_line_by_line_is_left_to_people(text: str) -> None:
    with pytest.raises(CannotEdit, match="write it by hand"):
        set_entry(text, "meaning", "logs", '"x"')


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    edit(tmp_path / "done.toml", "meaning", "logs", '"x"')
    assert tomllib.loads((tmp_path / "done.toml").read_text()) == {"version": 1, "meaning": {"logs": "x"}}


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_whatever_people_write_is_read_back(words: str, key: str) -> None:
    assert tomllib.loads(set_entry(FILE, "meaning", key, quoted(words)))["meaning"][key] == words
