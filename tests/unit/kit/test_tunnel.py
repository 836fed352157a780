"""Which connections go through a proxy, and how."""

from __future__ import annotations

import asyncio

import pytest

from wherry.kit.http.tunnel import Proxy, ProxyFailed, open_tunnel, proxy_for


@pytest.mark.parametrize(
    ("environ", "host", "proxy"),
    [
        ({}, "r.example.com", None),
        ({"HTTPS_PROXY": "http://p:8080"}, "r.example.com", Proxy("p", 8080)),
        ({"https_proxy": "p"}, "r.example.com", Proxy("p", 3128)),
        ({"HTTPS_PROXY": "http://ana:s%40@p:1"}, "r.example.com", Proxy("p", 1, "Basic YW5hOnNA")),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, "r.example.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example.com, other"}, "r.example.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ample.com"}, "r.example.com", Proxy("p", 1)),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "r.example.com:443"}, "r.example.com", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "10.1.2.3", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "r.example.com", None),
        ({"HTTPS_PROXY": "http://p:1"}, "127.0.0.1", None),
        ({"HTTPS_PROXY": "http://p:1"}, "localhost", None),
    ],
)
def test_the_environment_names_the_proxy(environ: dict[str, str], host: str, proxy: Proxy | None) -> None:
    assert proxy_for(environ, host, 443) == proxy


async def answering(answer: bytes) -> tuple[asyncio.Server, list[bytes]]:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0), heard


async def test_a_tunnel_is_asked_for_and_nothing_behind_the_head_is_lost() -> None:
    server, heard = await answering(b"HTTP/1.1 200 OK\r\nx: y\r\n\r\nhello")
    async with server:
        port = server.sockets[0].getsockname()[1]
        connection = await open_tunnel(Proxy("127.0.0.1", port, "Basic x"), "r.example.com", 443)
        with connection:
            assert await asyncio.get_running_loop().sock_recv(connection, 100) == b"hello"
    assert heard[0].startswith(b"CONNECT r.example.com:443 HTTP/1.1\r\nHost: r.example.com:443\r\n")
    assert b"Proxy-Authorization: Basic x\r\n" in heard[0]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 2"])
async def test_a_proxy_that_does_not_let_us_through_is_said(answer: bytes) -> None:
    server, _ = await answering(answer)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProxyFailed, match=r"407 Proxy|closed the connection"):
            await open_tunnel(Proxy("127.0.0.1", port), "r.example.com", 443)
