"""How many requests per second the HTTP server answers, over TLS keep-alive, beside the floor.

The floor is a protocol that answers a constant to whatever arrives: TLS and the loop alone. Server and
client are separate processes, each on a core of its own where there are two.

    python benchmarks/http_server.py [SECONDS]
"""

from __future__ import annotations

import asyncio
import os
import ssl
import statistics
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import uvloop

from wherry.kit.http.server import Server
from wherry.kit.http.tls import client_context, server_context
from wherry.kit.http.types import Request, Response
from wherry.kit.pki import create_ca, issue

CONNECTIONS = 16
BODY = b'{"kind":"Pod","pad":"' + b"x" * 1480 + b'"}'
ASK = b"GET /api/v1/namespaces/default/pods/web HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


class Floor(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER)


class Asker(asyncio.Protocol):
    """Asks again as soon as the whole answer is there."""

    def __init__(self, counts: list[int]) -> None:
        self.counts = counts
        self.expected = 0
        self.got = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(ASK)

    def data_received(self, data: bytes) -> None:
        if not self.expected:
            self.expected = data.index(b"\r\n\r\n") + 4 + len(BODY)
        self.got += len(data)
        if self.got >= self.expected:
            self.got = self.expected = 0
            self.counts[0] += 1
            self.transport.write(ASK)


async def app(request: Request) -> Response:
    return Response(body=BODY)


async def serve_floor(tls: ssl.SSLContext) -> int:
    listener = await asyncio.get_running_loop().create_server(Floor, "127.0.0.1", 0, ssl=tls)
    port: int = listener.sockets[0].getsockname()[1]
    return port


async def serve_ours(tls: ssl.SSLContext) -> int:
    server = Server(app, tls=tls)
    await server.start()
    return server.port


def run_server(serve: Callable[[ssl.SSLContext], Awaitable[int]], tls: ssl.SSLContext, out: int) -> None:
    pin(0)

    async def main() -> None:
        os.write(out, b"%d\n" % await serve(tls))
        await asyncio.Event().wait()

    uvloop.run(main())


async def ask(port: int, tls: ssl.SSLContext, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    counts = [0]
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: Asker(counts), "127.0.0.1", port, ssl=tls, server_hostname="localhost")
    rates = []
    for _ in range(3):
        counts[0] = 0
        begun = loop.time()
        await asyncio.wait([loop.create_future()], timeout=seconds)
        rates.append(counts[0] / (loop.time() - begun))
    return statistics.median(rates)


def pin(index: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[index % len(cores)]})


def measure(name: str, serve: Callable[[ssl.SSLContext], Awaitable[int]], seconds: float) -> None:
    ca = create_ca("bench")
    tls = server_context(issue(ca, "server", dns_names=["localhost"], server=True), client_ca_pem=ca.cert_pem)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        run_server(serve, tls, write)
    port = int(os.read(read, 16))
    try:
        rate = uvloop.run(ask(port, client_context(ca_pem=ca.cert_pem), seconds))
    except BaseException:
        os.kill(child, 9)
        raise
    # The time the server itself burned tells its capacity even where the client is the bottleneck.
    fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
    cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    os.kill(child, 9)
    os.waitpid(child, 0)
    per_request_us = cpu_s / (rate * 3 * seconds) * 1e6
    print(
        f"{name:28} {rate:8.0f} requests/s {per_request_us:6.1f} us server CPU each = {1e6 / per_request_us:.0f}/s/core"
    )


if __name__ == "__main__":
    duration = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    pin(1)
    measure("floor (constant answer)", serve_floor, duration)
    measure("wherry.kit.http.server", serve_ours, duration)
