"""An API server behind a real TLS socket, with a pod and a Service whose address is this machine's own."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apiserver.environment import ConnectNode
from wherry.apiserver.subresources import node_proxy, pod_proxy, service_proxy
from wherry.kit.http.client import HttpClient
from wherry.kit.http.server import Server
from wherry.kit.http.tls import KeyPair, client_context, server_context
from wherry.kit.pki import create_ca, issue

NAMESPACE = "/api/v1/namespaces/default"
IP = "10.244.0.9"
PATIENCE_S = 20.0
CA = create_ca("kubernetes")
SERVER = issue(CA, "apiserver", dns_names=["localhost"], ips=["127.0.0.1"], server=True)
ADMIN = issue(CA, "kubernetes-admin", organizations=["system:masters"], client=True)
NOBODY = issue(CA, "nobody", client=True)

# What a backend does with a connection once it has read a request's head.
Behaviour = Callable[["Backend", asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]


@dataclass
class Proxied:
    """The API server, and how to reach it."""

    api: Api
    port: int

    def client(self, identity: KeyPair = ADMIN) -> HttpClient:
        return HttpClient("127.0.0.1", self.port, tls=client_context(ca_pem=CA.cert_pem, identity=identity))

    async def connect(self, identity: KeyPair = ADMIN) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which anything can be written."""
        context = client_context(ca_pem=CA.cert_pem, identity=identity)
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=context, server_hostname="localhost")


@asynccontextmanager
async def proxied(
    monkeypatch: pytest.MonkeyPatch, *ports: tuple[str, int], connect_node: ConnectNode | None = None
) -> AsyncIterator[Proxied]:
    """A server with the pod `web`, the Service `web` with these named ports, and the node `n1`; all are here."""
    for module in (pod_proxy, service_proxy, node_proxy):
        monkeypatch.setattr(module, "check_address", lambda text: {IP: "127.0.0.1"}[text])
    api = await make_api(connect_node=connect_node, disabled=frozenset({"ServiceAccount"}))
    await api.must("POST", f"{NAMESPACE}/pods", pod())
    status: object = {"status": {"podIP": IP, "podIPs": [{"ip": IP}]}}
    await api.must("PATCH", f"{NAMESPACE}/pods/web/status", status, content_type=MERGE)
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    status = {"status": {"addresses": [{"type": "InternalIP", "address": IP}]}}
    await api.must("PATCH", "/api/v1/nodes/n1/status", status, content_type=MERGE)
    if ports:
        spec = {"ports": [{"name": name, "port": 8000 + number} for number, (name, _) in enumerate(ports)]}
        await api.must("POST", f"{NAMESPACE}/services", {"metadata": {"name": "web"}, "spec": spec})
        address = {"ip": IP, "targetRef": {"kind": "Pod", "name": "web", "namespace": "default"}}
        subset = {"addresses": [address], "ports": [{"name": name, "port": port} for name, port in ports]}
        await api.must("POST", f"{NAMESPACE}/endpoints", {"metadata": {"name": "web"}, "subsets": [subset]})
    tls = server_context(SERVER, client_ca_pem=CA.cert_pem)
    server = Server(api.server.app, tls=tls, wants_stream=api.server.wants_stream)
    await server.start()
    try:
        yield Proxied(api, server.port)
    finally:
        await server.stop()


@dataclass
class Backend:
    """A web server that is not ours: it does with its connections what `behave` says."""

    behave: Behaviour
    port: int = 0
    heads: list[str] = field(default_factory=list)
    ended: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    received: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.heads.append(head)
                await self.behave(self, reader, writer, head)
                self.ended.put_nowait("answered")
            except (asyncio.IncompleteReadError, ConnectionError):
                self.ended.put_nowait("hung up on")
                raise ConnectionError from None
            finally:
                writer.close()

    async def end(self) -> str:
        """How the next connection ended."""
        return await asyncio.wait_for(self.ended.get(), PATIENCE_S)


@asynccontextmanager
async def backend(behave: Behaviour, identity: KeyPair | None = None) -> AsyncIterator[Backend]:
    """Such a server, with TLS if it has an identity to show."""
    backend = Backend(behave)
    tls = None if identity is None else server_context(identity)
    listener = await asyncio.start_server(backend.serve, "127.0.0.1", 0, ssl=tls)
    backend.port = listener.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        listener.close()


async def body_pieces(reader: asyncio.StreamReader, head: str) -> AsyncIterator[bytes]:
    """A request's body, however it is framed. Raises IncompleteReadError when it does not come whole."""
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))}
    if fields.get("transfer-encoding") == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).decode(), 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return
    rest = int(fields.get("content-length", "0"))
    while rest:
        piece = await reader.readexactly(min(rest, 65536))
        rest -= len(piece)
        yield piece


def plain_answer(status: str, body: bytes, *headers: str) -> bytes:
    """An answer of known length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def sum_up(backend: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
    """Answer with the size and the digest of the body."""
    digest = hashlib.sha256()
    size = 0
    async for piece in body_pieces(reader, head):
        digest.update(piece)
        size += len(piece)
        backend.received = size
    writer.write(plain_answer("200 OK", f"{size} {digest.hexdigest()}".encode()))
    await writer.drain()


async def echo(backend: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
    """Send the body back while it comes."""
    length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode())
    async for piece in body_pieces(reader, head):
        writer.write(piece)
        await writer.drain()
