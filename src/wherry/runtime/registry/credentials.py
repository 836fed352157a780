"""Who we are at which registry: what Secrets of the types dockerconfigjson and dockercfg say, or ~/.docker/config.json.

A name there is a registry with or without a path, `registry.example.com/shop`, also as a URL
(`https://index.docker.io/v1/`) or with stars for parts of the host (`*.example.com`). It is good for every image whose
host it matches and whose path begins with its own; the most precise comes first. Pure.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec

from wherry.runtime.images.reference import DEFAULT_REGISTRY, Reference
from wherry.runtime.interface import Credentials, Keyring

# The names that Docker Hub has in such files.
_HUB = frozenset((DEFAULT_REGISTRY, "index.docker.io", "registry-1.docker.io"))


class InvalidCredentials(ValueError):
    """A document with credentials is not as Docker writes it."""


class _Entry(msgspec.Struct, frozen=True):
    auth: str = ""
    username: str = ""
    password: str = ""
    identitytoken: str = ""
    registrytoken: str = ""


class _DockerConfig(msgspec.Struct, frozen=True, rename="camel"):
    auths: dict[str, _Entry] = {}
    creds_store: str = ""
    cred_helpers: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class HelperNames:
    """The programs that a Docker configuration names for credentials: for all registries, and by registry."""

    store: str
    by_registry: Mapping[str, str]

    def program_for(self, registry: str) -> str:
        """The program to ask; "" when there is none."""
        names = _HUB if registry == DEFAULT_REGISTRY else (registry,)
        chosen = next((self.by_registry[name] for name in names if name in self.by_registry), self.store)
        return f"docker-credential-{chosen}" if chosen else ""


def credentials_for(keyring: Keyring, reference: Reference) -> tuple[Credentials, ...]:
    """Those that are good for an image's repository, the most precise first."""
    matching = [(len(name), credentials) for name, credentials in keyring.entries if _is_for(name, reference)]
    return tuple(dict.fromkeys(credentials for _, credentials in sorted(matching, key=lambda pair: -pair[0])))


def docker_config_keyring(document: bytes) -> Keyring:
    """The credentials in `{"auths": {...}}`. Raises InvalidCredentials."""
    return _keyring(_config(document).auths.items())


def docker_cfg_keyring(document: bytes) -> Keyring:
    """The credentials in the older form, which has no `auths` around them. Raises InvalidCredentials."""
    try:
        entries = msgspec.json.decode(document, type=dict[str, _Entry])
    except msgspec.DecodeError as error:
        raise InvalidCredentials(f"it is not as Docker writes it: {error}") from error
    return _keyring(entries.items())


def credential_helpers(document: bytes) -> HelperNames:
    """The programs that a Docker configuration names. Raises InvalidCredentials."""
    config = _config(document)
    return HelperNames(config.creds_store, config.cred_helpers)


def _config(document: bytes) -> _DockerConfig:
    try:
        return msgspec.json.decode(document, type=_DockerConfig)
    except msgspec.DecodeError as error:
        raise InvalidCredentials(f"it is not as Docker writes it: {error}") from error


def _keyring(entries: Iterable[tuple[str, _Entry]]) -> Keyring:
    return Keyring(tuple(_read(entries)))


def _read(entries: Iterable[tuple[str, _Entry]]) -> Iterator[tuple[str, Credentials]]:
    for name, entry in entries:
        username, password = entry.username, entry.password
        if entry.auth:
            try:
                decoded = base64.b64decode(entry.auth, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise InvalidCredentials(f"auth of {name} is not base64 of USER:PASSWORD") from error
            username, colon, password = decoded.partition(":")
            if not colon:
                raise InvalidCredentials(f"auth of {name} is not base64 of USER:PASSWORD")
            # Docker pads old files with zero bytes.
            password = password.rstrip("\0")
        if username or entry.identitytoken or entry.registrytoken:
            yield _plain_name(name), Credentials(username, password, entry.identitytoken, entry.registrytoken)


def _plain_name(name: str) -> str:
    """A name without scheme, API version and slash at the end: `https://index.docker.io/v1/` is `docker.io`."""
    rest = name.partition("://")[2] or name
    host, _, path = rest.partition("/")
    path = path.strip("/")
    for version in ("v1", "v2"):
        path = path.removeprefix(version).lstrip("/") if path == version or path.startswith(f"{version}/") else path
    host = DEFAULT_REGISTRY if host in _HUB else host
    return f"{host}/{path}" if path else host


def _is_for(name: str, reference: Reference) -> bool:
    host, _, path = name.partition("/")
    wanted_host, colon, wanted_port = _split_port(host)
    registry_host, registry_colon, registry_port = _split_port(reference.registry)
    if (colon, wanted_port) != (registry_colon, registry_port):
        return False
    patterns, parts = wanted_host.split("."), registry_host.split(".")
    fits = wanted_host == registry_host or (len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns)))
    if not fits:
        return False
    return not path or f"{reference.path}/".startswith(f"{path}/")


def _split_port(host: str) -> tuple[str, str, str]:
    if host.endswith("]"):
        return host, "", ""
    name, colon, port = host.rpartition(":")
    return (name, colon, port) if colon else (host, "", "")
