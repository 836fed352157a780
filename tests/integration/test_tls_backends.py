"""Pods and Services that speak TLS only, through the proxies; nobody asks who has signed their certificate."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import InvalidStatus

from suites.proxied_backends import (
    ADMIN,
    CA,
    NAMESPACE,
    Backend,
    Proxied,
    backend,
    echo,
    plain_answer,
    proxied,
    sum_up,
)
from wherry.kit.http.client import HttpClient
from wherry.kit.http.tls import client_context, server_context
from wherry.kit.http.types import Request, read_body
from wherry.kit.pki import create_ca

SELF_SIGNED = create_ca("px")
MIB = 1 << 20
BODY = os.urandom(4 * MIB)
FRAME_BYTES_MAX = 64 * MIB
SPELLINGS = ("pods/https:web:{port}", "services/https:web:8000", "services/https:web:tls")


@pytest.fixture
async def seen() -> AsyncIterator[Backend]:
    async with backend(sum_up, SELF_SIGNED) as seen:
        yield seen


async def asked(client: HttpClient, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    response = await client.request(Request(method, f"{NAMESPACE}/{path}", body=body))
    return response.status, await read_body(response)


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_megabytes_reach_a_backend_with_tls(
    monkeypatch: pytest.MonkeyPatch, seen: Backend, spelling: str
) -> None:
    async with proxied(monkeypatch, ("tls", seen.port)) as api:
        client = api.client()
        path = spelling.format(port=seen.port) + "/proxy/there?a=b"
        for body in (b"", b"small", BODY):
            told = f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()
            assert await asked(client, "POST", path, body) == (200, told)
        assert seen.heads[0].startswith("POST /there?a=b HTTP/1.1\r\n")
        await client.close()


async def test_megabytes_come_back_while_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    async with backend(echo, SELF_SIGNED) as seen, proxied(monkeypatch, ("tls", seen.port)) as api:
        client = api.client()
        for spelling in SPELLINGS:
            path = spelling.format(port=seen.port) + "/proxy/"
            assert await asked(client, "POST", path, BODY * 4) == (200, BODY * 4)
        await client.close()


async def test_the_scheme_decides_and_not_the_ports_name(monkeypatch: pytest.MonkeyPatch, seen: Backend) -> None:
    async with proxied(monkeypatch, ("https", seen.port)) as api:
        client = api.client()
        for path in (f"pods/web:{seen.port}", f"pods/http:web:{seen.port}", "services/web:https", "services/web:8000"):
            status, body = await asked(client, "GET", f"{path}/proxy/")
            assert status == 503, path
            assert orjson.loads(body)["message"].startswith("error trying to reach service: "), body
        await client.close()


async def test_a_backend_without_tls_is_a_503_where_tls_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(plain_answer("400 Bad Request", b"what?"))
        writer.close()

    listener = await asyncio.start_server(serve_plainly, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, proxied(monkeypatch, ("tls", port)) as api:
        client = api.client()
        status, body = await asked(client, "POST", f"pods/https:web:{port}/proxy/", BODY)
        assert (status, orjson.loads(body)["reason"]) == (503, "ServiceUnavailable")
        await client.close()


async def test_a_refusal_in_the_middle_of_a_body_comes_back_through_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        await reader.readexactly(100_000)
        writer.write(plain_answer("401 Unauthorized", b"who?"))
        await writer.drain()
        # As careful servers do: read on a little, so that the answer is not lost.
        while await reader.read(MIB):
            pass

    async with backend(refuse, SELF_SIGNED) as seen, proxied(monkeypatch, ("tls", seen.port)) as api:
        client = api.client()
        assert await asked(client, "POST", f"pods/https:web:{seen.port}/proxy/", BODY) == (401, b"who?")
        await client.close()


async def repeat(connection: ServerConnection) -> None:
    if connection.request is not None and connection.request.path == "/refused":
        return
    async for message in connection:
        await connection.send(message)


@asynccontextmanager
async def talking(api: Proxied, path: str) -> AsyncIterator[ClientConnection]:
    context = client_context(ca_pem=CA.cert_pem, identity=ADMIN)
    address = f"wss://localhost:{api.port}{NAMESPACE}/{path}"
    async with connect(address, ssl=context, max_size=FRAME_BYTES_MAX, compression=None) as connection:
        yield connection


@pytest.mark.parametrize("scheme", ["https", "http"])
async def test_websockets_echo_large_frames_both_ways(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    tls = server_context(SELF_SIGNED) if scheme == "https" else None
    async with serve(repeat, "127.0.0.1", 0, ssl=tls, max_size=FRAME_BYTES_MAX, compression=None) as server:
        port: int = next(iter(server.sockets)).getsockname()[1]
        async with proxied(monkeypatch, ("talk", port)) as api:
            names = (f"pods/{scheme}:web:{port}", f"services/{scheme}:web:talk", f"services/{scheme}:web:8000")
            for name in names:
                async with talking(api, f"{name}/proxy/x") as connection:
                    for message in (b"", "text", b"x", os.urandom(200_000), os.urandom(8 * MIB)):
                        await connection.send(message)
                        assert await connection.recv() == message
                    # Many frames on their way at once, in both directions.
                    frames = [os.urandom(100_000) for _ in range(40)]
                    async with asyncio.TaskGroup() as group:
                        group.create_task(_send_all(connection, frames))
                        assert [await connection.recv() for _ in frames] == frames


async def _send_all(connection: ClientConnection, frames: list[bytes]) -> None:
    for frame in frames:
        await connection.send(frame)


async def test_a_server_that_speaks_no_websocket_refuses_through_tls(
    monkeypatch: pytest.MonkeyPatch, seen: Backend
) -> None:
    async with proxied(monkeypatch, ("tls", seen.port)) as api:
        with pytest.raises(InvalidStatus) as refused:
            async with talking(api, f"pods/https:web:{seen.port}/proxy/"):
                pass
    assert refused.value.response.status_code == 200
    assert refused.value.response.headers["Connection"] == "close"


async def test_the_end_of_a_conversation_reaches_the_other_side(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: asyncio.Queue[int | None] = asyncio.Queue()

    async def handle(connection: ServerConnection) -> None:
        await connection.send("welcome")
        await connection.wait_closed()
        ended.put_nowait(connection.close_code)

    async with serve(handle, "127.0.0.1", 0, ssl=server_context(SELF_SIGNED)) as server:
        port: int = next(iter(server.sockets)).getsockname()[1]
        async with proxied(monkeypatch) as api:
            async with talking(api, f"pods/https:web:{port}/proxy/") as connection:
                assert await connection.recv() == "welcome"
                await connection.close(4001)
            assert await asyncio.wait_for(ended.get(), 10) == 4001
            # And a client that is gone without a word.
            async with talking(api, f"pods/https:web:{port}/proxy/") as connection:
                connection.transport.abort()
            assert await asyncio.wait_for(ended.get(), 10) == 1006


async def test_a_backend_that_ends_a_conversation_is_heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def greet(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: greet/1\r\n\r\nhello")

    for identity, scheme in ((SELF_SIGNED, "https"), (None, "http")):
        async with backend(greet, identity) as seen, proxied(monkeypatch) as api:
            reader, writer = await api.connect()
            path = f"{NAMESPACE}/pods/{scheme}:web:{seen.port}/proxy/"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: greet/1\r\n\r\n".encode())
            assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"\r\n\r\nhello")
            writer.close()
