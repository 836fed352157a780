"""The node's own object: registered at the start, its Lease renewed, its status told when it changes.

These are the only timers of a quiet node: the Lease every ten seconds, the status every five minutes. Images that come
or go are told at once.
A clock that jumps changes neither, since both count monotonic time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from wherry.agent.machine_kind import machine_kind, machine_labels, read_traces
from wherry.agent.node_status import Machine, compute_node_status, read_machine
from wherry.agent.settings import AgentSettings
from wherry.api.coordination.lease import LEASES
from wherry.api.core.node import NODES, Node
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, NotFound, StatusError
from wherry.apimachinery.timestamps import format_micro_time
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.runtime.interface import ImageService, ImageStatus, RuntimeFailure

LEASE_NAMESPACE = "kube-node-lease"
RETRY_S = 0.5
IMAGES_SETTLE_S = 0.5

log = get_logger(__name__)


@dataclass(slots=True)
class NodeReporter:
    """Keeps the node's object and Lease up to date."""

    client: Client
    clock: Clock
    settings: AgentSettings
    images: ImageService
    runtime_version: str
    look: Callable[[], Machine] | None = None
    registered: asyncio.Event = field(default_factory=asyncio.Event)
    images_changed: asyncio.Event = field(default_factory=asyncio.Event)
    uid: str = ""

    def machine(self) -> Machine:
        """The machine as it is now."""
        return self.look() if self.look is not None else read_machine(self.settings.data_dir)

    async def report(self) -> None:
        """Register, then report the status for ever."""
        await self._until_done(self._register)
        await self._until_done(self._report_status)
        self.registered.set()
        while True:
            await self.clock.sleep(self.settings.status_period_s)
            await self._until_done(self._report_status)

    async def report_images(self) -> None:
        """Report the status soon after images have come or gone, for ever: others choose nodes and wait by it."""
        await self.registered.wait()
        while True:
            await self.images_changed.wait()
            # One import writes the index several times.
            await self.clock.sleep(IMAGES_SETTLE_S)
            self.images_changed.clear()
            await self._until_done(self._report_status)

    async def renew(self) -> None:
        """Renew the Lease for ever; it says that this node is alive."""
        await self.registered.wait()
        while True:
            await self._until_done(self._renew_once)
            await self.clock.sleep(self.settings.lease_period_s)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
                return
            except (StatusError, OSError, EOFError) as error:
                log.warning("Could not report node", node=self.settings.node_name, err=str(error))
                await self.clock.sleep(RETRY_S)

    async def _register(self) -> None:
        name, machine = self.settings.node_name, self.machine()
        labels = {
            "beta.kubernetes.io/arch": machine.architecture,
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": machine.architecture,
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            **machine_labels(machine_kind(read_traces())),
            **self.settings.labels,
        }
        spec: Document = {"podCIDR": self.settings.pod_cidr, "podCIDRs": [self.settings.pod_cidr]}
        try:
            node = await self.client.create(
                NODES,
                {"metadata": {"name": name, "labels": labels}, "spec": spec, "status": self._status(machine, None)},
            )
        except AlreadyExists:
            node = await self.client.get(NODES, name)
            if any(node.metadata.labels.get(key) != value for key, value in labels.items()):
                node = await self.client.patch(NODES, name, {"metadata": {"labels": labels}})
        self.uid = node.metadata.uid

    def _status(self, machine: Machine, node: Node | None) -> Document:
        return compute_node_status(
            machine,
            self.settings,
            self._images_here(),
            runtime_version=self.runtime_version,
            before=node.status.conditions if node is not None else (),
            now_s=self.clock.now_s(),
        )

    def _images_here(self) -> Sequence[ImageStatus]:
        try:
            return self.images.list()
        except RuntimeFailure as error:
            # The node is as good as before; pods that need an image hear of it themselves.
            log.warning("Could not read images", node=self.settings.node_name, err=str(error))
            return ()

    async def _report_status(self) -> None:
        name = self.settings.node_name
        try:
            node = await self.client.get(NODES, name)
        except NotFound:
            await self._register()  # somebody deleted the node, and here it is
            node = await self.client.get(NODES, name)
        status = self._status(self.machine(), node)
        await self.client.patch(NODES, name, {"status": status}, subresource="status", patch_type="strategic")

    async def _renew_once(self) -> None:
        name = self.settings.node_name
        now = format_micro_time(self.clock.now_s())
        spec: Document = {
            "holderIdentity": name,
            "leaseDurationSeconds": self.settings.lease_duration_s,
            "renewTime": now,
        }
        try:
            await self.client.patch(LEASES, name, {"spec": spec}, LEASE_NAMESPACE)
        except NotFound:
            owner: Document = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": self.uid}
            meta: Document = {"name": name, "namespace": LEASE_NAMESPACE, "ownerReferences": [owner]}
            await self.client.create(LEASES, {"metadata": meta, "spec": spec}, LEASE_NAMESPACE)
