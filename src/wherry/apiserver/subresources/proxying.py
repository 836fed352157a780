"""What the proxies to pods, services and nodes share: what is passed on, what is not, and how the answer comes back.

A backend is dialled by the very address that was checked. It gets neither the caller's credentials nor his
cookies, nor the headers that belong to one connection. Its redirects and the links in its HTML pages are
turned so that they lead through the proxy again. Bodies of any length pass both ways as they come. An upgrade it
agrees to becomes bytes both ways; one that it refuses ends the connection.

Source: kubernetes apimachinery, pkg/util/proxy.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from wherry.api.core.node import NODES, is_without_machine
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, NotFound, ServiceUnavailable
from wherry.apimachinery.numerals import whole_number
from wherry.apiserver.environment import Environment
from wherry.apiserver.own_words import NOTHING_ANSWERS
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.subresources.html_links import LinkTurner, turn_links
from wherry.apiserver.wire import document_from_item
from wherry.kit.http.client import ConnectionFailed, HttpClient
from wherry.kit.http.types import BodyBroken, Request, Response, StreamUpgrade

SCHEMES = ("", "http", "https")
HTTP_PORT, HTTPS_PORT = 80, 443
# A page that is longer than this comes back with its links as they are.
HTML_BYTES_MAX = 4 << 20

HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
# The caller's business with the API server, not with the backend.
CREDENTIALS = frozenset(("authorization", "cookie"))
IMPERSONATION = "impersonate-"
# What a page of a backend may not allow itself on the API server's address.
CORS = "access-control-"


@dataclass(frozen=True, slots=True)
class Reference:
    """What `scheme:name:port` in a path means; scheme and port may be ""."""

    scheme: str
    name: str
    port: str


@dataclass(frozen=True, slots=True)
class Target:
    """A backend: where it is reached. `address` is an IP address that may be dialled."""

    scheme: str
    address: str
    port: int


def split_reference(request: ApiRequest, kind: str) -> Reference:
    """Read `name`, `name:port` or `scheme:name:port`. Raises BadRequest, in upstream's words."""
    parts = request.name.split(":")
    if len(parts) == 1:
        reference = Reference("", parts[0], "")
    elif len(parts) == 2:
        reference = Reference("", *parts)
    else:
        reference = Reference(parts[0], parts[1], ":".join(parts[2:]))
    is_sound = len(parts) < 3 or (len(parts) == 3 and bool(reference.scheme))
    if not is_sound or not reference.name or reference.scheme not in SCHEMES:
        raise BadRequest(f'invalid {kind} request "{request.name}"')
    return reference


