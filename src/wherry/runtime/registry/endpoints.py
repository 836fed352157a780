"""Where a registry is asked: its own address, its mirrors before it, and how far its certificate is trusted.

    endpoints(RegistrySettings(mirrors=("docker.io=https://mirror.example.com/hub",)), "docker.io")
    -> https://mirror.example.com/hub, then https://registry-1.docker.io

Pure: asks nobody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from wherry.runtime.images.reference import DEFAULT_REGISTRY

DOCKER_HUB = "registry-1.docker.io"
"""Who answers for docker.io."""
EVERY_REGISTRY = "*"
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """How registries are reached; each entry is text of the environment.

    `mirrors` are `REGISTRY=URL`, asked in their order before the registry itself (`*` means every registry).
    `insecure` are registries whose certificate nobody checks, and that may speak plain HTTP; those on this machine's
    loopback may anyway. `ca` are `REGISTRY=FILE`: who signs a registry's certificate.

    Raises:
        ValueError: an entry is not so.
    """

    mirrors: tuple[str, ...] = ()
    insecure: tuple[str, ...] = ()
    ca: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what nobody could follow."""
        for entry in self.mirrors:
            registry, _, url = entry.partition("=")
            parts = urlsplit(url)
            is_plain = url.isascii() and " " not in url and not parts.query
            if not registry or parts.scheme not in PORTS or not parts.hostname or not is_plain:
                raise ValueError(f"{entry!r} is no mirror; write REGISTRY=URL, as docker.io=https://mirror.example.com")
        for entry in self.ca:
            registry, _, file = entry.partition("=")
            if not registry or not file:
                raise ValueError(f"{entry!r} is no authority; write REGISTRY=FILE, as registry.example.com=/etc/ca.pem")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that answers for a registry.

    `host` is without brackets; `prefix` goes before repositories' names; `is_tried` means that another scheme of the
    same host comes after it, so a failed handshake is no answer yet; `is_mirror` that the registry itself comes after.
    """

    scheme: str
    host: str
    port: int
    prefix: str = ""
    verify: bool = True
    ca: Path | None = None
    is_tried: bool = False
    is_mirror: bool = False

    @property
    def authority(self) -> str:
        """Host and port as in a URL; the port only where it says something."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """For people: `https://registry.example.com`."""
        return f"{self.scheme}://{self.authority}"

    def repository(self, path: str) -> str:
        """The name that a repository has there."""
        return f"{self.prefix}/{path}" if self.prefix else path


def endpoints(settings: RegistrySettings, registry: str) -> list[Endpoint]:
    """Who is asked for a registry's images, in this order."""
    mirrors = [
        found
        for entry in settings.mirrors
        for named, _, url in [entry.partition("=")]
        if named in (registry, EVERY_REGISTRY)
        for found in _of_url(settings, url)
    ]
    return [*mirrors, *own_endpoints(settings, registry)]


def own_endpoints(settings: RegistrySettings, registry: str) -> list[Endpoint]:
    """The registry itself, without its mirrors: who takes what is pushed."""
    return list(_of_host(settings, registry, DOCKER_HUB if registry == DEFAULT_REGISTRY else registry))


def _of_url(settings: RegistrySettings, url: str) -> Iterator[Endpoint]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    yield Endpoint(
        parts.scheme,
        host,
        parts.port or PORTS[parts.scheme],
        prefix=parts.path.strip("/"),
        verify=parts.netloc not in settings.insecure and host not in settings.insecure,
        ca=_authority(settings.ca, parts.netloc),
        is_mirror=True,
    )


def _of_host(settings: RegistrySettings, registry: str, address: str) -> Iterator[Endpoint]:
    parts = urlsplit(f"//{address}")
    host, port = parts.hostname or address, parts.port
    is_insecure = registry in settings.insecure
    ca = _authority(settings.ca, registry)
    may_be_plain = is_insecure or (is_loopback(host) and ca is None)
    yield Endpoint("https", host, port or 443, verify=not may_be_plain, ca=ca, is_tried=may_be_plain)
    if may_be_plain:
        yield Endpoint("http", host, port or 80)


def _authority(entries: Sequence[str], registry: str) -> Path | None:
    found = next((file for named, _, file in (entry.partition("=") for entry in entries) if named == registry), None)
    return None if found is None else Path(found).expanduser()


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
