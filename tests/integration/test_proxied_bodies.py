"""Bodies of any length through the proxies of pods, services and nodes: over TLS, to a backend that is not ours."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from suites.api_harness import MERGE
from suites.proxied_backends import (
    IP,
    NAMESPACE,
    NOBODY,
    PATIENCE_S,
    Backend,
    Proxied,
    backend,
    body_pieces,
    echo,
    plain_answer,
    proxied,
    sum_up,
)
from wherry.api.core.node import SIMULATED_LABEL
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.apiserver.admission.chain import AdmissionChain
from wherry.apiserver.request import ApiRequest
from wherry.kit.http.types import App, Request, Response, read_body

MIB = 1 << 20
BODY = os.urandom(5 * MIB)
SUM = f"{len(BODY)} {hashlib.sha256(BODY).hexdigest()}".encode()
PIECE = bytes(256 << 10)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxied]:
    async def connect(name: str) -> App:
        async def agent(request: Request) -> Response:
            size = 0
            while request.stream is not None and (piece := await request.stream.read()):
                size += len(piece)
            return Response(body=b"agent of %b: %d" % (name.encode(), size))

        return agent

    async with proxied(monkeypatch, connect_node=connect) as api:
        yield api


class Pieces:
    """A body of which nobody says how long it is."""

    length = None

    def __init__(self, body: bytes) -> None:
        self._pieces = [body[place : place + 100_000] for place in range(0, len(body), 100_000)]

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def head_of(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, str, bytes]:
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head.split()[1]), head, await asyncio.wait_for(reader.readexactly(length), PATIENCE_S)


def pod_path(seen: Backend, path: str = "x") -> str:
    return f"{NAMESPACE}/pods/web:{seen.port}/proxy/{path}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_five_megabytes_reach_a_pod_by_length_and_by_chunks(api: Proxied, method: str) -> None:
    client = api.client()
    async with backend(sum_up) as seen:
        for request in (
            Request(method, pod_path(seen), body=BODY),
            Request(method, pod_path(seen), stream=Pieces(BODY)),
        ):
            assert await read_body(await client.request(request)) == SUM
    assert f"content-length: {len(BODY)}\r\n" in seen.heads[0]
    assert "transfer-encoding: chunked\r\n" in seen.heads[1]
    assert "content-length" not in seen.heads[1]
    await client.close()


async def test_a_node_gets_them_too_by_its_port_and_by_its_own_api(api: Proxied) -> None:
    client = api.client()
    async with backend(sum_up) as seen:
        request = Request("POST", f"/api/v1/nodes/n1:{seen.port}/proxy/x", body=BODY)
        assert await read_body(await client.request(request)) == SUM
    request = Request("POST", "/api/v1/nodes/n1/proxy/x", body=BODY)
    assert await read_body(await client.request(request)) == b"agent of n1: %d" % len(BODY)
    await client.close()


async def test_objects_keep_their_limit(api: Proxied) -> None:
    client = api.client()
    for request in (
        Request("POST", f"{NAMESPACE}/configmaps", body=BODY),
        Request("POST", f"{NAMESPACE}/pods/web/eviction", stream=Pieces(BODY)),
    ):
        response = await client.request(request)
        assert response.status == 413
    await client.close()


def rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_three_hundred_megabytes_each_way_take_a_few_of_memory(api: Proxied) -> None:
    async with backend(echo) as seen:
        size = 300 * MIB
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), f"Content-Length: {size}"))

        async def send() -> None:
            for _ in range(size // len(PIECE)):
                writer.write(PIECE)
                await writer.drain()

        before = most = rss_bytes()
        sending = asyncio.ensure_future(send())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        assert f"content-length: {size}\r\n".encode() in head.lower()
        received = 0
        while received < size:
            received += len(await asyncio.wait_for(reader.read(MIB), PATIENCE_S))
            most = max(most, rss_bytes())
        await sending
        assert received == size
        assert most - before < 40 * MIB
        # The connection goes on.
        writer.write(head_of("GET", "/version"))
        assert (await answer_of(reader))[0] == 200
        writer.close()


async def test_who_may_not_is_told_before_the_body_is_read(api: Proxied) -> None:
    async with backend(sum_up) as seen:
        for more in (["Content-Length: 100000000"], ["Transfer-Encoding: chunked"]):
            reader, writer = await api.connect(NOBODY)
            writer.write(head_of("POST", pod_path(seen), "Expect: 100-continue", *more))
            status, head, body = await answer_of(reader)
            assert status == 403
            assert orjson.loads(body)["reason"] == "Forbidden"
            assert "connection: close" in head
            writer.close()
    assert seen.heads == []


async def test_admission_has_its_say_before_the_body_is_read(api: Proxied, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(chain: AdmissionChain, request: ApiRequest, verb: str, sent: Document) -> None:
        assert (verb, sent["kind"], sent["path"]) == ("CONNECT", "PodProxyOptions", "/x")
        raise Forbidden("not to this pod")

    monkeypatch.setattr(AdmissionChain, "admit_order", refuse)
    async with backend(sum_up) as seen:
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), "Expect: 100-continue", "Content-Length: 100000000"))
        status, _, body = await answer_of(reader)
        assert (status, orjson.loads(body)["message"]) == (403, "not to this pod")
        writer.close()
    assert seen.heads == []


async def test_a_backend_that_refuses_early_is_heard_though_it_hangs_up(api: Proxied) -> None:
    async def refuse(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        writer.write(plain_answer("413 Request Entity Too Large", b"enough", "Connection: close"))

    client = api.client()
    async with backend(refuse) as seen:
        for _ in range(20):
            reader, writer = await api.connect()
            writer.write(head_of("POST", pod_path(seen), "Content-Length: 50000000"))
            writer.write(PIECE * 20)
            status, head, body = await answer_of(reader)
            assert (status, body) == (413, b"enough")
            assert "connection: close" in head
            writer.transport.abort()
    await client.close()


async def test_who_asks_first_hears_the_backends_word(api: Proxied) -> None:
    async def ask(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        if "x-token: good" not in head:
            writer.write(plain_answer("401 Unauthorized", b"who?"))
            return
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b"".join([piece async for piece in body_pieces(reader, head)])
        writer.write(plain_answer("200 OK", body))

    async with backend(ask) as seen:
        wish = ("Expect: 100-continue", "Content-Length: 5")
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), *wish))
        status, _, body = await answer_of(reader)
        assert (status, body) == (401, b"who?"), "and no 100 before it"
        writer.close()
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), "X-Token: good", *wish))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hello")
        assert (await answer_of(reader))[2] == b"hello"
        writer.close()


async def test_a_backend_that_does_not_know_the_question_gets_the_body_after_a_while(api: Proxied) -> None:
    async with backend(sum_up) as seen:
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), "Expect: 100-continue", "Content-Length: 5"))
        assert b"100 Continue" in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        writer.write(b"hello")
        assert (await answer_of(reader))[2].startswith(b"5 ")
        writer.close()


@pytest.mark.parametrize("framing", ["Content-Length: 3000000", "Transfer-Encoding: chunked"])
async def test_a_client_that_hangs_up_is_seen_by_the_backend(api: Proxied, framing: str) -> None:
    async with backend(sum_up) as seen:
        _, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), framing) + b"20000\r\n" + bytes(0x20000) + b"\r\n")
        await writer.drain()
        while not seen.received:
            await asyncio.sleep(0.01)
        writer.transport.abort()
        assert await seen.end() == "hung up on"


async def test_a_body_that_breaks_off_never_looks_whole(api: Proxied) -> None:
    async with backend(sum_up) as seen:
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), "Transfer-Encoding: chunked") + b"3\r\nabc\r\n")
        while not seen.received:
            await asyncio.sleep(0.01)
        writer.write(b"zz\r\n0\r\n\r\n" + head_of("GET", "/version"))
        status, head, body = await answer_of(reader)
        assert status == 400
        assert b"malformed request body" in body
        assert "connection: close" in head
        assert await asyncio.wait_for(reader.read(), PATIENCE_S) == b""
        assert await seen.end() == "hung up on"
        writer.close()


async def test_a_backend_that_hangs_up_is_a_503_in_the_words_of_kubernetes(api: Proxied) -> None:
    async def hang_up(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        await reader.readexactly(1000)
        writer.transport.abort()

    async with backend(hang_up) as seen:
        reader, writer = await api.connect()
        writer.write(head_of("POST", pod_path(seen), "Content-Length: 50000000") + PIECE)
        status, head, body = await answer_of(reader)
        said = orjson.loads(body)
        assert (status, said["reason"]) == (503, "ServiceUnavailable")
        assert said["message"].startswith("error trying to reach service: ")
        assert "connection: close" in head
        writer.close()


async def test_an_answer_that_breaks_off_never_looks_whole(api: Proxied) -> None:
    async def half(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        chunked = "chunked" in head.split()[1]
        framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: 1000000"
        writer.write(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode() + (b"3\r\nabc\r\n" if chunked else b"abc"))

    async with backend(half) as seen:
        for path in ("length", "chunked"):
            reader, writer = await api.connect()
            writer.write(head_of("GET", pod_path(seen, path)))
            got = await asyncio.wait_for(reader.read(), PATIENCE_S)
            assert b"200 OK" in got
            assert b"abc" in got
            assert not got.endswith(b"0\r\n\r\n")
            writer.close()


async def test_lengths_are_passed_on_also_of_what_a_head_does_not_bring(api: Proxied) -> None:
    async def large(_: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        writer.write(plain_answer("200 OK", b"" if head.startswith("HEAD") else BODY).replace(
            b"Content-Length: 0", b"Content-Length: %d" % len(BODY)
        ))  # fmt: skip
        await writer.drain()

    client = api.client()
    async with backend(large) as seen:
        for method, body in (("GET", BODY), ("HEAD", b"")):
            response = await client.request(Request(method, pod_path(seen)))
            assert dict(response.headers)["content-length"] == str(len(BODY))
            assert await read_body(response) == body
    await client.close()


async def test_nobody_is_asked_at_the_address_of_a_simulated_node(api: Proxied) -> None:
    async with backend(sum_up) as seen:
        await api.api.must("PATCH", "/api/v1/nodes/n1", {"metadata": {"labels": {SIMULATED_LABEL: "true"}}},
                           content_type=MERGE)  # fmt: skip
        binding = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "n1"}}
        await api.api.must("POST", f"{NAMESPACE}/pods/web/binding", binding)
        spec = {"ports": [{"name": "web", "port": 80}]}
        await api.api.must("POST", f"{NAMESPACE}/services", {"metadata": {"name": "web"}, "spec": spec})
        address = {"ip": IP, "targetRef": {"kind": "Pod", "name": "web", "namespace": "default"}}
        subset = {"addresses": [address], "ports": [{"name": "web", "port": seen.port}]}
        await api.api.must("POST", f"{NAMESPACE}/endpoints", {"metadata": {"name": "web"}, "subsets": [subset]})
        places = (f"{NAMESPACE}/pods/web:{seen.port}", f"{NAMESPACE}/services/web:80", f"/api/v1/nodes/n1:{seen.port}")
        for place in places:
            answer = await api.api.ask("GET", f"{place}/proxy/x")
            assert answer.status == 503, place
            assert 'the node "n1" is simulated' in str(answer.at("message"))
    assert seen.heads == []
