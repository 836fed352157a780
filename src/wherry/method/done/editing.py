"""Set one entry of done.toml and leave everything else, comments too, as people wrote it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

BARE = re.compile(r"[A-Za-z0-9_-]+")
HEADER = re.compile(r"^\s*\[")


class CannotEdit(Exception):
    """The file is written in a way that cannot be changed line by line; the message says what to write by hand."""


def quoted(text: str) -> str:
    """A text as TOML writes it: JSON's way is TOML's, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def set_entry(text: str, table: str, key: str, value: str) -> str:
    """The text with `key = value` in [table], replacing what was there. `value` is TOML. Raises CannotEdit.

    The result is read again: nothing else may have changed.
    """
    lines = text.splitlines()
    line = f"{key if BARE.fullmatch(key) else quoted(key)} = {value}"
    start = next((at for at, one in enumerate(lines) if one.split("#")[0].strip() == f"[{table}]"), None)
    if start is None:
        made = [*lines, *([""] if lines and lines[-1].strip() else []), f"[{table}]", line]
    else:
        end = next((at for at in range(start + 1, len(lines)) if HEADER.match(lines[at])), len(lines))
        own = re.compile(rf"^\s*(\"?){re.escape(key)}\1\s*=")
        there = next((at for at in range(start + 1, end) if own.match(lines[at])), None)
        head = start + 1 if there is None else there
        made = [*lines[:head], line, *lines[head if there is None else head + 1 :]]
    changed = "\n".join(made) + "\n"
    _compare(text, changed, table, key, line)
    return changed


def _compare(before: str, after: str, table: str, key: str, line: str) -> None:
    by_hand = f"write it by hand: [{table}], {line}"
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise CannotEdit(by_hand) from error
    if _without(old, table, key) != _without(new, table, key):
        raise CannotEdit(by_hand)


def _without(document: dict[str, object], table: str, key: str) -> object:
    """The document without one entry, and without a table that is empty then."""
    path = table.split(".")

    def pruned(value: object, names: list[str]) -> object:
        if not isinstance(value, Mapping):
            return value
        name, *rest = names
        kept = {one: pruned(inner, rest) if one == name and rest else inner for one, inner in value.items()
                if rest or one != name}  # fmt: skip
        return {one: inner for one, inner in kept.items() if one != name or inner != {}}

    return pruned(document, [*path, key])


def edit(path: Path, table: str, key: str, value: str) -> None:
    """Set an entry in a file, which is made when it is not there. Raises CannotEdit."""
    text = path.read_text(encoding="utf-8") if path.exists() else "version = 1\n"
    path.write_text(set_entry(text, table, key, value), encoding="utf-8")
