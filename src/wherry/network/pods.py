"""Connects pods: an address and a cable for each sandbox (the agent's PodNetwork)."""

from __future__ import annotations

from pathlib import Path

from wherry.apimachinery.meta import ObjectKey
from wherry.kit.failpoints import failpoint
from wherry.kit.log import get_logger
from wherry.kit.threads import run_in_thread
from wherry.network.bridge import Bridge, has_cable
from wherry.network.ipam import Ipam
from wherry.network.served import ServedAddresses
from wherry.network.settings import NetworkSettings

log = get_logger(__name__)


class Pods:
    """The network of this node's pods; implements agent.interfaces.PodNetwork.

    Example:
        pods = Pods(NetworkSettings(cluster_id=str(home)), home / "network")
        await pods.start()
        ip = await pods.attach("/run/netns/x", "sandbox-1", ObjectKey("default", "web"))
        await pods.detach("sandbox-1", "/run/netns/x")
        await pods.remove()          # `wherry down`; a stop leaves everything in place
    """

    def __init__(self, settings: NetworkSettings, directory: Path) -> None:
        """`directory` remembers the addresses; it is this class's alone."""
        self._bridge = Bridge(settings)
        self._ipam = Ipam(directory / "addresses", settings.node_cidr)
        self.served = ServedAddresses()
        self.host_ip = settings.gateway
        self.dns_ip = settings.dns_ip
        self.cluster_domain = settings.cluster_domain

    async def start(self) -> None:
        """Make the bridge, if it is not there from before."""
        await run_in_thread(self._bridge.create)

    async def remove(self) -> None:
        """Remove the bridge, all cables, and the memory of all addresses."""
        await run_in_thread(self._bridge.remove)
        self._ipam.forget_all()

    async def attach(self, netns_path: str, sandbox_id: str, pod: ObjectKey, ip: str = "") -> str:
        """Connect a network namespace and return the pod's address; `ip` is one that it has already.

        A sandbox that is connected already (it outlived us) keeps its cable untouched: its connections live on.

        Raises:
            NoFreeAddress: the node's range is used up.
            AddressInUse: `ip` belongs to somebody else.
            OSError: the kernel refused.
        """
        if ip:
            self._ipam.claim(sandbox_id, ip)
            address = ip
            if await run_in_thread(has_cable, netns_path):
                return address
        else:
            address = self._ipam.acquire(sandbox_id)
        try:
            await run_in_thread(self._bridge.connect, netns_path, sandbox_id, address)
            failpoint("pod-connected")
        except OSError:
            await self.detach(sandbox_id, netns_path)
            raise
        log.debug("Connected pod", pod=pod, ip=address, sandbox=sandbox_id)
        return address

    async def detach(self, sandbox_id: str, netns_path: str) -> None:
        """Let go of the address and the cable; safe to call twice."""
        await run_in_thread(self._bridge.disconnect, sandbox_id)
        # Only now: nobody may get the address while the old cable still answers for it.
        self._ipam.release(sandbox_id)

    async def withdraw(self, ip: str) -> None:
        """Wait until Services no longer send new connections to a pod that ends; not for long."""
        if not await self.served.until_withdrawn(ip):
            log.warning("Services still send connections to a pod that ends", ip=ip)

    def owners(self) -> dict[str, str]:
        """Sandbox id -> address of all that are connected, from before a restart too."""
        return self._ipam.owners()
