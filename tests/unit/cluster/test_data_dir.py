"""The cluster's folder is often somebody's folder too."""

from __future__ import annotations

import errno
from pathlib import Path

from wherry.cluster.boot import refused_by_machine
from wherry.cluster.data_dir import DataDir, Identity, write_identity


def a_cluster(root: Path) -> DataDir:
    data_dir = DataDir(root)
    data_dir.make()
    write_identity(data_dir, Identity("abc123", 0, 6443))
    (root / ".lock").touch()
    (data_dir.images / "blob").touch()
    return data_dir


def test_deleting_a_cluster_removes_its_folder(tmp_path: Path) -> None:
    data_dir = a_cluster(tmp_path / "home")
    assert data_dir.delete()
    assert not data_dir.root.exists()


def test_deleting_a_cluster_spares_what_is_not_its_own(tmp_path: Path) -> None:
    data_dir = a_cluster(tmp_path)
    (tmp_path / "thesis.txt").write_text("years of work")
    assert not data_dir.delete()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_the_machine_refuses_is_said_with_a_way_out() -> None:
    refused = refused_by_machine(OSError(errno.ENOSPC, "No space left on device", "/x/wherry.db"))
    assert str(refused) == "/x/wherry.db: no space left on device"
    assert "make room" in refused.remedy
