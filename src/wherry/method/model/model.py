"""What a model.yaml says: the services of today, those of tomorrow, their databases and the contracts between them.

    name: bazaar                        # the system; may be left out
    now:
      services:
        - name: shop                    # a monolith: its parts are in one container
          parts: [orders, billing]
          database: {kind: postgresql, name: shop-db}
    next:
      services:
        - name: orders
          from: shop                    # split out of it
          team: orders
          database: {kind: postgresql, version: "18"}
          provides: [orders.v1]
          needs: [billing.v1]
        - name: billing
          from: shop
          provides: [{name: billing.v1, document: contracts/billing.v1.openapi.yaml}]

A contract is called SERVICE.vN: the Nth version of what the service promises. What a service says nothing of (its
database, its team) is not asked of the cluster either.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Database:
    """A service's database. `name` and `version` are "" when any will do; `none`: it shall have none."""

    kind: str = ""
    version: str = ""
    name: str = ""
    none: bool = False

    @property
    def words(self) -> str:
        """What it is, for people: "postgresql 18"."""
        return " ".join(part for part in (self.kind, self.version) if part)


@dataclass(frozen=True, slots=True)
class Promise:
    """A contract that a service provides: its name (orders.v1), and the file of its document if the model names it."""

    name: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `parts` are what is inside it; `origin` is what it is split out of; `outside`: not in a cluster."""

    name: str
    team: str = ""
    does: str = ""
    parts: tuple[str, ...] = ()
    database: Database | None = None
    provides: tuple[Promise, ...] = ()
    needs: tuple[str, ...] = ()
    origin: str = ""
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """Both states, each service by its name, in the order of the file. `source` is what the file is called.

    `name` is what the system is called, "" when the file does not say.
    """

    now: dict[str, Service]
    next: dict[str, Service]
    source: str = "model.yaml"
    name: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Every service that the model speaks of."""
        origins = (one.origin for one in self.next.values() if one.origin)
        return tuple(dict.fromkeys((*self.now, *origins, *self.next)))

    @property
    def leaving(self) -> tuple[str, ...]:
        """The services that are not wanted any more."""
        return tuple(name for name in self.names if name not in self.next)


def provider_of(contract: str) -> str:
    """The service that a contract is of: orders of orders.v1."""
    return contract.rpartition(".v")[0]


def version_of(contract: str) -> str:
    """The number in a contract's name: 1 of orders.v1."""
    return contract.rpartition(".v")[2]
