"""Markdown, as the generated pages write it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def cell(text: str) -> str:
    """Text that may stand in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") or " "


def code(text: str) -> str:
    """Text as it is typed or shown, in a table's cell or a sentence."""
    return f"`{' '.join(text.split()).replace('|', chr(92) + '|')}`" if text.strip() else ""


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def page(title: str, *parts: str) -> str:
    """A page of paragraphs, tables and sections."""
    return "\n".join((f"# {title}\n", *(f"{part.rstrip()}\n" for part in parts if part)))
