"""The connections of one pull or push: one client for each server, redirects followed, nothing secret handed on.

A registry sends who asks for a layer to another server most of the time. That server gets what its address says, and
no Authorization header: it is somebody else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from wherry.kit.http.client import HttpClient
from wherry.kit.http.client_connection import ConnectionFailed
from wherry.kit.http.tls import client_context
from wherry.kit.http.tunnel import proxy_for
from wherry.kit.http.types import Body, BodyStream, Request, Response
from wherry.kit.threads import run_in_thread
from wherry.runtime.interface import FailedPrecondition
from wherry.runtime.registry.endpoints import PORTS, Endpoint

REDIRECTS_MAX = 5
ANSWER_TIMEOUT_S = 60.0
"""How long a registry may think about an answer; a push's last word takes the longest."""
IDLE_TIMEOUT_S = 30.0
"""How long nothing may come of a body before the connection counts as cut."""
DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_AGENT = "wherry"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to whatever URL; `stream` is a body that is sent as it is read."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    stream: BodyStream | None = None


class TlsContexts:
    """Whom we trust, read from the disk once: the system's authorities take some 20 ms."""

    def __init__(self) -> None:
        """Reads nothing yet."""
        self._known: dict[tuple[Path | None, bool], ssl.SSLContext] = {}

    async def of(self, endpoint: Endpoint) -> ssl.SSLContext:
        """For this endpoint, and for the servers that it sends us to.

        Raises:
            FailedPrecondition: its CA cannot be read.
        """
        key = (endpoint.ca, endpoint.verify)
        if key not in self._known:
            self._known[key] = await run_in_thread(_context, *key)
        return self._known[key]


def _context(ca: Path | None, verify: bool) -> ssl.SSLContext:
    context = client_context(insecure_skip_tls_verify=not verify)
    if ca is not None and verify:
        try:
            context.load_verify_locations(cafile=str(ca))
        except OSError as error:
            raise FailedPrecondition(
                f"the registry's authority {ca} cannot be read: {error.strerror or error}; "
                "WHERRY_REGISTRY_CA is to name a file with certificates (PEM)"
            ) from error
    return context


class Connections:
    """Sends calls for one endpoint; close it in the end."""

    def __init__(self, endpoint: Endpoint, contexts: TlsContexts, environ: Mapping[str, str]) -> None:
        """`environ` may name a proxy."""
        self.endpoint = endpoint
        self._contexts = contexts
        self._environ = environ
        self._clients: dict[tuple[str, str, int], HttpClient] = {}

    async def send(self, call: Call) -> Response:
        """The answer, its body still coming. Redirects of what only reads are followed.

        Raises:
            ConnectionFailed: no connection, no answer in time, or a redirect that cannot be followed.
        """
        for _ in range(REDIRECTS_MAX + 1):
            response = await self._send_once(call)
            location = header(response, "location")
            if response.status not in _REDIRECTS or call.method not in ("GET", "HEAD") or not location:
                return response
            await discard(response)
            call = _redirected(call, location)
        raise ConnectionFailed(f"{self.endpoint.url} sends us from place to place without end")

    async def _send_once(self, call: Call) -> Response:
        parts = split(call.url)
        client = await self._client(parts)
        headers = {"user-agent": _AGENT, **call.headers}
        request = Request(call.method, parts.path or "/", parts.query, headers, call.body, stream=call.stream)
        try:
            async with asyncio.timeout(None if call.stream is not None else ANSWER_TIMEOUT_S):
                return await client.request(request, streams_answer=True)
        except TimeoutError as error:
            raise ConnectionFailed(f"no answer from {parts.hostname} within {ANSWER_TIMEOUT_S:g} s") from error

    async def _client(self, parts: SplitResult) -> HttpClient:
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
        key = (parts.scheme, host, port)
        if key not in self._clients:
            tls = await self._contexts.of(self.endpoint) if parts.scheme == "https" else None
            proxy = proxy_for(self._environ, host, port) if tls is not None else None
            self._clients[key] = HttpClient(host, port, tls=tls, proxy=proxy)
        return self._clients[key]

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.abort()


def _redirected(call: Call, location: str) -> Call:
    target = joined(call.url, location)
    before, after = split(call.url), split(target)
    if (before.scheme, after.scheme) == ("https", "http"):
        raise ConnectionFailed(f"{before.hostname} sends us to {target!r}, in plain text")
    same = (before.scheme, before.hostname, before.port) == (after.scheme, after.hostname, after.port)
    headers = {name: value for name, value in call.headers.items() if same or name != "authorization"}
    return replace(call, url=target, headers=headers)


def split(url: str) -> SplitResult:
    """An address that somebody else may have given us, taken apart. Raises ConnectionFailed when it is none."""
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ConnectionFailed(f"{url[:200]!r} is no address") from error
    if not is_one or not url.isascii() or any(character <= " " for character in url):
        raise ConnectionFailed(f"{url[:200]!r} is no address that we go to")
    return parts


def joined(url: str, rest: str) -> str:
    """Where `rest`, as an answer from `url` says it, leads. Raises ConnectionFailed when nowhere."""
    try:
        return urljoin(url, rest)
    except ValueError as error:
        raise ConnectionFailed(f"{rest[:200]!r} is no address") from error


def header(response: Response, name: str) -> str:
    """One of its headers; "" without it."""
    return next((value for found, value in response.headers if found == name), "")


async def parts_of(body: Body) -> AsyncGenerator[bytes, None]:
    """A body's pieces. Raises ConnectionFailed when it is cut off, or when nothing comes for too long."""
    if isinstance(body, bytes):
        yield body
        return
    assert not isinstance(body, list), "the client makes bytes or streams"
    iterator = aiter(body)
    try:
        while True:
            try:
                async with asyncio.timeout(IDLE_TIMEOUT_S):
                    part = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                raise ConnectionFailed(f"nothing has come within {IDLE_TIMEOUT_S:g} s") from error
            yield part
    finally:
        await close_body(body)


async def document(response: Response, size_max: int = DOCUMENT_BYTES_MAX) -> bytes:
    """A short body, whole. Raises ConnectionFailed when it is longer than `size_max`."""
    data = bytearray()
    async with aclosing(parts_of(response.body)) as parts:
        async for part in parts:
            data += part
            if len(data) > size_max:
                raise ConnectionFailed(f"an answer of more than {size_max} bytes where a short one was due")
    return bytes(data)


async def close_body(body: Body) -> None:
    """Read no more of it."""
    close = getattr(body, "aclose", None)
    if close is not None:
        await close()


async def discard(response: Response) -> None:
    """Read no more of an answer."""
    await close_body(response.body)
