"""Address ranges of several clusters on one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.cluster import address_slots
from wherry.cluster.address_slots import SLOTS_MAX, NoFreeSlot, claim_slot, release_slot
from wherry.cluster.data_dir import DataDir, Identity, read_identity, write_identity
from wherry.kit.files import DamagedFile, DirectoryLock


@pytest.fixture(autouse=True)
def run_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_slots, "RUN_ROOT", tmp_path / "run")
    monkeypatch.setattr(address_slots, "_routed_second_octets", set)


def cluster(tmp_path: Path, name: str) -> DataDir:
    data_dir = DataDir(tmp_path / name)
    data_dir.make()
    return data_dir


def claim(data_dir: DataDir, wanted: int | None = None) -> int:
    slot = claim_slot(data_dir, wanted)
    write_identity(data_dir, Identity(id="abc123", slot=slot, port=6443))
    return slot


def test_two_clusters_get_different_ranges(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    assert [claim(one), claim(two)] == [0, 1]
    first, second = read_identity(one), read_identity(two)
    assert first is not None
    assert second is not None
    assert {first.pod_cidr, first.service_cidr}.isdisjoint({second.pod_cidr, second.service_cidr})


def test_a_cluster_gets_its_own_range_again(tmp_path: Path) -> None:
    one = cluster(tmp_path, "one")
    assert claim(one) == 0
    assert claim(one, 0) == 0


def test_the_range_of_a_cluster_that_is_gone_is_free_again(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    _ = claim(one)
    one.identity_file.unlink()
    assert claim(two) == 0


def test_a_released_range_is_free_again(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    _ = claim(one)
    release_slot(one, 0)
    assert claim(two) == 0


def test_a_stopped_cluster_finds_its_range_again(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    _ = claim(one)
    assert claim(two) == 1
    assert claim(one, 0) == 0


def test_a_range_that_somebody_else_uses_now_is_refused_with_their_name(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    _ = claim(one)
    with DirectoryLock(one.root), pytest.raises(NoFreeSlot, match="one") as caught:
        _ = claim_slot(two, 0)
    assert caught.value.remedy == f"stop that one first: wherry --home {one.root} down"


def test_containers_without_a_server_still_use_their_range(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    _ = claim(one)
    (tmp_path / "run" / "abc123").mkdir()
    with pytest.raises(NoFreeSlot, match="one"):
        _ = claim_slot(two, 0)


def test_a_cluster_that_runs_goes_before_one_that_is_stopped(tmp_path: Path) -> None:
    stopped = [cluster(tmp_path, f"stopped-{number}") for number in range(SLOTS_MAX)]
    for data_dir in stopped:
        _ = claim(data_dir)
    assert claim(cluster(tmp_path, "new")) == 0


def test_nobody_takes_the_range_of_a_cluster_whose_identity_cannot_be_read(tmp_path: Path) -> None:
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    _ = claim(one)
    one.identity_file.write_text("{bad")
    assert claim(two) == 1
    with pytest.raises(DamagedFile, match="cluster"):
        read_identity(one)


def test_two_first_starts_in_the_same_moment_get_different_ranges(tmp_path: Path) -> None:
    """The first has claimed, and is killed or slow before it writes its identity."""
    one, two = cluster(tmp_path, "one"), cluster(tmp_path, "two")
    with DirectoryLock(one.root):
        assert claim_slot(one, None) == 0
        assert claim_slot(two, None) == 1
    assert claim_slot(two, 0) == 0, "its start has failed, so the range is free again"
