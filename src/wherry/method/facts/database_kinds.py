"""Which containers are databases, of which kind and version: by the names that the world gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wherry.apimachinery.document import Document
from wherry.method.facts.manifests import items

KINDS: Mapping[str, str] = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "postgis": "postgresql",
    "timescaledb": "postgresql",
    "pgvector": "postgresql",
    "mysql": "mysql",
    "percona": "mysql",
    "mariadb": "mariadb",
    "mongo": "mongodb",
    "mongodb": "mongodb",
    "redis": "redis",
    "valkey": "valkey",
    "cassandra": "cassandra",
    "cockroach": "cockroachdb",
    "couchdb": "couchdb",
    "clickhouse": "clickhouse",
    "elasticsearch": "elasticsearch",
    "opensearch": "opensearch",
    "neo4j": "neo4j",
    "influxdb": "influxdb",
    "mssql": "mssql",
    "sqlite": "sqlite",
}
"""What images, containers and addresses call them, and what the kind is called here."""

PORTS: Mapping[int, str] = {5432: "postgresql", 3306: "mysql", 27017: "mongodb", 1433: "mssql", 9042: "cassandra"}
"""The ports by which a container of an unknown image is recognised; a proxy in front of a database has them too."""

IN_FRONT = re.compile(r"prox|bouncer|exporter|backup|admin|router|pgpool|operator|haproxy|envoy")
_WORDS = re.compile(r"[^a-z0-9]+")
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Found:
    """A database in a container."""

    kind: str
    version: str


def is_database(container: Document) -> bool:
    """Whether a container is a database's, by its image, its own name or its port."""
    return database_in(container) is not None


def database_in(container: Document, names: Mapping[str, str] = MappingProxyType({})) -> Found | None:
    """What database a container runs, or None.

    Args:
        container: of a pod template.
        names: what images that are given by digest were called when they were pinned.
    """
    image = str(container.get("image", ""))
    repository, tag = split_image(names.get(image, image))
    base = repository.rpartition("/")[2]
    name = str(container.get("name", ""))
    if IN_FRONT.search(base) or IN_FRONT.search(name):
        return None
    kind = _kind_by_name(base) or KINDS.get(name) or _kind_by_port(container, f"{base} {name}")
    if kind is None:
        return None
    found = _VERSION.match(tag)
    return Found(kind, found[1] if found else "")


def split_image(image: str) -> tuple[str, str]:
    """An image's repository and its tag ("" without one): a registry's port is no tag."""
    place = image.partition("@")[0]
    head, slash, last = place.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{head}{slash}{base}", tag


def is_version(wanted: str, seen: str) -> bool:
    """Whether a version is the wanted one, as far as that says: 18.3 is 18."""
    return seen == wanted or seen.startswith(f"{wanted}.")


def kind_of_scheme(scheme: str) -> str | None:
    """The kind that an address is of: postgresql of postgres://, or postgresql+asyncpg://."""
    return KINDS.get(scheme.lower().partition("+")[0])


def _kind_by_name(base: str) -> str | None:
    words = [word for word in _WORDS.split(base.lower()) if word]
    # The first word says what it is (mysql-server, postgresql-repmgr); orders-postgres says it with the last one.
    return next((KINDS[word] for word in (*words[:1], *words[-1:]) if word in KINDS), None)


def _kind_by_port(container: Document, called: str) -> str | None:
    if not re.search(r"db|database|sql|data|store", called):
        return None
    ports = [port.get("containerPort") for port in items(container, "ports")]
    return next((PORTS[port] for port in ports if isinstance(port, int) and port in PORTS), None)
