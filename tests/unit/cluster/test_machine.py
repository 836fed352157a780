"""Checks of the machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from wherry.cluster import machine
from wherry.cluster.data_dir import DataDir
from wherry.cluster.machine import dropping_tables, examine


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


@pytest.mark.parametrize("name", ["co:lon", "com,ma", "back\\slash", "new\nline"])
def test_a_folder_whose_name_an_overlay_cannot_have_is_refused_with_a_way_out(tmp_path: Path, name: str) -> None:
    [finding] = [finding for finding in examine(DataDir(tmp_path / name)) if not finding.ok]
    assert "contains" in finding.what
    assert "another name" in finding.remedy


@pytest.mark.parametrize("name", ["with space", "\u00fcn\u00ef", "quo'te", "per%cent"])
def test_any_other_name_will_do(tmp_path: Path, name: str) -> None:
    assert next(finding for finding in examine(DataDir(tmp_path / name)) if "name of" in finding.what).ok


def test_a_firewall_that_drops_what_pods_send_is_named() -> None:
    listed = b"""{"nftables": [{"metainfo": {}},
        {"chain": {"family": "ip", "table": "filter", "name": "FORWARD", "hook": "forward", "policy": "drop"}},
        {"chain": {"family": "ip", "table": "filter", "name": "INPUT", "hook": "input", "policy": "drop"}},
        {"chain": {"family": "ip", "table": "wherry-1", "name": "f", "hook": "forward", "policy": "accept"}}]}"""
    assert dropping_tables(listed) == ["ip filter"]
    assert dropping_tables(b"nonsense") == []


@pytest.mark.parametrize(
    ("free_mb", "real_node", "is_there", "ok"),
    [
        (600, True, False, True),
        (500, True, False, False),
        (40, False, False, True),
        (30, False, False, False),
        # Who is there already must be able to read what they have, and to make room.
        (2, True, True, True),
        (2, False, True, True),
        (1, True, True, False),
    ],
)
def test_a_cluster_that_is_there_starts_with_little_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: int, real_node: bool, is_there: bool, ok: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=free_mb * 1_000_000))
    data_dir = DataDir(tmp_path)
    if is_there:
        data_dir.identity_file.write_text("{}")
    finding = next(each for each in examine(data_dir, real_node=real_node) if each.what.startswith("free space"))
    assert finding.ok is ok
    assert ("choose another folder" in finding.remedy) is not is_there
