"""Bytes that an attacker writes to a socket, in clear text and through TLS: answered as they must be, or hung up on."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import ssl
from collections.abc import AsyncIterator

import pytest

from suites.api_harness import make_api
from suites.hostile_bytes import HOSTILE, INSERTED, SLOW
from wherry.kit import pki
from wherry.kit.http.limits import Limits
from wherry.kit.http.server import Server
from wherry.kit.http.tls import client_context, server_context

# Short, so that waiting for a client ends soon.
LIMITS = Limits(head_s=0.5, body_s=0.5, idle_s=0.5)
ANSWER_S = 20.0
DAMAGED, SLOW_CLIENTS = 300, 70


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server((await make_api()).server.app, limits=LIMITS)
    await server.start()
    yield server
    await server.stop()


async def test_every_attack_is_answered_as_it_must_be(server: Server) -> None:
    found = dict(zip(HOSTILE, await asyncio.gather(*(ask(server, sent) for sent, _ in HOSTILE.values())), strict=True))
    assert found == {name: statuses for name, (_, statuses) in HOSTILE.items()}


async def test_through_tls_it_is_the_same() -> None:
    ca = pki.create_ca("test")
    identity = pki.issue(ca, "server", ips=["127.0.0.1"], server=True)
    context = server_context(identity, client_ca_pem=ca.cert_pem)
    server = Server((await make_api()).server.app, tls=context, limits=LIMITS)
    await server.start()
    try:
        client = client_context(ca_pem=ca.cert_pem)
        for begin in range(0, len(HOSTILE), 20):
            part = list(HOSTILE.values())[begin : begin + 20]
            found = await asyncio.gather(*(ask(server, sent, client) for sent, _ in part))
            assert found == [statuses for _, statuses in part]
        # Whoever does not speak TLS at all, or stops in the middle of its greeting.
        for sent in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\x00" * 5000):
            assert await ask(server, sent) == []
        assert await ask(server, HOSTILE["absolute target"][0], client) == [200]
    finally:
        await server.stop()


async def test_damaged_attacks_are_refused_or_hung_up_on(server: Server) -> None:
    chance = random.Random(5)
    short = [sent for sent, _ in HOSTILE.values() if len(sent) < 2000]
    for _ in range(DAMAGED // 50):
        attacks = [damaged(chance.choice(short), chance) for _ in range(50)]
        for sent, statuses in zip(attacks, await asyncio.gather(*(ask(server, each) for each in attacks)), strict=True):
            assert [status for status in statuses if status >= 500 and status not in (501, 505)] == [], sent
    assert await ask(server, HOSTILE["absolute target"][0]) == [200]


async def test_clients_that_trickle_are_hung_up_on_in_time(server: Server) -> None:
    """Slowloris: heads, bodies and trailers that never end, a byte at a time; others are served meanwhile."""
    async with asyncio.timeout(ANSWER_S):
        trickles = [trickle(server.port, SLOW[number % len(SLOW)]) for number in range(SLOW_CLIENTS)]
        await asyncio.gather(*trickles, ask(server, HOSTILE["absolute target"][0]))
    assert server.connections_count == 0


def damaged(sent: bytes, chance: random.Random) -> bytes:
    """One to four places turned over, taken out, filled in or cut off."""
    made = bytearray(sent)
    for _ in range(chance.randint(1, 4)):
        place, deed = chance.randrange(len(made)), chance.randrange(4)
        if deed == 0:
            made[place] = chance.randrange(256)
        elif deed == 1:
            del made[place : place + chance.randint(1, 5)]
        elif deed == 2:
            made[place:place] = chance.choice(INSERTED)
        else:
            del made[place + 1 :]
        made = made or bytearray(b"G")
    return bytes(made)


async def ask(server: Server, sent: bytes, tls: ssl.SSLContext | None = None) -> list[int]:
    """The statuses of all answers until the server hangs up, which it must."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls)
    text = b""
    try:
        async with asyncio.timeout(ANSWER_S):
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                writer.write(sent)
                while piece := await reader.read(1 << 16):
                    text += piece
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", text)]


async def trickle(port: int, first: bytes) -> None:
    """Send a beginning and then a byte now and then, until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(first)
            while True:
                writer.write(b"a")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        if not await reader.read(100):
                            return
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
