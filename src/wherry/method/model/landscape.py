"""What a cluster shows of a system: services, the databases behind them, and who uses whom. Plain facts, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Place:
    """Where something runs, and how many of its pods are ready."""

    namespace: str
    ready: int
    wanted: int

    @property
    def is_ready(self) -> bool:
        """Whether all that is wanted is ready, and something is wanted."""
        return 0 < self.wanted <= self.ready

    @property
    def words(self) -> str:
        """For people: "orders-dev (2 of 2 ready)"."""
        return f"{self.namespace} ({self.ready} of {self.wanted} ready)"


@dataclass(frozen=True, slots=True)
class SeenDatabase:
    """A database: in a cluster, or at a host outside of it. `users` are the services whose configuration names it.

    `owner` is the service that it was deployed with, "" when nothing says so. `version` is "" when unknown.
    """

    name: str
    namespace: str
    kind: str
    version: str = ""
    owner: str = ""
    users: tuple[str, ...] = ()
    is_outside: bool = False

    @property
    def words(self) -> str:
        """For people: "shop-db (postgresql 15)"."""
        return f"{self.name} ({' '.join(part for part in (self.kind, self.version) if part)})"

    @property
    def services(self) -> tuple[str, ...]:
        """Every service that has to do with it."""
        return tuple(sorted({*self.users, self.owner} - {""}))


@dataclass(frozen=True, slots=True)
class SeenService:
    """A service that runs, or that stands in for one. `promises` are the contracts in the catalogue: orders.v1."""

    name: str
    places: tuple[Place, ...] = ()
    stand_ins: tuple[Place, ...] = ()
    team: str = ""
    promises: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether it is really there, and not only a stand-in."""
        return bool(self.places)

    @property
    def is_ready(self) -> bool:
        """Whether it is complete in one place at least."""
        return any(place.is_ready for place in self.places)

    @property
    def where(self) -> str:
        """For people: where it runs."""
        return ", ".join(place.words for place in self.places)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the contract between a consumer and a provider stands: its word (Agreed), and why."""

    word: str
    why: str = ""
    promise: str = ""


Pair = tuple[str, str]
"""Consumer and provider."""


@dataclass(frozen=True, slots=True)
class Landscape:
    """The whole of it. `calls` are seen in configuration; `hidden` are the kinds that may not be looked at."""

    services: Mapping[str, SeenService] = field(default_factory=dict)
    databases: tuple[SeenDatabase, ...] = ()
    contracts: Mapping[Pair, Standing] = field(default_factory=dict)
    calls: frozenset[Pair] = frozenset()
    hidden: tuple[str, ...] = ()

    def service(self, name: str) -> SeenService:
        """One service; an empty one when nothing of it is there."""
        return self.services.get(name, SeenService(name))

    def databases_of(self, service: str) -> tuple[SeenDatabase, ...]:
        """The databases that a service uses or was deployed with."""
        return tuple(one for one in self.databases if service in one.services)

    def callers_of(self, service: str) -> tuple[str, ...]:
        """Who uses it, by configuration or by contract."""
        pairs = {*self.calls, *self.contracts}
        return tuple(sorted({consumer for consumer, provider in pairs if provider == service}))
