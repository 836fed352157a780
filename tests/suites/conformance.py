"""The boxes of Kubernetes' conformance list, and which test shows that one passes.

    @box("Namespaces should patch a Namespace")
    async def test_a_namespace_is_patched(cluster: Cluster) -> None: ...

A box passes when all tests that are marked with its name pass. The names are data: tests/conformance/boxes.json.
`make conformance` runs the marked tests and writes docs/conformance.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Literal

import pytest

BOXES_FILE = Path(__file__).parents[1] / "conformance" / "boxes.json"

Outcome = Literal["passes", "fails", "skipped"]

# What a box needs besides the API server.
CLASSES = {"A": "the API server alone", "C": "controllers too", "N": "running containers"}
NOTES = {"fails": " - fails", "skipped": " - could not be tried here"}


@dataclass(frozen=True, slots=True)
class Box:
    """One test of the list: `since` is the release that introduced it, `needs` one of CLASSES."""

    name: str
    needs: Literal["A", "C", "N"]
    since: str
    file: str
    area: str


BOXES = {entry["name"]: Box(**entry) for entry in json.loads(BOXES_FILE.read_text())}


def box(name: str) -> pytest.MarkDecorator:
    """Mark a test as one that shows that the box `name` passes."""
    assert name in BOXES, f"no box has this name: {name}"
    return pytest.mark.box(name)


@dataclass(slots=True)
class Outcomes:
    """What came of each box in a run."""

    of_box: dict[str, Outcome] = field(default_factory=dict)

    def note(self, names: Iterable[str], outcome: Outcome) -> None:
        """A test of these boxes has ended: one that fails outweighs all that pass."""
        for name in names:
            before = self.of_box.get(name)
            if before != "fails" and not (before == "passes" and outcome == "skipped"):
                self.of_box[name] = outcome


def report(outcomes: Mapping[str, Outcome]) -> str:
    """The page that says, box by box, what passes."""
    passing = {name for name, outcome in outcomes.items() if outcome == "passes"}
    lines = [
        "# Conformance",
        "",
        f"{len(passing)} of the {len(BOXES)} boxes of Kubernetes' conformance list (v1.37) pass, each shown by a test",
        "through the public API. Written by `make conformance`; [how to add one](checklists/new-conformance-test.md).",
        "",
        "| needs | boxes | pass |",
        "|---|---|---|",
    ]
    for letter, meaning in CLASSES.items():
        names = {each.name for each in BOXES.values() if each.needs == letter}
        lines.append(f"| `{letter}`: {meaning} | {len(names)} | {len(names & passing)} |")
    for area, in_area in groupby(BOXES.values(), key=lambda each: each.area):
        boxes = list(in_area)
        lines += ["", f"## {area}: {sum(each.name in passing for each in boxes)} of {len(boxes)}"]
        for file, in_file in groupby(boxes, key=lambda each: each.file):
            lines += ["", f"**{file}**"]
            lines += [_line(each, outcomes.get(each.name)) for each in in_file]
    return "\n".join(lines) + "\n"


def _line(each: Box, outcome: Outcome | None) -> str:
    tick = "x" if outcome == "passes" else " "
    return f"- [{tick}] `{each.needs}` {each.since} {each.name}{NOTES.get(outcome or '', '')}"
