"""docs/conformance.md speaks of the boxes there are, and ticks none that no test shows."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from suites.conformance import BOXES, Outcomes, box, report

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"
LINE = re.compile(r"- \[(.)\] `[ACN]` \S+ (.+?)(?: - (?:fails|could not be tried here))?$")


def _shown() -> set[str]:
    """The boxes for which there is a test."""
    names: set[str] = set()
    for folder in ("conformance", "clients", "e2e"):
        for path in (ROOT / "tests" / folder).glob("test_*.py"):
            if re.search(r"\b(box|marked)\(", path.read_text()):
                names |= _marked_in(path)
    return names


def _marked_in(path: Path) -> set[str]:
    spec = importlib.util.spec_from_file_location(f"marked_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Where dataclasses look for the names in their annotations.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    marks = [mark for thing in vars(module).values() for mark in getattr(thing, "pytestmark", ()) if callable(thing)]
    cases = [case for mark in marks if mark.name == "parametrize" for case in mark.args[1]]
    marks += [mark for case in cases for mark in getattr(case, "marks", ())]
    return {str(mark.args[0]) for mark in marks if mark.name == "box"}


def test_the_page_has_a_line_for_every_box_and_ticks_only_what_a_test_shows() -> None:
    lines = [match for line in PAGE.read_text().splitlines() if (match := LINE.match(line))]
    assert [match[2] for match in lines] == list(BOXES)
    assert {match[2] for match in lines if match[1] == "x"} - _shown() == set()


def test_a_box_passes_when_all_its_tests_pass() -> None:
    one, two = list(BOXES)[:2]
    outcomes = Outcomes()
    outcomes.note([one], "passes")
    outcomes.note([one], "skipped")
    outcomes.note([two], "fails")
    outcomes.note([two], "passes")
    assert outcomes.of_box == {one: "passes", two: "fails"}
    page = report(outcomes.of_box)
    assert f"{BOXES[one].since} {one}\n" in page
    assert page.count("- [x]") == 1
    assert f"{two} - fails" in page


def test_a_name_that_no_box_has_is_refused() -> None:
    with pytest.raises(AssertionError, match="no box has this name"):
        box("Namespaces should be nice")
