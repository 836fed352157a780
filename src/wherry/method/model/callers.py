"""Whom a pod will talk to, as its configuration says: the hosts in its variables, arguments and mounted settings.

    DATABASE_HOST=orders-db                    -> orders-db
    PARTNER_URL=http://orders.orders-dev:8080  -> orders.orders-dev
    DSN=host=db port=5432 dbname=x             -> db

A value that is only a word counts when its name speaks of a host: APP_NAME=orders names nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import containers, entries, section, text

VALUE_CHARS_MAX = 100_000
"""Longer values (a certificate bundle, a script) are no address."""

_URL = re.compile(
    r"([a-z][a-z0-9+.\-]*)://(?:[^\s/@'\"]*@)?([A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)", re.IGNORECASE
)
_DSN = re.compile(r"(?:^|[\s;])(?:host|server|data source|hostaddr)\s*=\s*([A-Za-z0-9][A-Za-z0-9.\-]*)", re.IGNORECASE)
_PLAIN = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?)(?::\d+)?(?:/.*)?")
_SPEAKS_OF_A_HOST = re.compile(r"host|addr|server|url|uri|endpoint|upstream|backend|service|broker|dsn", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Host:
    """A host, and the scheme of its address ("" without one)."""

    name: str
    scheme: str = ""


def hosts_in(name: str, value: str) -> Iterator[Host]:
    """The hosts that one setting names."""
    if len(value) > VALUE_CHARS_MAX:
        return
    found = False
    for scheme, host in _URL.findall(value):
        found = True
        yield Host(host.lower(), scheme.lower())
    for host in _DSN.findall(value):
        found = True
        yield Host(host.lower())
    if not found and _SPEAKS_OF_A_HOST.search(name):
        for piece in value.split(","):
            plain = _PLAIN.fullmatch(piece.strip())
            if plain is not None:
                yield Host(plain[1].lower())


def hosts_of(template: Document, config: Mapping[str, Mapping[str, str]]) -> set[Host]:
    """The hosts that a pod template's configuration names.

    Args:
        template: of pods.
        config: the data of each ConfigMap of its namespace, by name.
    """
    return {host for name, value in _settings(template, config) for host in hosts_in(name, value)}


def _settings(template: Document, config: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for container in containers(template):
        for entry in entries(container, "envFrom"):
            values = config.get(text(section(entry, "configMapRef"), "name"), {})
            yield from ((f"{text(entry, 'prefix')}{name}", value) for name, value in values.items())
        for entry in entries(container, "env"):
            yield text(entry, "name"), _value(entry, config)
        for key in ("command", "args"):
            words = container.get(key)
            yield from ((key, word) for word in (words if isinstance(words, list) else ()) if isinstance(word, str))
    for volume in entries(section(template, "spec"), "volumes"):
        sources = [section(volume, "configMap"), *map(_config_source, entries(section(volume, "projected"), "sources"))]
        for source in sources:
            # A file of settings has many lines, each with its own name.
            for content in config.get(text(source, "name"), {}).values():
                yield from _lines(content)


def _config_source(source: Document) -> Document:
    return section(source, "configMap")


def _value(entry: Document, config: Mapping[str, Mapping[str, str]]) -> str:
    chosen = section(section(entry, "valueFrom"), "configMapKeyRef")
    if chosen:
        return config.get(text(chosen, "name"), {}).get(text(chosen, "key"), "")
    return text(entry, "value")


def _lines(content: str) -> Iterator[tuple[str, str]]:
    for line in content[:VALUE_CHARS_MAX].splitlines():
        name, mark, value = line.partition("=") if "=" in line.partition(":")[0] else line.partition(":")
        if mark:
            yield name.strip(), line if "://" in line else value.strip().strip("\"',")
