"""From a cluster's objects to its landscape: which workloads are services, which are databases, who uses whom. Pure.

A workload is the service that its label says (`wherry.dev/service`, else the labels that the world uses), unless all
its containers are databases. A database belongs to the service whose label it carries, and is used by every service
whose configuration names it. Secrets are not read: whom only a Secret names is not seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from wherry.api.core.configmap import ConfigMap
from wherry.api.core.service import Service
from wherry.api.method.api import Api
from wherry.api.method.release import Release
from wherry.apimachinery.document import Document
from wherry.method.contracts.stand_in import LABEL as STAND_IN
from wherry.method.contracts.unspoken import SERVICE_LABELS
from wherry.method.delivery.documents import entries, section
from wherry.method.facts.database_kinds import Found, database_in, kind_of_scheme
from wherry.method.model.callers import Host, hosts_of
from wherry.method.model.landscape import Landscape, Pair, Place, SeenDatabase, SeenService, Standing

OWNER, TEAM = "wherry.dev/service", "wherry.dev/team"


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that wants pods: its labels, its pods' template, how many it wants and has ready."""

    namespace: str
    name: str
    labels: Mapping[str, str]
    template: Document
    wanted: int
    ready: int

    @property
    def pod_labels(self) -> dict[str, str]:
        """The labels of its pods."""
        found = section(section(self.template, "metadata"), "labels")
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def label(self, *names: str) -> str:
        """The first of some labels that its pods or it itself have."""
        pods = self.pod_labels
        return next((found for name in names if (found := pods.get(name) or self.labels.get(name, ""))), "")

    @property
    def service(self) -> str:
        """The service that it is."""
        return self.label(STAND_IN) or self.label(*SERVICE_LABELS) or self.name

    @property
    def place(self) -> Place:
        """Where it is, and how it is there."""
        return Place(self.namespace, self.ready, self.wanted)


@dataclass(frozen=True, slots=True)
class Objects:
    """What was read of a cluster. `contracts` are computed from its catalogue; `hidden` kinds could not be read."""

    workloads: tuple[Workload, ...] = ()
    services: tuple[Service, ...] = ()
    configs: tuple[ConfigMap, ...] = ()
    apis: tuple[Api, ...] = ()
    releases: tuple[Release, ...] = ()
    contracts: Mapping[Pair, Standing] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Store:
    """A database in a workload."""

    workload: Workload
    found: Found
    owner: str


def recognise(objects: Objects) -> Landscape:
    """The landscape that these objects are."""
    names = {pinned.image: pinned.name for release in objects.releases for pinned in release.spec.images}
    stores: list[_Store] = []
    services: list[Workload] = []
    for workload in objects.workloads:
        found = [
            database_in(container, names) for container in entries(section(workload.template, "spec"), "containers")
        ]
        is_service = None in found or not found
        if is_service:
            services.append(workload)
        owner = workload.service if is_service else workload.label(OWNER)
        stores += [_Store(workload, database, owner) for database in found if database is not None]
    behind = _behind(objects)
    uses = _uses(services, objects.configs)
    databases = tuple(_databases(stores, behind, uses, {one.service for one in services}))
    return Landscape(
        services=_services(services, objects),
        databases=databases,
        contracts=objects.contracts,
        calls=frozenset(_calls(services, behind, uses)),
        hidden=objects.hidden,
    )


Uses = Mapping[str, set[tuple[str, Host]]]
"""What each service's configuration names: the namespace in which it says so, and the host."""


def _uses(services: Iterable[Workload], configs: Iterable[ConfigMap]) -> Uses:
    data: dict[str, dict[str, Mapping[str, str]]] = defaultdict(dict)
    for config in configs:
        data[config.metadata.namespace][config.metadata.name] = config.data
    uses: dict[str, set[tuple[str, Host]]] = defaultdict(set)
    for one in services:
        if not one.label(STAND_IN):
            uses[one.service] |= {(one.namespace, host) for host in hosts_of(one.template, data[one.namespace])}
    return uses