def check_address(text: str) -> str:
    """An address that may be dialled: not the API server's own machine, nor what only its link can reach.

    Raises BadRequest.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise BadRequest("address not allowed") from None
    mapped = getattr(address, "ipv4_mapped", None) or address
    if mapped.is_loopback or mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified:
        raise BadRequest("address not allowed")
    if str(mapped) == "255.255.255.255":
        raise BadRequest("address not allowed")
    return str(address)


async def refuse_simulated(environment: Environment, name: str) -> None:
    """Nobody has put anything at the addresses of a simulated node: what answers there is somebody else.

    Raises ServiceUnavailable.
    """
    if await is_on_simulated_node(environment, name):
        raise ServiceUnavailable(f"error trying to reach service: {NOTHING_ANSWERS.format(node=name)}")


async def is_on_simulated_node(environment: Environment, name: str) -> bool:
    """Whether the node of this name ("" for none yet) is there and has no machine."""
    try:
        item = await environment.objects.get(NODES, "", name) if name else None
    except NotFound:
        return False
    return item is not None and is_without_machine(NODES.from_document(document_from_item(NODES, item)))


def port_number(text: str, scheme: str) -> int:
    """A port to dial. Raises BadRequest."""
    if not text:
        return HTTPS_PORT if scheme == "https" else HTTP_PORT
    number = whole_number(text)
    if number is None or not 0 < number < 65536:
        raise BadRequest(f'invalid port "{text}"')
    return number


def path_behind(request: ApiRequest) -> str:
    """What follows `/proxy`, as it was sent; "" if nothing does."""
    steps = request.http.path.split("/", 8 if request.namespace else 6)
    last = 8 if request.namespace else 6
    return f"/{steps[last]}" if len(steps) > last else ""


async def admit_proxy(environment: Environment, request: ApiRequest, kind: str) -> None:
    """Let the admission plugins see who wants to connect to what; `kind` is that of the options."""
    sent: Document = {"kind": kind, "apiVersion": "v1", "path": unquote(path_behind(request))}
    await environment.admission.admit_order(request, "CONNECT", sent)


def redirect_to_root(request: ApiRequest) -> Response | None:
    """A page at `/proxy` has links relative to `/proxy/`: browsers are sent there."""
    if path_behind(request) or request.http.method not in ("GET", "HEAD"):
        return None
    query = f"?{request.http.query}" if request.http.query else ""
    return Response(301, content_type="", headers=[("Location", f"{request.http.path}/{query}")])


def wants_upgrade(request: ApiRequest) -> bool:
    """Whether the client asks to leave HTTP."""
    headers = request.http.headers
    return "upgrade" in _tokens(headers.get("connection", "")) and bool(headers.get("upgrade"))


def passed_request(request: ApiRequest) -> Request:
    """The request as a backend gets it."""
    http = request.http
    upgrade = http.headers.get("upgrade", "") if wants_upgrade(request) else ""
    dropped = HOP_BY_HOP | CREDENTIALS | _tokens(http.headers.get("connection", ""))
    headers = {
        name: value
        for name, value in http.headers.items()
        if name not in dropped and not name.startswith(IMPERSONATION)
    }
    if "text/html" in headers.get("accept", ""):
        headers.pop("accept-encoding", None)  # The links in a page must be readable.
    headers["x-forwarded-uri"] = http.path
    headers["x-forwarded-proto"] = "https"
    headers["x-forwarded-host"] = headers.get("host", "")
    address = http.remote_address.rpartition(":")[0]
    if address:
        before = headers.get("x-forwarded-for", "")
        headers["x-forwarded-for"] = f"{before}, {address}" if before else address
    if upgrade:
        headers |= {"connection": "Upgrade", "upgrade": upgrade}
    return Request(
        http.method,
        path_behind(request) or "/",
        http.query,
        headers,
        http.body,
        remote_address=http.remote_address,
        stream=http.stream,
    )


async def forward(request: ApiRequest, target: Target) -> Response:
    """Pass a request on to a backend.

    Raises:
        ServiceUnavailable: it cannot be reached, or hung up before it answered.
        BadRequest: the request's body has not come whole.
    """
    is_tls = target.scheme == "https"
    client = HttpClient(target.address, target.port, tls=_unverified() if is_tls else None)
    asked = passed_request(request)
    try:
        if "upgrade" in asked.headers:
            response = await client.upgrade(asked)
        else:
            response = await client.request(asked, streams_answer=True)
    except ConnectionFailed as error:
        await client.close()
        raise ServiceUnavailable(f"error trying to reach service: {error}") from error
    except BodyBroken as error:
        await client.close()
        raise BadRequest(f"the request's body did not reach the service: {error}") from error
    if isinstance(response.upgrade, StreamUpgrade):
        return response
    return await _brought_back(request, target, response, client)


async def _brought_back(request: ApiRequest, target: Target, response: Response, client: HttpClient) -> Response:
    """The backend's answer as the client gets it."""
    received = dict(response.headers)
    prefix = request.http.path.removesuffix(path_behind(request))
    turner = LinkTurner(prefix, frozenset((target.address, _host(target), request.http.headers.get("host", ""))))
    dropped = HOP_BY_HOP | {"content-length"} | _tokens(received.get("connection", ""))
    headers = [
        (name, turner.turn(value) if name == "location" else value)
        for name, value in response.headers
        if name not in dropped and not name.startswith(CORS)
    ]
    body: bytes | list[bytes] | AsyncIterator[bytes] = response.body
    if isinstance(body, AsyncIterator):
        body = _until_the_end(body, client)
    else:
        await client.close()
    is_page = received.get("content-type", "").startswith("text/html") and "content-encoding" not in received
    if is_page and request.http.method != "HEAD":
        body = await _with_turned_links(body, turner)
    has_length = isinstance(body, AsyncIterator) or request.http.method == "HEAD"
    length = whole_number(received.get("content-length", "")) if has_length else None
    # The type stays among the headers: what a backend says is passed on as it is, never converted.
    return Response(response.status, content_type="", body=body, headers=headers, length=length)


async def _with_turned_links(
    body: bytes | list[bytes] | AsyncIterator[bytes], turner: LinkTurner
) -> bytes | AsyncIterator[bytes]:
    if not isinstance(body, AsyncIterator):
        return turn_links(body if isinstance(body, bytes) else b"".join(body), turner)
    read = b""
    async for part in body:
        read += part
        if len(read) > HTML_BYTES_MAX:
            return _continued(read, body)
    return turn_links(read, turner)


async def _continued(read: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield read
    async for part in rest:
        yield part


async def _until_the_end(body: AsyncIterator[bytes], client: HttpClient) -> AsyncIterator[bytes]:
    try:
        async for part in body:
            yield part
    finally:
        await client.close()


def _host(target: Target) -> str:
    host = f"[{target.address}]" if ":" in target.address else target.address
    return f"{host}:{target.port}"


def _tokens(header: str) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in header.split(",") if part.strip())


@lru_cache(maxsize=1)
def _unverified() -> ssl.SSLContext:
    # As upstream: a pod has no certificate that the API server could know.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
