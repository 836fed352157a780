"""What is published speaks of Wherry, not of the place where it was written."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "docs", "scripts", "examples", "benchmarks", "newsfragments")
TEXTS = {".py", ".md", ".toml", ".txt", ".yaml", ".yml", ".json", ".sh", ""}
# In pieces, so that this file passes too.
WORDS = re.compile(
    "|".join(
        (
            "helper " + "agent",
            "sub-?" "agent",
            r"\b(this|the project's|previous|next) ses" + "sion",
            r"(?<![\w*\]}>])/ro" + "ot/",
            r"/wo" + r"rk/(main|shared)\b",
            r"/tmp/br" + "ief",
            r"https?://[\w.-]*py" + "pi",
            r"--(extra-)?index-" + "url",
            r"\bthe le" + r"ad\b",
            "clau" + "de",
        )
    ),
    re.IGNORECASE,
)  # fmt: skip


def published() -> list[Path]:
    folders = [path for name in FOLDERS for path in (ROOT / name).rglob("*") if "__pycache__" not in path.parts]
    files = [path for path in (*ROOT.glob("*"), *folders) if path.is_file() and path.suffix in TEXTS]
    return sorted(path for path in files if path.name not in (".import-linter.log", ".git"))


def test_nothing_published_mentions_where_it_was_written() -> None:
    found = []
    for path in published():
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if WORDS.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert found == []


def test_the_words_are_found_where_they_stand() -> None:
    assert WORDS.search("see /ro" + "ot/.bashrc")
    assert WORDS.search("written by Clau" + "de")
    assert not WORDS.search("an exec session, /proc/1/root/tmp")
