from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from wherry.client.http_transport import Http
from wherry.kit.http.client import HttpClient
from wherry.kit.http.server import Server
from wherry.kit.http.types import Request, Response, Upgrade, WebSocket, WebSocketClosed


async def shout(socket: WebSocket) -> None:
    while True:
        await socket.send((await socket.receive()).upper())


async def app(request: Request) -> Response:
    if request.path == "/p/exec":
        return Response(upgrade=Upgrade("v5", shout))
    return Response(body=f"{request.path}|{request.query}|{request.headers.get('authorization', '')}".encode())


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(app)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def transport(server: Server) -> AsyncIterator[Http]:
    transport = Http(f"http://127.0.0.1:{server.port}/p/", token="secret")
    yield transport
    await transport.close()


async def test_requests_carry_the_token_and_the_servers_path(transport: Http) -> None:
    response = await transport.request(Request("GET", "/api", "watch=1"))
    assert response.body == b"/p/api|watch=1|Bearer secret"


async def test_a_websocket_can_be_opened(transport: Http) -> None:
    opened = await transport.websocket(Request("GET", "/exec"), subprotocols=["v5"])
    await opened.socket.send(b"abc")
    assert await opened.socket.receive() == b"ABC"
    await opened.socket.close()


async def test_a_websocket_request_can_be_passed_on_as_a_response(transport: Http) -> None:
    front = Server(transport.request)
    await front.start()
    client = HttpClient("127.0.0.1", front.port)
    opened = await client.websocket(Request("GET", "/exec"), subprotocols=["v5", "v4"])
    assert opened.subprotocol == "v5"
    await opened.socket.send(b"through two servers")
    assert await opened.socket.receive() == b"THROUGH TWO SERVERS"
    await opened.socket.close()
    with pytest.raises(WebSocketClosed):
        await opened.socket.receive()
    await front.stop()


@pytest.mark.parametrize("url", ["ftp://x", "https://x", "x:1"])
def test_a_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"server URL|TLS settings"):
        Http(url)
