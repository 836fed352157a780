"""All simulated nodes of a cluster as one component: makes as many as are wanted, and plays them.

    Fleet(client, informers, clock, journal, random, count=100, beside_real_nodes=False)

It needs no rights on the machine and no kernel of a certain kind: everything happens in the API.
"""

from __future__ import annotations

import asyncio
from random import Random

from wherry.agent.simulated.heartbeats import Heartbeats
from wherry.agent.simulated.nodes import (
    LABEL,
    SIMULATED_NODES_CONTROLLER,
    node_document,
    node_number,
)
from wherry.agent.simulated.pods import simulated_pods_controller
from wherry.agent.simulated.stages import Stage, built_in_stages
from wherry.api.core.node import NODES, Node, is_simulated
from wherry.apimachinery.errors import AlreadyExists, NotFound
from wherry.client.client import Client
from wherry.client.indexer import Indexer
from wherry.client.informer import SharedInformers
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager

USER = "system:simulated-nodes"


class Fleet:
    """Plays all simulated nodes. Somebody else runs the SharedInformers."""

    name = "simulated-fleet"

    def __init__(
        self,
        client: Client,
        informers: SharedInformers,
        clock: Clock,
        journal: Journal,
        random: Random,
        *,
        count: int,
        beside_real_nodes: bool,
        stages: tuple[Stage, ...] | None = None,
    ) -> None:
        """`client` speaks as USER. `count` nodes named simulated-0 ... are made; those beyond are removed."""
        self.ready = asyncio.Event()
        self._client = client
        self._nodes = informers.informer(NODES)
        self._count = count
        self._beside_real_nodes = beside_real_nodes
        self._heartbeats = Heartbeats(client, informers, clock)
        controllers = (SIMULATED_NODES_CONTROLLER, simulated_pods_controller(stages or built_in_stages()))
        self._manager = ControllerManager(client, informers, clock, controllers, journal, random)

    async def run(self) -> None:
        """Make the nodes and play them until cancelled; `ready` when all of them are Ready."""
        await self._make_nodes()
        async with TaskScope(self.name) as scope:
            _ = scope.start(self._manager.name, self._manager.run())
            await self._nodes.wait_until(self._all_there)
            _ = scope.start(self._heartbeats.name, self._heartbeats.run())
            await self._nodes.wait_until(self._all_ready)
            self.ready.set()
            await asyncio.Event().wait()

    def plays(self, node: str) -> bool:
        """Whether the node of this name is simulated."""
        return is_simulated(self._nodes.lister.get("", node))

    async def _make_nodes(self) -> None:
        """Bring the number of our own nodes to what is wanted; nodes that somebody else has made stay."""
        listed = await self._client.list(NODES, label_selector=f"{LABEL}=true")
        numbers = {number for node in listed.items if (number := node_number(node.metadata.name)) is not None}
        async with TaskScope("nodes") as scope:
            for number in set(range(self._count)) - numbers:
                _ = scope.start(f"make-{number}", self._make(number))
            for node in listed.items:
                number = node_number(node.metadata.name)
                if number is not None and number >= self._count:
                    _ = scope.start(f"remove-{number}", self._remove(node))
            await scope.join()

    async def _make(self, number: int) -> None:
        try:
            await self._client.create(NODES, node_document(number, beside_real_nodes=self._beside_real_nodes))
        except AlreadyExists:
            return

    async def _remove(self, node: Node) -> None:
        try:
            await self._client.delete(NODES, node.metadata.name)
        except NotFound:
            return

    def _all_there(self, nodes: Indexer[Node]) -> bool:
        return len(self._own(nodes)) >= self._count

    def _all_ready(self, nodes: Indexer[Node]) -> bool:
        ready = [
            node
            for node in self._own(nodes)
            if any(entry.type == "Ready" and entry.status == "True" for entry in node.status.conditions)
        ]
        return len(ready) >= self._count

    def _own(self, nodes: Indexer[Node]) -> list[Node]:
        return [node for node in nodes if is_simulated(node) and node_number(node.metadata.name) is not None]
