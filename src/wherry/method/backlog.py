"""Backlog items: what is left to do, in a form that every team's tool takes.

Whatever knows of something undone (a model's gap, a board, a timebox) makes items; this file writes them. An item says
what, why, and by which criteria anybody sees that it is done. It is never ticked here: evidence does that.

    Item("Give web its own database", "web and orders write to one database.", ("only web's pods connect to web-db",))
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson

_MARKUP = re.compile(r"([\\`*_<>\[\]#|])")
# A spreadsheet takes a cell with such a beginning for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Item:
    """Something to do.

    `title`: what, as an order. `why`: a sentence. `criteria`: each can be seen to be so. `how`: a command or a
    sentence. `source`: who found it, as a command that finds it again.
    """

    title: str
    why: str
    criteria: tuple[str, ...]
    how: str = ""
    source: str = ""


def as_markdown(heading: str, items: Sequence[Item], *, nothing: str = "Nothing is left.") -> str:
    """A section for each item, its criteria as boxes to tick."""
    lines = [f"# {_line(heading)}", ""]
    if not items:
        return "\n".join([*lines, nothing, ""])
    for item in items:
        lines += [f"## {_line(item.title)}", "", f"Why: {_sentence(item.why)}", ""]
        lines += [f"How: {_sentence(item.how)}", ""] if item.how else []
        lines += [*(f"- [ ] {_line(criterion)}" for criterion in item.criteria), ""]
        lines += [f"Found by: `{item.source}`", ""] if item.source else []
    return "\n".join(lines)


def as_csv(heading: str, items: Sequence[Item]) -> str:
    """One row an item, as the import of an issue tracker or a spreadsheet reads it; the heading is each one's list."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(("Title", "Why", "Acceptance criteria", "How", "Source", "List"))
    for item in items:
        cells = (item.title, item.why, "\n".join(item.criteria), item.how, item.source, heading)
        writer.writerow(map(as_cell, cells))
    return rows.getvalue()


def as_json(heading: str, items: Sequence[Item]) -> str:
    """The items as plain data, for programs."""
    document = {"heading": heading, "items": [asdict(item) for item in items]}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


FORMATS: Mapping[str, Callable[[str, Sequence[Item]], str]] = {"md": as_markdown, "csv": as_csv, "json": as_json}
"""How a backlog can be written: the values of every `--backlog`."""


def _line(text: str) -> str:
    """Text from anywhere as one line of Markdown; what is between backquotes stays as it is."""
    pieces = " ".join(text.split()).split("`")
    # Every second piece is code, if the backquotes come in pairs.
    if len(pieces) % 2 == 0:
        return _MARKUP.sub(r"\\\1", "`".join(pieces))
    return "`".join(piece if index % 2 else _MARKUP.sub(r"\\\1", piece) for index, piece in enumerate(pieces))


def _sentence(text: str) -> str:
    line = _line(text)
    return line if line.endswith((".", "!", "?")) else f"{line}."


def as_cell(text: str) -> str:
    """Text as a spreadsheet's cell, which never takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
