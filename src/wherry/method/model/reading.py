"""Reads the landscape of any Kubernetes cluster, through the public API. Nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

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


class Lister(Protocol):
    """Who lists a cluster's objects for one person. `hidden` are the kinds that this person may not list."""

    hidden: list[str]

    async def all(self, kind: ResourceType[T]) -> list[T]:
        """All objects of a kind that may be seen, of one namespace or of all."""
        ...


@dataclass(slots=True)
class ClientLister:
    """Asks the API each time; implements Lister."""

    client: Client
    namespace: str
    hidden: list[str] = field(default_factory=list)

    async def all(self, kind: ResourceType[T]) -> list[T]:
        """Ask for all of them; what the cluster does not know is not there."""
        try:
            return list((await self.client.list(kind, self.namespace if kind.namespaced else "")).items)
        except Forbidden:
            self.hidden.append(kind.plural)
            return []
        except NotFound:
            return []


async def read_landscape(client: Client, namespace: str = "") -> Landscape:
    """What a cluster shows now, in one namespace or ("") in all of them."""
    return await landscape_of(ClientLister(client, namespace), client, await client_authorities(client, b""))


async def landscape_of(lister: Lister, client: Client, authorities: tuple[bytes, ...]) -> Landscape:
    """What a person sees of it.

    Args:
        lister: lists what is there.
        client: asks for the documents of contracts.
        authorities: the cluster's authorities for users; without them no signature counts.
    """
    reader = _Reader(lister, await _skipped(lister))
    workloads = [*await _deployments(reader), *await _stateful_sets(reader), *await _daemon_sets(reader)]
    catalogue = await _catalogue(client)
    return recognise(
        Objects(
            workloads=tuple(workloads),
            services=tuple(await reader.all(SERVICES, lambda one: one.metadata)),
            configs=tuple(await reader.all(CONFIG_MAPS, lambda one: one.metadata)),
            apis=catalogue.apis if catalogue is not None else (),
            releases=tuple(await reader.all(RELEASES, lambda one: one.metadata)),
            contracts=await _contracts(client, catalogue, authorities) if catalogue is not None else {},
            hidden=tuple(lister.hidden),
        )
    )


async def calls_of(lister: Lister) -> frozenset[Pair]:
    """Who is configured to call whom: (consumer, provider), by the names of the services."""
    reader = _Reader(lister, await _skipped(lister))
    workloads = [*await _deployments(reader), *await _stateful_sets(reader), *await _daemon_sets(reader)]
    services = tuple(await reader.all(SERVICES, lambda one: one.metadata))
    configs = tuple(await reader.all(CONFIG_MAPS, lambda one: one.metadata))
    return recognise(Objects(workloads=tuple(workloads), services=services, configs=configs)).calls


@dataclass(frozen=True, slots=True)
class _Reader:
    """Lists what is part of the landscape: nothing of the system, and of no experiment."""

    lister: Lister
    skipped: frozenset[str]

    async def all(self, kind: ResourceType[T], meta: Callable[[T], ObjectMeta]) -> list[T]:
        return [one for one in await self.lister.all(kind) if meta(one).namespace not in self.skipped]


async def _skipped(lister: Lister) -> frozenset[str]:
    found = await lister.all(NAMESPACES)
    # Who may not list namespaces is told of nothing else that is hidden.
    lister.hidden[:] = [kind for kind in lister.hidden if kind != NAMESPACES.plural]
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


async def _contracts(client: Client, catalogue: Catalogue, authorities: tuple[bytes, ...]) -> dict[Pair, Standing]:
    entries = await read_entries(client, catalogue, authorities)
    return {(entry.agreement.spec.consumer, entry.agreement.spec.provider): _standing(entry) for entry in entries}


def _standing(entry: Entry) -> Standing:
    state = standing(entry).state
    return Standing(state.word, state.why, contract_of(entry.api) if entry.api is not None else "")
