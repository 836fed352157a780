"""Two pods cannot have the same port of one node."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.scheduler.framework import Facts, Plugin
from wherry.scheduler.pod_info import HostPort, PodInfo
from wherry.scheduler.snapshot import NodeInfo

REASON = "node(s) didn't have free ports for the requested pod ports"
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - compared, not bound


def collide(one: HostPort, other: HostPort) -> bool:
    """Whether both cannot be had at once."""
    same_address = one.ip == other.ip or EVERY_ADDRESS in (one.ip, other.ip)
    return same_address and one.protocol == other.protocol and one.port == other.port


def _filter(pod: PodInfo, node: NodeInfo, _facts: Facts) -> Sequence[str]:
    if pod.host_ports and any(collide(wanted, taken) for wanted in pod.host_ports for taken in node.host_ports):
        return (REASON,)
    return ()


PORTS = Plugin(name="NodePorts", filter=_filter, woken_by=frozenset({"node-added", "pod-gone"}))
