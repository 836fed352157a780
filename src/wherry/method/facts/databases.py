"""Which workloads of an environment are databases, and which database each workload's settings lead to."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wherry.apimachinery.document import Document
from wherry.method.facts.database_kinds import is_database
from wherry.method.facts.facts import EnvironmentFacts
from wherry.method.facts.manifests import containers, items, name_of, repository_of, section, workloads

SCHEMES = re.compile(r"^(postgres(ql)?|mysql|mariadb|mongodb|redis|rediss|cockroachdb)(\+\w+)?://")
HOST_SETTING = re.compile(r"(^|_)(DATABASE|DB|POSTGRES\w*|PG|MYSQL|MARIADB|MONGO|REDIS)\w*(HOST|SERVER|ADDR)$")


@dataclass(frozen=True, slots=True)
class User:
    """A workload that uses databases: what it is called, which images it runs, and the hosts that it connects to.

    `secrets` are the Secrets that its containers read: a password says who may come in.
    """

    name: str
    images: frozenset[str]
    hosts: frozenset[str]
    secrets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Databases:
    """The databases of one environment: their workloads, and everything else that runs there."""

    own: tuple[User, ...]
    users: tuple[User, ...]
    services: frozenset[str]
    namespace: str

    def is_own(self, host: str) -> bool:
        """Whether a host is a Service of this environment: orders-db, or orders-db.orders-dev.svc."""
        name, namespace = service_of(host)
        return name in self.services and namespace in ("", self.namespace)


def service_of(host: str) -> tuple[str, str]:
    """The Service and the namespace that a host in a cluster names; a namespace of "" is the caller's own."""
    parts = host.split(".")
    in_cluster = len(parts) == 2 or parts[2:3] == ["svc"]
    return parts[0], parts[1] if in_cluster and len(parts) > 1 else ""


def is_in_cluster(host: str) -> bool:
    """Whether a host is certainly a Service of another namespace: names of the world have no dash at their end."""
    parts = host.split(".")
    return parts[2:3] == ["svc"] or (len(parts) == 2 and "-" in parts[1])


def databases_of(environment: EnvironmentFacts) -> Databases:
    """Read the manifests of one environment. Pure."""
    settings = _settings(environment)
    own: list[User] = []
    users: list[User] = []
    for document, spec in workloads(environment):
        user = _user(document, spec, settings)
        (own if any(is_database(entry) for entry in containers(spec)) else users).append(user)
    services = {
        str(section(document, "metadata").get("name", ""))
        for document in environment.manifests
        if document.get("kind") == "Service"
    }
    spaces = {str(section(document, "metadata").get("namespace", "")) for document in environment.manifests}
    namespace = next(iter(spaces - {""}), "") if len(spaces - {""}) == 1 else ""
    return Databases(tuple(own), tuple(users), frozenset(services), namespace)


def database_host(name: str, value: str) -> str:
    """The host of the database that a setting leads to; "" when it is about something else."""
    if SCHEMES.match(value):
        try:
            return (urlsplit(value).hostname or "").lower()
        except ValueError:
            return ""
    if HOST_SETTING.search(name) and value and not value.startswith("/"):
        return value.partition(":")[0].lower() if value.count(":") < 2 else value.lower()
    return ""


def _user(document: Document, spec: Document, settings: Mapping[tuple[str, str], Mapping[str, str]]) -> User:
    both = [*items(spec, "initContainers"), *containers(spec)]
    pairs = [pair for entry in both for pair in _variables(entry, settings)]
    return User(
        name=name_of(document),
        images=frozenset(repository_of(str(entry.get("image", ""))) for entry in both),
        hosts=frozenset(host for name, value in pairs if (host := database_host(name, value))),
        secrets=frozenset(name for entry in both for name in _secrets(entry)),
    )


def _variables(container: Document, settings: Mapping[tuple[str, str], Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The variables of a container whose values the manifests tell."""
    for source in items(container, "envFrom"):
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            name = str(section(source, key).get("name", ""))
            prefix = str(source.get("prefix") or "")
            yield from ((f"{prefix}{one}", value) for one, value in settings.get((kind, name), {}).items())
    for entry in items(container, "env"):
        value = entry.get("value")
        if isinstance(value, str):
            yield str(entry.get("name")), value
        for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            ref = section(entry, "valueFrom", key)
            found = settings.get((kind, str(ref.get("name", ""))), {}).get(str(ref.get("key", "")))
            if found is not None:
                yield str(entry.get("name")), found


def _secrets(container: Document) -> Iterator[str]:
    for source in items(container, "envFrom"):
        if name := section(source, "secretRef").get("name"):
            yield str(name)
    for entry in items(container, "env"):
        if name := section(entry, "valueFrom", "secretKeyRef").get("name"):
            yield str(name)


def _settings(environment: EnvironmentFacts) -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for document in environment.manifests:
        kind = str(document.get("kind"))
        if kind in ("ConfigMap", "Secret"):
            data = {str(key): str(value) for key, value in section(document, "data").items()}
            plain = data if kind == "ConfigMap" else {key: _decoded(value) for key, value in data.items()}
            written = {str(key): str(value) for key, value in section(document, "stringData").items()}
            found[kind, str(section(document, "metadata").get("name", ""))] = {**plain, **written}
    return found


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
