"""What the network of one cluster on one machine needs to know."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_CLUSTER_ID = re.compile(r"[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """The ranges and names of one cluster; two clusters on a machine need different ones.

    `cluster_id` is the cluster's own: 1 to 8 letters and digits, since it becomes part of an interface's
    name. `pod_cidr` is the whole cluster's, `node_cidr` this node's part of it.
    """

    cluster_id: str
    pod_cidr: str = "10.244.0.0/16"
    node_cidr: str = "10.244.0.0/24"
    service_cidr: str = "10.96.0.0/16"
    dns_ip: str = "10.96.0.10"
    cluster_domain: str = "cluster.local"

    def __post_init__(self) -> None:
        """Check that the ranges fit together and the name fits the kernel."""
        if not _CLUSTER_ID.fullmatch(self.cluster_id):
            raise ValueError(f"the cluster's id {self.cluster_id!r} is not 1 to 8 letters and digits")
        pods = ipaddress.IPv4Network(self.pod_cidr)
        node = ipaddress.IPv4Network(self.node_cidr)
        services = ipaddress.IPv4Network(self.service_cidr)
        if not node.subnet_of(pods):
            raise ValueError(f"the node's range {node} is not part of the pods' range {pods}")
        if services.overlaps(pods):
            raise ValueError(f"the services' range {services} and the pods' range {pods} overlap")
        if ipaddress.IPv4Address(self.dns_ip) not in services:
            raise ValueError(f"the DNS address {self.dns_ip} is not in the services' range {services}")

    @property
    def name(self) -> str:
        """What the cluster's bridge and nftables table are called."""
        return f"wherry-{self.cluster_id}"

    @property
    def gateway(self) -> str:
        """This node's address on its bridge: the first of its range."""
        return str(ipaddress.IPv4Network(self.node_cidr)[1])
