from __future__ import annotations

from pathlib import Path

import pytest

from wherry.network.ipam import AddressInUse, Ipam, NoFreeAddress
from wherry.network.settings import NetworkSettings


def test_addresses_differ_and_an_owner_keeps_its_own(tmp_path: Path) -> None:
    ipam = Ipam(tmp_path, "10.1.0.0/24")
    assert ipam.gateway == "10.1.0.1"
    assert ipam.acquire("a") == "10.1.0.2"
    assert ipam.acquire("b") == "10.1.0.3"
    assert ipam.acquire("a") == "10.1.0.2"


def test_a_freed_address_is_the_last_to_be_given_again(tmp_path: Path) -> None:
    ipam = Ipam(tmp_path, "10.1.0.0/29")
    assert [ipam.acquire(owner) for owner in "abc"] == ["10.1.0.2", "10.1.0.3", "10.1.0.4"]
    ipam.release("a")
    assert [ipam.acquire(owner) for owner in "def"] == ["10.1.0.5", "10.1.0.6", "10.1.0.2"]
    with pytest.raises(NoFreeAddress, match="all 5 addresses"):
        ipam.acquire("g")


def test_everything_is_remembered_after_a_crash(tmp_path: Path) -> None:
    before = Ipam(tmp_path, "10.1.0.0/24")
    before.acquire("a")
    before.acquire("b")
    before.release("b")
    after = Ipam(tmp_path, "10.1.0.0/24")
    assert after.owners() == {"a": "10.1.0.2"}
    assert after.acquire("c") == "10.1.0.4"


def test_a_file_that_was_cut_short_gives_its_address_back(tmp_path: Path) -> None:
    (tmp_path / "10.1.0.2").touch()
    (tmp_path / "10.9.0.2").write_text("from another range")
    ipam = Ipam(tmp_path, "10.1.0.0/24")
    assert ipam.owners() == {}
    assert ipam.acquire("a") == "10.1.0.2"


def test_an_address_can_be_claimed_by_who_has_it_already(tmp_path: Path) -> None:
    ipam = Ipam(tmp_path, "10.1.0.0/24")
    ipam.claim("a", "10.1.0.2")
    ipam.claim("a", "10.1.0.2")
    assert ipam.acquire("b") == "10.1.0.3"
    for taken in ("10.1.0.2", "10.1.0.1", "10.1.0.255", "10.2.0.7"):
        with pytest.raises(AddressInUse):
            ipam.claim("b", taken)
    ipam.claim("a", "10.1.0.9")
    assert ipam.owners() == {"a": "10.1.0.9", "b": "10.1.0.3"}


def test_forgetting_all_begins_anew(tmp_path: Path) -> None:
    ipam = Ipam(tmp_path, "10.1.0.0/24")
    ipam.acquire("a")
    ipam.release("nobody")
    ipam.forget_all()
    assert list(tmp_path.iterdir()) == []
    assert ipam.acquire("b") == "10.1.0.2"


def test_ranges_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="not part of"):
        NetworkSettings(cluster_id="x", node_cidr="10.9.0.0/24")
    with pytest.raises(ValueError, match="overlap"):
        NetworkSettings(cluster_id="x", service_cidr="10.244.8.0/24", dns_ip="10.244.8.10")
    with pytest.raises(ValueError, match="DNS address"):
        NetworkSettings(cluster_id="x", dns_ip="10.97.0.10")


@pytest.mark.parametrize("cluster_id", ["", "/home/me/.wherry", "123456789", "a b"])
def test_an_id_that_is_no_part_of_an_interfaces_name_is_refused(cluster_id: str) -> None:
    with pytest.raises(ValueError, match="1 to 8 letters and digits"):
        NetworkSettings(cluster_id=cluster_id)


def test_the_bridge_and_the_table_bear_the_clusters_id() -> None:
    assert NetworkSettings(cluster_id="3f2a1b").name == "wherry-3f2a1b"
