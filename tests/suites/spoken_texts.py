"""Every text that a person may read, found where it is written: what commands say, errors, help, and the dashboard.

Found in the syntax tree, so that a new command or page is read too: the texts given to `say`, `note`, `progress`,
`Trouble` and their like, `help=` of options, docstrings of commands, and every text with a space in the dashboard.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[2] / "src" / "wherry"
SPEAKING = {"say", "note", "progress", "Trouble", "ask_first", "Entry", "Known"}
SPEAKING |= {"against", "refuted", "open_question", "remark", "fix"}
SPEAKING |= {"BadAgreement", "BrokenDocument", "BrokenModel", "CannotCall", "CannotDeliver", "CannotEdit", "CannotMake"}
SPEAKING |= {"CannotTry", "GitFailed", "JourneyError", "NoCatalogue", "NoRecord", "NotAProject", "NotPossible"}
SPEAKING |= {"NothingToCheck", "TemplateError"}
# What `wherry doctor` finds, and what stops a start of the cluster.
SPEAKING |= {"Finding", "NoFreeSlot", "StartFailed"}
KEYWORDS = {"help", "remedy", "meaning", "short_help"}
# What is not a sentence: options of kubectl, JSON paths, formats of dates, HTML attributes, CSS classes.
TECHNICAL = re.compile(
    r"^\s*(kubectl |wherry |export |cd |https?:|--|%|\{|<|/|data-|Max-Age)|[{}<>=]{2}|\\|-src |[HVa]x[HVaZ]|; ?\w+="
)
TWO_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
COMMANDS = re.compile(
    r"wherry [\w-]+(?: [\w/.-]+)*(?= --|[,.;:)]| {2}|$)|`[^`]*`|--[\w-]+|\{[^}]*\}|\$\([^)]*\)"
    r"|\w+\.(?:md|toml|yaml|json|html)\b"
)
HOLE = "0"
PARTS = re.compile(r"(?<=[.!?:;])\s+|\n")


class Spoken(NamedTuple):
    """One text, its holes as 0, and where it stands."""

    where: str
    text: str


def sentences(text: str) -> list[str]:
    """The sentences in it, with what is typed or filled in taken out; none when it is no text for people."""
    if TECHNICAL.search(text):
        return []
    return [part for part in PARTS.split(COMMANDS.sub(HOLE, text)) if TWO_WORDS.search(part)]


def spoken_texts() -> Iterator[Spoken]:
    """All of them."""
    for path in sorted((SOURCE / "cli").rglob("*.py")):
        yield from _of_calls(path)
    for folder in ("method", "cluster"):
        for path in sorted((SOURCE / folder).rglob("*.py")):
            yield from _of_calls(path)
    yield from page_texts(SOURCE / "apiserver" / "own_words.py")
    for path in sorted((SOURCE / "dashboard").rglob("*.py")):
        yield from page_texts(path)


def _of_calls(path: Path) -> Iterator[Spoken]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [*node.args] if name in SPEAKING else []
            given += [keyword.value for keyword in node.keywords if keyword.arg in KEYWORDS]
            for value in given:
                yield from _spoken(path, value)
        if isinstance(node, ast.FunctionDef) and _is_command(node) and (text := ast.get_docstring(node)):
            yield Spoken(_where(path, node), text)


def page_texts(path: Path) -> Iterator[Spoken]:
    """Every text with a space in a file that is all for people."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) not in docstrings | inside and isinstance(node, ast.Constant | ast.JoinedStr):
            yield from (one for one in _spoken(path, node) if " " in one.text.strip())


def _spoken(path: Path, node: ast.expr) -> Iterator[Spoken]:
    for part in ast.walk(node):
        if isinstance(part, ast.JoinedStr):
            text = "".join(str(one.value) if isinstance(one, ast.Constant) else HOLE for one in part.values)
            yield Spoken(_where(path, part), text)
            return
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.strip():
            yield Spoken(_where(path, part), part.value)


def _is_command(node: ast.FunctionDef) -> bool:
    return any(
        "command" in ast.unparse(decorator) or "group" in ast.unparse(decorator) for decorator in node.decorator_list
    )


def _where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}"
