"""Connections through an HTTP proxy: which one the environment names, and the way through it (CONNECT)."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

HEAD_BYTES_MAX = 16 * 1024
PROXY_PORT = 3128


class ProxyFailed(ConnectionError):
    """The proxy does not let us through, or is none; the message says which."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's address, and what it wants to hear ("" when nothing)."""

    host: str
    port: int
    authorization: str = ""


def proxy_for(environ: Mapping[str, str], host: str, port: int) -> Proxy | None:
    """The proxy for a TLS connection to `host`, from HTTPS_PROXY and NO_PROXY as curl and Go read them. Pure."""
    url = environ.get("HTTPS_PROXY") or environ.get("https_proxy") or ""
    exempt = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    if not url or _is_exempt(host, port, exempt):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if not parts.hostname:
        return None
    login = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    authorization = "Basic " + base64.b64encode(login.encode()).decode() if parts.username else ""
    return Proxy(parts.hostname, parts.port or PROXY_PORT, authorization)


def _is_exempt(host: str, port: int, exempt: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    for entry in (part.strip().lower() for part in exempt.split(",")):
        if not entry:
            continue
        if entry == "*" or entry == f"{host}:{port}":
            return True
        name = entry.removeprefix("*").lstrip(".")
        if host == name or host.endswith(f".{name}"):
            return True
        if address is not None and "/" in entry and _is_in(address, entry):
            return True
    return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


async def open_tunnel(proxy: Proxy, host: str, port: int) -> socket.socket:
    """A connection to `host` through the proxy, ready for TLS. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
    family, kind, protocol, _, address = found[0]
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setblocking(False)
        await loop.sock_connect(connection, address)
        target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if proxy.authorization:
            lines.append(f"Proxy-Authorization: {proxy.authorization}")
        await loop.sock_sendall(connection, "\r\n".join([*lines, "", ""]).encode())
        _check(await _read_head(connection), proxy)
    except BaseException:
        connection.close()
        raise
    return connection


async def _read_head(connection: socket.socket) -> bytes:
    loop, head = asyncio.get_running_loop(), b""
    while not head.endswith(b"\r\n\r\n"):
        # Byte by byte, so that nothing of what follows the head is taken.
        data = await loop.sock_recv(connection, 1)
        head += data
        if not data or len(head) > HEAD_BYTES_MAX:
            raise ProxyFailed("the proxy closed the connection before it had answered")
    return head


def _check(head: bytes, proxy: Proxy) -> None:
    status = head.split(b"\r\n", 1)[0].decode("latin-1")
    if status.split(" ")[1:2] != ["200"]:
        raise ProxyFailed(f"the proxy {proxy.host}:{proxy.port} answers: {status}")
