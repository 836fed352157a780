"""Our rules call breaking what oasdiff calls breaking, in cases that are clear; asked where oasdiff is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from wherry.method.contracts.api import read_api
from wherry.method.contracts.changes import compare
from wherry.method.contracts.reading import read_file

OASDIFF = shutil.which("oasdiff")
PAIRS = Path(__file__).parents[1] / "method" / "fixtures" / "rules"
# Cases of which nobody could think otherwise; what is a matter of judgement is ours (docs/decisions/0022-contracts.md).
BREAKING = (
    "operation-removed", "required-parameter-added", "parameter-became-required", "required-request-field-added",
    "request-field-became-required", "response-field-became-optional", "request-value-removed",
    "success-status-removed", "request-media-type-removed",
)  # fmt: skip
KEPT = (
    "operation-added", "optional-parameter-added", "optional-request-field-added", "response-field-added",
    "request-value-added", "parameter-became-optional", "request-field-became-optional",
)  # fmt: skip


def is_broken(pair: Path) -> bool:
    before, after = (read_api(read_file(pair / name)) for name in ("before.yaml", "after.yaml"))
    return any(one.level == "breaking" for one in compare(before, after))


@pytest.mark.parametrize(("rule", "breaks"), [*((one, True) for one in BREAKING), *((one, False) for one in KEPT)])
def test_a_clear_case_is_judged_by_us_as_it_is(rule: str, breaks: bool) -> None:
    assert is_broken(PAIRS / rule) is breaks


@pytest.mark.skipif(OASDIFF is None, reason="there is no oasdiff on this machine")
@pytest.mark.parametrize("rule", [*BREAKING, *KEPT])
def test_oasdiff_judges_a_clear_case_as_we_do(rule: str) -> None:
    assert OASDIFF is not None
    arguments = ("breaking", str(PAIRS / rule / "before.yaml"), str(PAIRS / rule / "after.yaml"), "--format", "json")
    done = subprocess.run([OASDIFF, *arguments], capture_output=True, text=True, timeout=30, check=True)
    found = json.loads(done.stdout or "[]") or []
    # Level 3 is what it calls an error.
    assert any(one["level"] == 3 for one in found) is is_broken(PAIRS / rule)
