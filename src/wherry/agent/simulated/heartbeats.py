"""The heartbeats of all simulated nodes: one sweep renews every Lease, in one turn and so in one commit."""

from __future__ import annotations

import asyncio

from wherry.api.coordination.lease import LEASES
from wherry.api.core.node import NODES, Node, is_simulated
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.apimachinery.timestamps import format_micro_time
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.kit.tasks import TaskScope

LEASE_NAMESPACE = "kube-node-lease"
PERIOD_S = 10.0
DURATION_S = 40
"""As a real kubelet's: four heartbeats may be lost before anybody worries."""

log = get_logger(__name__)


class Heartbeats:
    """Says for every simulated node that it is alive."""

    name = "simulated-heartbeats"

    def __init__(self, client: Client, informers: SharedInformers, clock: Clock) -> None:
        """Nothing is sent before `run`."""
        self.ready = asyncio.Event()
        self._client = client
        self._nodes = informers.informer(NODES)
        self._clock = clock

    async def run(self) -> None:
        """Renew every Lease, every ten seconds, until cancelled."""
        await self._nodes.synced.wait()
        while True:
            await self.sweep()
            self.ready.set()
            await self._clock.sleep(PERIOD_S)

    async def sweep(self) -> None:
        """Renew the Leases of the nodes that there are now."""
        nodes = [
            node for node in self._nodes.lister.list() if is_simulated(node) and not node.metadata.is_being_deleted
        ]
        async with TaskScope("heartbeats") as scope:
            for node in nodes:
                _ = scope.start(node.metadata.name, self._renew(node))
            await scope.join()

    async def _renew(self, node: Node) -> None:
        name = node.metadata.name
        spec: Document = {
            "holderIdentity": name,
            "leaseDurationSeconds": DURATION_S,
            "renewTime": format_micro_time(self._clock.now_s()),
        }
        try:
            try:
                await self._client.patch(LEASES, name, {"spec": spec}, LEASE_NAMESPACE)
            except NotFound:
                owner: Document = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node.metadata.uid}
                meta: Document = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
                await self._client.create(LEASES, {"metadata": meta, "spec": spec}, LEASE_NAMESPACE)
        except (StatusError, OSError, EOFError) as error:
            log.warning("Could not renew lease", node=name, err=str(error))
