"""Reads the landscape of any Kubernetes cluster, through the public API. Nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from wherry.api.apps.daemonset import DAEMON_SETS, DaemonSet
from wherry.api.apps.deployment import DEPLOYMENTS, Deployment
from wherry.api.apps.statefulset import STATEFUL_SETS, StatefulSet
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.service import SERVICES
from wherry.api.method.release import RELEASES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.client import Client
from wherry.method.contracts.catalogue import Catalogue, Entry, NoCatalogue, client_authorities, read_catalogue
from wherry.method.contracts.standing import read_entries, standing
from wherry.method.model.landscape import Landscape, Pair, Standing
from wherry.method.model.recognising import Objects, Workload, contract_of, recognise

T = TypeVar("T", bound=msgspec.Struct)
SYSTEM = frozenset(("kube-system", "kube-public", "kube-node-lease"))
TASK = "wherry.dev/task"
"""A namespace with this label is a twin, in which something is proved: no part of the landscape."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Lists the kinds that this person may see, of one namespace or all, without those that are no part of it."""

    client: Client
    namespace: str
    skipped: frozenset[str]
    hidden: list[str] = field(default_factory=list)

    async def all(self, kind: ResourceType[T], meta: Callable[[T], ObjectMeta]) -> list[T]:
        try:
            found = (await self.client.list(kind, self.namespace)).items
        except Forbidden:
            self.hidden.append(kind.plural)
            return []
        except NotFound:
            return []
        return [one for one in found if meta(one).namespace not in self.skipped]


async def read_landscape(client: Client, namespace: str = "") -> Landscape:
    """What a cluster shows now, in one namespace or ("") in all of them."""
    reader = _Reader(client, namespace, await _skipped(client) if not namespace else frozenset())
    workloads = [*await _deployments(reader), *await _stateful_sets(reader), *await _daemon_sets(reader)]
    catalogue = await _catalogue(client)
    return recognise(
        Objects(
            workloads=tuple(workloads),
            services=tuple(await reader.all(SERVICES, lambda one: one.metadata)),
            configs=tuple(await reader.all(CONFIG_MAPS, lambda one: one.metadata)),
            apis=catalogue.apis if catalogue is not None else (),
            releases=tuple(await reader.all(RELEASES, lambda one: one.metadata)),
            contracts=await _contracts(client, catalogue) if catalogue is not None else {},
            hidden=tuple(reader.hidden),
        )
    )


async def _skipped(client: Client) -> frozenset[str]:
    try:
        found = (await client.list(NAMESPACES)).items
    except Forbidden:
        return SYSTEM
    return SYSTEM | {one.metadata.name for one in found if TASK in one.metadata.labels}


async def _deployments(reader: _Reader) -> Iterator[Workload]:
    def workload(one: Deployment) -> Workload:
        wanted = 1 if one.spec.replicas is None else one.spec.replicas
        return _workload(one.metadata, one.spec.template, wanted, one.status.ready_replicas or 0)

    return map(workload, await reader.all(DEPLOYMENTS, lambda one: one.metadata))


async def _stateful_sets(reader: _Reader) -> Iterator[Workload]:
    def workload(one: StatefulSet) -> Workload:
        wanted = 1 if one.spec.replicas is None else one.spec.replicas
        return _workload(one.metadata, one.spec.template, wanted, one.status.ready_replicas or 0)

    return map(workload, await reader.all(STATEFUL_SETS, lambda one: one.metadata))


async def _daemon_sets(reader: _Reader) -> Iterator[Workload]:
    def workload(one: DaemonSet) -> Workload:
        status = one.status
        return _workload(one.metadata, one.spec.template, status.desired_number_scheduled, status.number_ready)

    return map(workload, await reader.all(DAEMON_SETS, lambda one: one.metadata))


def _workload(meta: ObjectMeta, template: Document, wanted: int, ready: int) -> Workload:
    return Workload(meta.namespace, meta.name, meta.labels, template, wanted, ready)


async def _catalogue(client: Client) -> Catalogue | None:
    try:
        return await read_catalogue(client)
    except (NoCatalogue, Forbidden):
        return None


async def _contracts(client: Client, catalogue: Catalogue) -> dict[Pair, Standing]:
    entries = await read_entries(client, catalogue, await client_authorities(client, b""))
    return {(entry.agreement.spec.consumer, entry.agreement.spec.provider): _standing(entry) for entry in entries}


def _standing(entry: Entry) -> Standing:
    state = standing(entry).state
    return Standing(state.word, state.why, contract_of(entry.api) if entry.api is not None else "")
