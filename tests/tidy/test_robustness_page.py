"""docs/robustness.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_names_exists() -> None:
    page = (ROOT / "docs/robustness.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", page))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert len(named) > 40
    assert named - written == set()


def test_every_row_names_a_test() -> None:
    rows = [line for line in (ROOT / "docs/robustness.md").read_text().splitlines() if line.startswith("| ")]
    without = [row for row in rows if "`test_" not in row and "the test" not in row]
    assert without == []
