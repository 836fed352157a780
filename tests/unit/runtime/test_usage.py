"""What control groups say about their use."""

from __future__ import annotations

from pathlib import Path

from wherry.runtime.interface import ContainerUsage
from wherry.runtime.oci.usage import read_version_1, read_version_2


def test_version_1_has_a_directory_for_each_controller(tmp_path: Path) -> None:
    (tmp_path / "cpuacct.usage").write_text("1234567\n")
    (tmp_path / "memory.usage_in_bytes").write_text("5000\n")
    (tmp_path / "memory.stat").write_text("inactive_file 7\ntotal_inactive_file 2000\n")
    assert read_version_1(tmp_path, tmp_path) == ContainerUsage(1_234_567, 5000, 3000)
    assert read_version_1(None, None) == ContainerUsage(0, 0, 0)


def test_version_2_has_one_directory(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 15\nuser_usec 3\n")
    (tmp_path / "memory.current").write_text("100")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 300\n")
    assert read_version_2(tmp_path) == ContainerUsage(15_000, 100, 0)


def test_a_group_that_is_gone_has_used_nothing(tmp_path: Path) -> None:
    assert read_version_2(tmp_path / "gone") == ContainerUsage(0, 0, 0)
    assert read_version_1(tmp_path / "gone", tmp_path / "gone") == ContainerUsage(0, 0, 0)
