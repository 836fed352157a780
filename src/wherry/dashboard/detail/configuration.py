"""What a pod's containers are configured with, and where each setting comes from. Values of secrets are never read out.

gather(client, namespace, spec)  ->  the config maps and the names of the keys of the secrets that it mentions
settings(spec, sources)          ->  one row per setting, container by container (pure)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.core.secret import SECRETS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.dashboard.detail.kinds import entries, section

HIDDEN = "hidden"
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_SECRET_NAME = re.compile(r"passw|secret|token|credential|private|api_?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of one container. `kind` is the kind of object that it comes from, "" for the workload itself."""

    container: str
    name: str
    value: str
    source: str
    kind: str = ""
    is_hidden: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read: config maps with their values, secrets with their keys only; None for what is not there.

    What the person may not read is in neither.
    """

    config_maps: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    secrets: Mapping[str, frozenset[str] | None] = field(default_factory=dict)


async def gather(client: Client, namespace: str, spec: Document) -> Sources:
    """Read what the settings of a pod's containers mention, as far as the person may."""
    config_maps: dict[str, Mapping[str, str] | None] = {}
    secrets: dict[str, frozenset[str] | None] = {}
    for name in sorted(_mentioned(spec, "configMap")):
        found = await _data(client, CONFIG_MAPS, namespace, name)
        if found is not None:
            config_maps[name] = None if found == MISSING else {key: str(value) for key, value in found.items()}
    for name in sorted(_mentioned(spec, "secret")):
        found = await _data(client, SECRETS, namespace, name)
        if found is not None:
            secrets[name] = None if found == MISSING else frozenset(found)
    return Sources(config_maps, secrets)


MISSING: Document = {"": None}


async def _data(client: Client, kind: AnyResourceType, namespace: str, name: str) -> Document | None:
    try:
        return section(await client.get_document(kind, name, namespace), "data")
    except NotFound:
        return MISSING
    except Forbidden:
        return None


def _mentioned(spec: Document, kind: str) -> set[str]:
    """The names of the config maps or secrets whose keys become settings."""
    found = set()
    for container in _containers(spec):
        found |= {str(section(one, f"{kind}Ref").get("name", "")) for one in entries(container, "envFrom")}
        found |= {str(section(one, "valueFrom", f"{kind}KeyRef").get("name", "")) for one in entries(container, "env")}
    return found - {""}


def _containers(spec: Document) -> Iterator[Document]:
    for kind in CONTAINERS:
        yield from entries(spec, kind)


def settings(spec: Document, sources: Sources) -> list[Setting]:
    """All settings, container by container."""
    found: list[Setting] = []
    for container in _containers(spec):
        name = str(container.get("name", ""))
        for one in entries(container, "envFrom"):
            found += _all_of(name, one, sources)
        found += [_one(name, entry, sources) for entry in entries(container, "env")]
    return found


def _all_of(container: str, entry: Document, sources: Sources) -> list[Setting]:
    prefix = str(entry.get("prefix", ""))
    config_map, secret = section(entry, "configMapRef"), section(entry, "secretRef")
    if config_map:
        name = str(config_map.get("name", ""))
        source = f"config map {name}"
        values = sources.config_maps.get(name)
        if values is None:
            return [_unread(container, f"{prefix}*", source, "ConfigMap", name in sources.config_maps)]
        return [Setting(container, prefix + key, value, source, "ConfigMap") for key, value in sorted(values.items())]
    name = str(secret.get("name", ""))
    source = f"secret {name}"
    keys = sources.secrets.get(name)
    if keys is None:
        return [_unread(container, f"{prefix}*", source, "Secret", name in sources.secrets)]
    return [Setting(container, prefix + key, HIDDEN, source, "Secret", is_hidden=True) for key in sorted(keys)]


def _unread(container: str, name: str, source: str, kind: str, is_missing: bool) -> Setting:
    said = "not there" if is_missing else "you may not read it"
    return Setting(container, name, said, source, kind, is_hidden=not is_missing, is_missing=is_missing)


def _one(container: str, entry: Document, sources: Sources) -> Setting:
    name, origin = str(entry.get("name", "")), section(entry, "valueFrom")
    if reference := section(origin, "configMapKeyRef"):
        return _from_config_map(container, name, reference, sources)
    if reference := section(origin, "secretKeyRef"):
        return _from_secret(container, name, reference, sources)
    if reference := section(origin, "fieldRef"):
        return Setting(container, name, str(reference.get("fieldPath", "")), "the pod's own data")
    if reference := section(origin, "resourceFieldRef"):
        return Setting(container, name, str(reference.get("resource", "")), "the container's resources")
    value = str(entry.get("value", ""))
    if _SECRET_NAME.search(name) and value:
        return Setting(container, name, HIDDEN, "written openly in the workload; a secret is the place", is_hidden=True)
    return Setting(container, name, value, "the workload")


def _from_config_map(container: str, name: str, reference: Document, sources: Sources) -> Setting:
    source, key = str(reference.get("name", "")), str(reference.get("key", ""))
    said = f"{key} of config map {source}"
    if source not in sources.config_maps:
        return _unread(container, name, said, "ConfigMap", is_missing=False)
    values = sources.config_maps[source]
    if values is None or key not in values:
        return _absent(container, name, reference, said, "ConfigMap")
    return Setting(container, name, values[key], said, "ConfigMap")


def _from_secret(container: str, name: str, reference: Document, sources: Sources) -> Setting:
    source, key = str(reference.get("name", "")), str(reference.get("key", ""))
    said = f"{key} of secret {source}"
    if source in sources.secrets:
        keys = sources.secrets[source]
        if keys is None or key not in keys:
            return _absent(container, name, reference, said, "Secret")
    return Setting(container, name, HIDDEN, said, "Secret", is_hidden=True)


def _absent(container: str, name: str, reference: Document, source: str, kind: str) -> Setting:
    if reference.get("optional"):
        return Setting(container, name, "not set", source, kind)
    return Setting(container, name, "not there: the container cannot start", source, kind, is_missing=True)