Behind = Mapping[tuple[str, str], list[Workload]]
"""The workloads that answer to a name, by namespace and name."""


def _behind(objects: Objects) -> Behind:
    homes: dict[str, list[Workload]] = defaultdict(list)
    for workload in objects.workloads:
        homes[workload.namespace].append(workload)
    return {
        (one.metadata.namespace, one.metadata.name): [
            workload
            for workload in homes[one.metadata.namespace]
            if one.spec.selector and one.spec.selector.items() <= workload.pod_labels.items()
        ]
        for one in objects.services
    }


def _reached(behind: Behind, namespace: str, host: str) -> list[Workload] | None:
    """The workloads that a host name leads to from a namespace; None when it is no name of the cluster."""
    pieces = host.split(".")
    home = namespace if len(pieces) == 1 else pieces[1]
    if len(pieces) > 2 and pieces[2] != "svc":
        return None
    found = behind.get((home, pieces[0]))
    if found is None and len(pieces) > 1:
        # A pod of a StatefulSet has a name of its own: orders-db-0.orders-db.
        found = behind.get((namespace if len(pieces) == 2 else pieces[2], pieces[1]))
    return found


def _databases(stores: Iterable[_Store], behind: Behind, uses: Uses, services: set[str]) -> Iterator[SeenDatabase]:
    for store in stores:
        workload = store.workload
        named = {
            service
            for service, hosts in uses.items()
            if any(workload in (_reached(behind, home, host.name) or ()) for home, host in hosts)
        }
        owner = store.owner if store.owner in services else ""
        by_name = workload.name.rpartition("-")[0]
        if not owner and not named and by_name in services:
            owner = by_name
        yield SeenDatabase(
            workload.name, workload.namespace, store.found.kind, store.found.version, owner, tuple(sorted(named))
        )
    outside: dict[tuple[str, str], set[str]] = defaultdict(set)
    for service, hosts in uses.items():
        for home, host in hosts:
            kind = kind_of_scheme(host.scheme)
            if kind is not None and _reached(behind, home, host.name) is None:
                outside[host.name, kind].add(service)
    for (name, kind), users in sorted(outside.items()):
        yield SeenDatabase(name, "", kind, users=tuple(sorted(users)), is_outside=True)


def _calls(services: list[Workload], behind: Behind, uses: Uses) -> Iterator[Pair]:
    known = {id(one) for one in services}
    for service, hosts in uses.items():
        for home, host in hosts:
            for reached in _reached(behind, home, host.name) or ():
                if id(reached) in known and reached.service != service:
                    yield service, reached.service


def _services(workloads: Iterable[Workload], objects: Objects) -> dict[str, SeenService]:
    places: dict[str, list[Place]] = defaultdict(list)
    stand_ins: dict[str, list[Place]] = defaultdict(list)
    teams: dict[str, str] = {}
    for one in workloads:
        (stand_ins if one.label(STAND_IN) else places)[one.service].append(one.place)
        teams.setdefault(one.service, one.label(TEAM))
    for release in objects.releases:
        teams[release.spec.service] = teams.get(release.spec.service, "") or release.spec.team
    promises: dict[str, set[str]] = defaultdict(set)
    for api in objects.apis:
        promises[api.spec.service].add(contract_of(api))
        teams[api.spec.service] = teams.get(api.spec.service, "") or api.spec.team
    return {
        name: SeenService(
            name, tuple(places[name]), tuple(stand_ins[name]), teams.get(name, ""), tuple(sorted(promises[name]))
        )
        for name in sorted({*places, *stand_ins, *promises})
    }


def contract_of(api: Api) -> str:
    """What a published promise is called: orders.v1 of version 1.4.0."""
    major = api.spec.version.lower().removeprefix("v").partition(".")[0]
    return f"{api.spec.service}.v{major if major.isdigit() else '1'}"
