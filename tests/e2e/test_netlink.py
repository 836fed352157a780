"""Raw netlink messages, in a network namespace that is thrown away."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from wherry.kit.linux.namespaces import CLONE_NEWNET, leave
from wherry.kit.linux.netlink import AlreadyThere, Netlink, NetlinkError, NoSuchLink, index_of
from wherry.kit.threads import call_in_fresh_thread
from wherry.network.bridge import Bridge
from wherry.network.settings import NetworkSettings

pytestmark = [pytest.mark.linux, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]

MAC = b"\x02\x00\x00\x00\x00\x01"
FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def in_new_namespace(body: Callable[[], None]) -> None:
    def inside() -> None:
        leave(CLONE_NEWNET)
        body()

    call_in_fresh_thread(inside)


def test_a_bridge_has_a_name_an_address_and_an_end() -> None:
    def body() -> None:
        with Netlink() as netlink:
            netlink.create_bridge("br0", mac=MAC)
            index = index_of("br0")
            netlink.add_address(index, "10.1.2.1", 24)
            netlink.add_route("10.96.0.0", 16, index=index, source="10.1.2.1")
            assert netlink.addresses() == ["10.1.2.1"]
            assert netlink.addresses(index) == ["10.1.2.1"]
            assert netlink.addresses(index + 1) == []
            netlink.delete_link("br0")
            assert netlink.addresses() == []

    in_new_namespace(body)


def test_the_kernels_refusals_have_types() -> None:
    def body() -> None:
        with Netlink() as netlink:
            netlink.create_bridge("br0", mac=MAC)
            with pytest.raises(AlreadyThere):
                netlink.create_bridge("br0", mac=MAC)
            index = index_of("br0")
            netlink.add_address(index, "10.1.2.1", 24)
            with pytest.raises(AlreadyThere):
                netlink.add_address(index, "10.1.2.1", 24)
            with pytest.raises(NoSuchLink):
                netlink.delete_link("br1")
            with pytest.raises(NoSuchLink):
                index_of("br1")
            with pytest.raises(NetlinkError):
                netlink.configure_endpoint(9999, "10.1.2.3", "10.1.2.1")
            # After a refusal the channel still works.
            netlink.delete_link("br0")

    in_new_namespace(body)


def test_forwarding_is_put_back_when_the_last_cluster_goes(tmp_path: Path) -> None:
    def body() -> None:
        FORWARD.write_text("0")
        bridges = [
            Bridge(NetworkSettings(cluster_id=name, service_cidr=cidr, dns_ip=dns), forward_before=tmp_path / "before")
            for name, cidr, dns in (("one", "10.96.0.0/16", "10.96.0.10"), ("two", "10.97.0.0/16", "10.97.0.10"))
        ]
        for bridge in bridges:
            bridge.create()
            bridge.create()
        bridges[0].remove()
        assert FORWARD.read_text().strip() == "1"
        bridges[1].remove()
        bridges[1].remove()
        assert FORWARD.read_text().strip() == "0"
        assert [name for _, name in socket.if_nameindex()] == ["lo"]

    in_new_namespace(body)
    assert list(tmp_path.iterdir()) == []
