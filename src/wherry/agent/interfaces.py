"""What the node agent needs from its neighbours, apart from the container runtime and the API server."""

from __future__ import annotations

from typing import Protocol

from wherry.apimachinery.meta import ObjectKey


class PodNetwork(Protocol):
    """Gives pods their addresses. Everything that it did is undone by `detach`, also after a crash."""

    host_ip: str
    dns_ip: str
    cluster_domain: str

    async def attach(self, netns_path: str, sandbox_id: str, pod: ObjectKey, ip: str = "") -> str:
        """Connect a network namespace and return the pod's address; `ip` is one that it has already."""

    async def withdraw(self, ip: str) -> None:
        """Wait, for a moment at most, until Services no longer send new connections to a pod that ends."""

    async def detach(self, sandbox_id: str, netns_path: str) -> None:
        """Let go of the address and the interface; safe to call twice."""
