"""The documents speak of files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "wherry"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
QUOTED = re.compile(r"`([\w./-]+\.(?:py|md|toml|txt|json))`")
LINKED = re.compile(r"\]\((?!https?:|#)([^)#]+)")
# Names that stand for others.
EXAMPLES = {"12.feature.md", "12.bugfix.md", "done.toml"}


# Made when the site is built (handbook/generated/registry.py); that they are there is tested with the site.
GENERATED = ROOT / "docs" / "reference"


def exists(name: str) -> bool:
    """Whether it is at the root or below src/wherry or, named without its folders, anywhere in src or tests."""
    places = (ROOT / name, SOURCE / name)
    if any(place.exists() for place in places):
        return True
    return any(
        found.as_posix().endswith(f"/{name}")
        for top in ("src", "tests")
        for found in (ROOT / top).rglob(Path(name).name)
    )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    names = set(QUOTED.findall(document.read_text())) - EXAMPLES
    assert sorted(name for name in names if not exists(name)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    places = [(document.parent / link).resolve() for link in LINKED.findall(document.read_text())]
    assert [place for place in places if not place.exists() and place.parent != GENERATED] == []
