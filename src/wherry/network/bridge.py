"""The cluster's bridge on this machine, and each pod's cable to it.

A pod's end has its address as a /32 and sends everything to the gateway, this machine. So pods reach
each other through the machine's routing, where nftables sees the packets of both directions and can
translate Service addresses; nothing depends on pods being each other's neighbours.
"""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import os
import socket
from pathlib import Path

from wherry.kit.linux.namespaces import CLONE_NEWNET, enter_namespace
from wherry.kit.linux.netlink import AlreadyThere, Netlink, NoSuchLink, index_of
from wherry.kit.threads import call_in_fresh_thread
from wherry.network.settings import NetworkSettings

POD_INTERFACE = "eth0"
MTU = 1500
_PREFIX = "wherry-"
_SYSCTL = Path("/proc/sys/net/ipv4")
# What ip_forward was before the first Wherry cluster on this machine; in /run, because both it and
# the setting are forgotten at the same moment, when the machine boots.
_FORWARD_BEFORE = Path("/run/wherry-ip-forward")


class Bridge:
    """The bridge of one cluster. All calls block for about a millisecond: make them in a thread."""

    def __init__(self, settings: NetworkSettings, *, forward_before: Path = _FORWARD_BEFORE) -> None:
        """Touches nothing yet. `forward_before` is shared by all clusters of the machine."""
        self._settings = settings
        self._forward_before = forward_before
        self.name = settings.name

    def create(self) -> None:
        """Make the bridge with the gateway's address, and let the machine forward; idempotent."""
        settings = self._settings
        node = ipaddress.IPv4Network(settings.node_cidr)
        service = ipaddress.IPv4Network(settings.service_cidr)
        with Netlink() as netlink:
            with contextlib.suppress(AlreadyThere):
                netlink.create_bridge(self.name, mac=_mac(self.name))
            index = index_of(self.name)
            with contextlib.suppress(AlreadyThere):
                netlink.add_address(index, settings.gateway, node.prefixlen)
            # Service addresses exist in nftables alone. Without a route the machine itself could not even
            # begin to send to one when it has no default route (a laptop without a network).
            with contextlib.suppress(AlreadyThere):
                netlink.add_route(str(service.network_address), service.prefixlen, index=index, source=settings.gateway)
        # Pods shall not learn short cuts to each other: their replies would miss address translation.
        (_SYSCTL / "conf" / self.name / "send_redirects").write_text("0")
        _allow_forwarding(self._forward_before)

    def remove(self) -> None:
        """Remove the bridge and every cable; the machine forwards as it did before. Safe to call twice."""
        with Netlink() as netlink:
            for port in self._ports():
                with contextlib.suppress(NoSuchLink):
                    netlink.delete_link(port)
            with contextlib.suppress(NoSuchLink):
                netlink.delete_link(self.name)
        _restore_forwarding(self._forward_before)

    def connect(self, netns_path: str, sandbox_id: str, address: str) -> None:
        """Lay a pod's cable: eth0 with `address` in its namespace. Idempotent for the same sandbox."""
        cable = self.cable_name(sandbox_id)
        namespace = os.open(netns_path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with Netlink() as netlink:
                self._lay(netlink, cable, namespace)
        finally:
            os.close(namespace)
        call_in_fresh_thread(_set_up_inside, netns_path, address, self._settings.gateway)

    def disconnect(self, sandbox_id: str) -> None:
        """Remove a pod's cable; safe to call twice."""
        with Netlink() as netlink, contextlib.suppress(NoSuchLink):
            netlink.delete_link(self.cable_name(sandbox_id))

    def cable_name(self, sandbox_id: str) -> str:
        """What this machine's end of a pod's cable is called."""
        return f"wh{hashlib.sha256(f'{self.name}/{sandbox_id}'.encode()).hexdigest()[:11]}"

    def _lay(self, netlink: Netlink, cable: str, namespace: int) -> None:
        bridge_index = index_of(self.name)
        for attempt in ("first", "second"):
            try:
                netlink.create_veth(
                    cable, peer_name=POD_INTERFACE, peer_namespace=namespace, bridge_index=bridge_index, mtu=MTU
                )
            except AlreadyThere:
                if attempt == "second":
                    raise
                # Left over from an attempt that was cut short: whatever state it is in, begin again.
                with contextlib.suppress(NoSuchLink):
                    netlink.delete_link(cable)
            else:
                break
        # With br_netfilter loaded, the bridge itself turns a pod's packet to its own Service back to it.
        netlink.set_hairpin(index_of(cable))

    def _ports(self) -> list[str]:
        ports = Path("/sys/class/net", self.name, "brif")
        return [path.name for path in ports.iterdir()] if ports.exists() else []


def has_cable(netns_path: str) -> bool:
    """Whether a namespace has its eth0."""
    return call_in_fresh_thread(_has_interface_inside, netns_path)


def _has_interface_inside(netns_path: str) -> bool:
    enter_namespace(netns_path, CLONE_NEWNET)
    return any(name == POD_INTERFACE for _, name in socket.if_nameindex())


def _set_up_inside(netns_path: str, address: str, gateway: str) -> None:
    enter_namespace(netns_path, CLONE_NEWNET)
    with Netlink() as netlink:
        netlink.configure_endpoint(index_of(POD_INTERFACE), address, gateway)


def _mac(name: str) -> bytes:
    """A locally administered address that stays the same for a bridge's name."""
    return b"\x02" + hashlib.sha256(name.encode()).digest()[:5]


def _allow_forwarding(memory: Path) -> None:
    forward = _SYSCTL / "ip_forward"
    before = forward.read_text().strip()
    if before != "1":
        with contextlib.suppress(FileExistsError), memory.open("x") as file:
            file.write(before)
        forward.write_text("1")


def _restore_forwarding(memory: Path) -> None:
    if any(name.startswith(_PREFIX) for _, name in socket.if_nameindex()):
        return  # Another cluster still needs it, and will restore it.
    if memory.exists():
        (_SYSCTL / "ip_forward").write_text(memory.read_text())
        memory.unlink()
