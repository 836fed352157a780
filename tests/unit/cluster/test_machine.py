"""Checks of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.cluster import machine
from wherry.cluster.data_dir import DataDir
from wherry.cluster.machine import examine


def test_a_missing_program_says_what_it_means_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "find_program", lambda _name: None)
    missing = {finding.what: finding for finding in examine(DataDir(tmp_path)) if not finding.ok}
    assert "crun or runc: not found" in missing
    assert missing["crun or runc: not found"].remedy.startswith("apt-get install crun")
    assert all(finding.meaning and finding.remedy for finding in missing.values())


def test_a_folder_that_does_not_exist_yet_is_judged_by_its_parent(tmp_path: Path) -> None:
    findings = examine(DataDir(tmp_path / "not" / "yet"))
    assert any("not/yet" in finding.what and "unknown" not in finding.what for finding in findings)
