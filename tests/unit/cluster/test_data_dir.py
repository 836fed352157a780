"""The cluster's folder is often somebody's folder too."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from wherry.cluster.boot import refused_by_machine
from wherry.cluster.data_dir import DataDir, Identity, read_identity, write_identity
from wherry.kit.files import DamagedFile


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


def test_an_identity_is_read_as_it_was_written(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert read_identity(data_dir) is None
    identity = Identity("abc123", 3, 6444, "laptop", real_node=False, simulated_nodes=7)
    write_identity(data_dir, identity)
    assert read_identity(data_dir) == identity


def test_what_a_later_release_adds_to_the_identity_does_no_harm(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.identity_file.write_text('{"id": "abc123", "slot": 0, "port": 6443, "colour": "blue"}')
    assert read_identity(data_dir) == Identity("abc123", 0, 6443)


@pytest.mark.parametrize("content", ["", "[]", '{"id": "a", "slot": 0}', '{"id": "a", "slot": 0, "port": "6443"}'])
def test_a_damaged_identity_is_named_with_the_way_out(tmp_path: Path, content: str) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.identity_file.write_text(content)
    with pytest.raises(DamagedFile, match="is damaged") as refused:
        read_identity(data_dir)
    assert "put back a copy" in refused.value.remedy
