"""Requests that nobody should send: each gets a 4xx that says why, none a 5xx, a stack trace or silence.

The mutations are drawn from a fixed seed, so a failure names the request and comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import re
from collections.abc import AsyncIterator

import orjson
import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC, make_api
from suites.bad_requests import (
    ACCEPTS,
    BODIES_AS_BYTES,
    CONTENT_TYPES,
    HEADERS,
    METHODS,
    QUERIES,
    SEGMENTS,
    VALUES,
    damaged,
)
from suites.judge import ANSWER_S, Judge, judging
from suites.sample_objects import BODIES, sample
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document
from wherry.kit.http.limits import Limits
from wherry.kit.http.server import Server

CREATES, PATCHES, TARGETS = 600, 400, 400
STORED = [
    resource
    for resource in RESOURCE_TYPES
    if resource.kind in BODIES
    and {"create", "get"} <= set(resource.verbs)
    and resource.kind != "Namespace"
    and resource.storage is None  # another version of a kind that is here already
]


@pytest.fixture
async def judge(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Judge]:
    async with judging(await make_api(), caplog) as judge:
        yield judge


def serializable(document: Document) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_PASSTHROUGH_DATETIME)


async def test_damaged_objects_are_refused_or_stored_whole(judge: Judge) -> None:
    chance = random.Random(1)
    for number in range(CREATES):
        resource = chance.choice(STORED)
        document = damaged(sample(resource, f"x{number}"), chance)
        await judge.send("POST", resource.url("default"), serializable(document))
        if number % 4 == 0:
            await judge.api.ask("POST", resource.url("default"), sample(resource, f"y{number}"))
            await judge.send("PUT", resource.url("default", f"y{number}"), serializable(document))
            if resource.has_status:
                await judge.send("PUT", resource.url("default", f"y{number}", "status"), serializable(document))
    for resource in STORED:
        await judge.send("GET", resource.url("default"), accept=ACCEPTS[8])
    assert judge.statuses[201] > 20
    assert judge.statuses[400] + judge.statuses[422] > 200


async def test_damaged_patches_are_refused_or_applied_whole(judge: Judge) -> None:
    chance = random.Random(2)
    for resource in STORED:
        # Of a kind with several versions the first has made it.
        await judge.api.ask("POST", resource.url("default"), sample(resource))
    for _ in range(PATCHES):
        resource = chance.choice(STORED)
        kind = chance.choice([MERGE, STRATEGIC, JSON_PATCH])
        body: object = damaged(sample(resource), chance)
        if kind == JSON_PATCH:
            body = [
                {
                    "op": chance.choice(["add", "remove", "replace", "move", "copy", "test", "x", 1]),
                    "path": chance.choice(
                        ["/metadata/labels/a", "/spec", "", "/", "a", "/-", "/~2", "/spec/x/-", 3, "/metadata/name"]
                    ),
                    "from": chance.choice(["/metadata", "/spec", "", "/nowhere", None, "/metadata/uid"]),
                    "value": chance.choice(VALUES),
                }
                for _ in range(chance.randint(0, 3))
            ]
        await judge.send(
            "PATCH", resource.url("default", "web", chance.choice(["", "", "status", "scale"])),
            orjson.dumps(body), content_type=kind,
        )  # fmt: skip
    await judge.send("PATCH", "/api/v1/namespaces/default/pods/web", b"[]" * 10, content_type=JSON_PATCH)
    assert judge.statuses[400] + judge.statuses[422] > 50


async def test_damaged_configurations_are_refused_or_applied_whole(judge: Judge) -> None:
    chance = random.Random(4)
    for number in range(PATCHES):
        resource = chance.choice(STORED)
        config = sample(resource, f"a{chance.randint(0, 9)}")
        if number % 3:
            config = damaged(config, chance)
        query = f"fieldManager={chance.choice('xyz')}&force={chance.choice(['true', 'false'])}"
        name = f"a{chance.randint(0, 9)}" if number % 3 else str(config["metadata"]["name"])  # type: ignore[index]
        await judge.send(
            "PATCH", resource.url("default", name, chance.choice(["", "", "", "status", "scale"])) + "?" + query,
            serializable(config), content_type="application/apply-patch+yaml",
        )  # fmt: skip
    assert judge.statuses[200] + judge.statuses[201] > 20
    assert sum(judge.statuses.get(code, 0) for code in (400, 409, 422)) > 100


async def test_bodies_that_are_no_objects_are_refused(judge: Judge) -> None:
    pods = "/api/v1/namespaces/default/pods"
    for body in BODIES_AS_BYTES:
        for content_type in CONTENT_TYPES:
            await judge.send("POST", pods, body, content_type=content_type)
        for content_type in (MERGE, STRATEGIC, JSON_PATCH, "application/apply-patch+yaml"):
            await judge.send("PATCH", f"{pods}/web", body, content_type=content_type)
        await judge.send("DELETE", f"{pods}/web", body)
        await judge.send("PUT", f"{pods}/web", body)
    await judge.send("POST", pods, b"x" * (3 * 1024 * 1024 + 1))
    assert judge.statuses[413] == 1
    assert 201 not in judge.statuses


async def test_odd_targets_and_headers_are_answered(judge: Judge) -> None:
    chance = random.Random(3)
    await judge.api.must("POST", "/api/v1/namespaces/default/pods", BODY_OF_POD)
    for query in QUERIES:
        for path in ("/api/v1/pods", "/api/v1/namespaces/default/pods/web", "/api/v1/namespaces/default/pods/web/log"):
            await judge.send("GET", f"{path}?{query}")
        await judge.send("DELETE", f"/api/v1/namespaces/default/configmaps?{query}")
        await judge.send("POST", f"/api/v1/namespaces/default/configmaps?{query}", {"metadata": {"generateName": "q-"}})
    for _ in range(TARGETS):
        path = "/" + "/".join(chance.choices(SEGMENTS, k=chance.randint(0, 8)))
        await judge.send(
            chance.choice(METHODS), path + chance.choice(["", "", "?" + chance.choice(QUERIES)]),
            chance.choice([b"", b"{}", b"{bad"]), content_type=chance.choice(CONTENT_TYPES),
            accept=chance.choice(ACCEPTS), headers=chance.choice(HEADERS),
        )  # fmt: skip
    for path in ("", "*", "//", "/..", "/api/v1/namespaces/default/pods/web/../../../../nodes", "/api/v1/pods/"):
        await judge.send("GET", path)


RAW = [
    b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /api HTTP/1.1\r\n\r\n", b"GET /api\r\n\r\n", b"GET  /api HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00" * 2000,
    b"\r\n" * 2000,
    b"GET /api HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n", b"GET /api HTTP/1.1\r\nHost: x\r\n A: b\r\n\r\n",
    b"GET /" + b"a" * 2_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
    b"GET /api HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 2_000_000 + b"\r\n\r\n",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\nabc",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    b"POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"GET http://[bad/ HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /%zz%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/pods?watch=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /livez HTTP/1.0\r\n\r\n" * 50,
]  # fmt: skip


async def test_bytes_that_are_no_requests_are_refused_and_the_server_goes_on(judge: Judge) -> None:
    """Over a real socket: whole, cut short, and with bytes turned over."""
    chance = random.Random(4)
    server = Server(judge.api.server.app, limits=Limits(head_s=0.5, body_s=0.5, idle_s=0.5))
    await server.start()
    try:
        for sent in RAW:
            damaged_bytes = bytearray(sent)
            for _ in range(5):
                damaged_bytes[chance.randrange(len(damaged_bytes))] = chance.randrange(256)
            for variant in (sent, sent[: chance.randrange(len(sent))], bytes(damaged_bytes)):
                for status in await statuses_of(server.port, variant):
                    if status >= 500 and status not in (501, 505):
                        judge.blame(f"answered {status}", "bytes", "", variant, "")
        assert await statuses_of(server.port, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") == [200]
    finally:
        await server.stop()
    judge.faults += [f"logged {r.getMessage()}" for r in judge.caplog.records if r.levelno >= logging.ERROR]


async def statuses_of(port: int, sent: bytes) -> list[int]:
    """Send bytes and no more; the status of every answer until the server hangs up, which it must."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(sent)
            async with asyncio.timeout(ANSWER_S):
                await writer.drain()
                writer.write_eof()
                text = await reader.read()
                return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", text)]
        return []
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


BODY_OF_POD: Document = {"metadata": {"name": "web"}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}
