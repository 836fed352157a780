from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
import uvloop

from wherry.kit.http.client import ConnectionFailed, HttpClient, WebSocketRefused
from wherry.kit.http.server import Server
from wherry.kit.http.tls import KeyPair, client_context, server_context
from wherry.kit.http.types import Request, Response, Upgrade, WebSocket, WebSocketClosed, read_body
from wherry.kit.http.websocket import MAX_MESSAGE_BYTES
from wherry.kit.pki import create_ca, issue

CA = create_ca("test-ca")
SERVER = issue(CA, "server", dns_names=["localhost"], ips=["127.0.0.1"], server=True)
ADMIN = issue(CA, "kubernetes-admin", organizations=["system:masters", "more"], client=True)


async def echo_socket(socket: WebSocket) -> None:
    while True:
        message = await socket.receive()
        if message == b"fail":
            raise RuntimeError("secret")
        if message == b"bye":
            return
        await socket.send(b"echo:" + message)


async def app(request: Request) -> Response:
    if request.path == "/ws":
        offered = request.headers.get("sec-websocket-protocol", "")
        return Response(upgrade=Upgrade("v5" if "v5" in offered else "", echo_socket))
    if request.path == "/whoami":
        peer = request.peer
        return Response(body=f"{peer.common_name}:{','.join(peer.organizations)}".encode() if peer else b"nobody")
    if request.path == "/stream":

        async def parts() -> AsyncIterator[bytes]:
            for number in range(3):
                yield b"%d;" % number
                await asyncio.get_running_loop().run_in_executor(None, int)

        return Response(body=parts())
    if request.path == "/big":
        return Response(body=[b"x" * 1000] * 10_000)
    return Response(body=request.method.encode() + b" " + request.body)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(app, tls=server_context(SERVER, client_ca_pem=CA.cert_pem))
    await server.start()
    yield server
    await server.stop()


def client_of(server: Server, identity: KeyPair | None = None, ca: KeyPair = CA) -> HttpClient:
    return HttpClient("127.0.0.1", server.port, tls=client_context(ca_pem=ca.cert_pem, identity=identity))


@pytest.fixture
async def client(server: Server) -> AsyncIterator[HttpClient]:
    client = client_of(server)
    yield client
    await client.close()


async def test_a_client_certificate_says_who_is_there(server: Server) -> None:
    client = client_of(server, ADMIN)
    assert (await client.request(Request("GET", "/whoami"))).body == b"kubernetes-admin:system:masters,more"
    await client.close()


async def test_a_client_without_certificate_is_nobody(client: HttpClient) -> None:
    assert (await client.request(Request("GET", "/whoami"))).body == b"nobody"


async def test_a_certificate_of_another_authority_is_refused(server: Server) -> None:
    stranger = create_ca("other")
    client = client_of(server, issue(stranger, "kubernetes-admin", client=True))
    with pytest.raises(ConnectionFailed):
        await client.request(Request("GET", "/whoami"))
    await client.close()


async def test_a_server_of_another_authority_is_not_trusted(server: Server) -> None:
    client = client_of(server, ca=create_ca("other"))
    with pytest.raises(ConnectionFailed, match="certificate verify failed"):
        await client.request(Request("GET", "/"))
    await client.close()


async def test_connections_are_used_again(client: HttpClient, server: Server) -> None:
    for number in range(3):
        response = await client.request(Request("POST", "/", body=b"%d" % number))
        assert response.body == b"POST %d" % number
    assert server.connections_count == 1


async def test_a_server_that_closed_a_kept_connection_is_asked_again(client: HttpClient, server: Server) -> None:
    await client.request(Request("GET", "/"))
    port = server.port
    await server.stop()
    again = Server(app, tls=server_context(SERVER), port=port)
    await again.start()
    assert (await client.request(Request("GET", "/"))).body == b"GET "
    await again.stop()


async def test_nobody_listening_is_a_failed_connection() -> None:
    client = HttpClient("127.0.0.1", 1)
    with pytest.raises(ConnectionFailed, match=r"cannot connect to 127\.0\.0\.1:1"):
        await client.request(Request("GET", "/"))


async def test_a_chunked_response_streams_and_gives_its_connection_back(client: HttpClient, server: Server) -> None:
    response = await client.request(Request("GET", "/stream"))
    assert await read_body(response) == b"0;1;2;"
    await client.request(Request("GET", "/"))
    assert server.connections_count == 1


async def test_head_has_no_body(client: HttpClient) -> None:
    response = await client.request(Request("HEAD", "/big"))
    assert response.body == b""
    assert ("content-length", "10000000") in response.headers


async def test_ten_megabytes_arrive(client: HttpClient) -> None:
    assert len(await read_body(await client.request(Request("GET", "/big")))) == 10_000_000


async def test_a_websocket_echoes_and_closes(client: HttpClient) -> None:
    opened = await client.websocket(Request("GET", "/ws"), subprotocols=["v5", "v4"])
    assert opened.subprotocol == "v5"
    for message in (b"", b"hello", b"x" * 1_000_000):
        await opened.socket.send(message)
        assert await opened.socket.receive() == b"echo:" + message
    await opened.socket.send(b"bye")
    with pytest.raises(WebSocketClosed):
        await opened.socket.receive()
    with pytest.raises(WebSocketClosed):
        await opened.socket.send(b"late")
    await opened.socket.close()


async def test_a_websocket_that_is_no_websocket_is_refused(client: HttpClient) -> None:
    with pytest.raises(WebSocketRefused) as refused:
        await client.websocket(Request("GET", "/plain"))
    assert refused.value.response.status == 200


async def test_a_plain_request_for_a_websocket_gets_400(client: HttpClient) -> None:
    assert (await client.request(Request("GET", "/ws"))).status == 400


async def test_a_failing_websocket_handler_closes_with_1011(client: HttpClient) -> None:
    opened = await client.websocket(Request("GET", "/ws"))
    await opened.socket.send(b"fail")
    with pytest.raises(WebSocketClosed):
        await opened.socket.receive()
    assert opened.socket.close_code == 1011


async def test_a_message_beyond_the_limit_closes_with_1009(client: HttpClient) -> None:
    opened = await client.websocket(Request("GET", "/ws"))
    await opened.socket.send(b"x" * (MAX_MESSAGE_BYTES + 1))
    with pytest.raises(WebSocketClosed):
        await opened.socket.receive()
    assert opened.socket.close_code == 1009
    await opened.socket.close()


HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
MASKED_HI = b"\x82\x82\x00\x00\x00\x00hi"


@pytest.fixture
async def plain() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    server = Server(app)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    yield reader, writer
    writer.close()
    await server.stop()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def test_frames_that_came_with_the_handshake_are_not_lost(plain: Streams) -> None:
    reader, writer = plain
    writer.write(HANDSHAKE + MASKED_HI)
    assert b"101 Switching" in await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(9) == b"\x82\x07echo:hi"


async def test_a_fragmented_text_message_with_a_ping_between_arrives_whole(plain: Streams) -> None:
    reader, writer = plain
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\x01\x81\x00\x00\x00\x00h" + b"\x89\x81\x00\x00\x00\x00p" + b"\x80\x81\x00\x00\x00\x00i")
    assert await reader.readexactly(3) == b"\x8a\x01p"
    assert await reader.readexactly(9) == b"\x82\x07echo:hi"


@pytest.mark.parametrize("frame", [b"\x82\x02hi", b"\xf2\x82\x00\x00\x00\x00hi", b"\x83\x80\x00\x00\x00\x00"])
async def test_an_invalid_frame_closes_with_1002(plain: Streams, frame: bytes) -> None:
    reader, writer = plain
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame)
    assert (await reader.read())[2:4] == (1002).to_bytes(2)


@pytest.mark.parametrize("missing", [b"Upgrade: websocket\r\n", b"Version: 13", b"AAAA=="])
async def test_a_bad_handshake_gets_400(plain: Streams, missing: bytes) -> None:
    reader, writer = plain
    writer.write(HANDSHAKE.replace(missing, b"" if missing.endswith(b"\n") else b"x"))
    assert b"400 Bad Request" in await reader.readuntil(b"\r\n\r\n")


def test_the_same_works_on_uvloop() -> None:
    async def main() -> None:
        server = Server(app, tls=server_context(SERVER, client_ca_pem=CA.cert_pem))
        await server.start()
        client = client_of(server, ADMIN)
        assert (await client.request(Request("GET", "/whoami"))).body == b"kubernetes-admin:system:masters,more"
        assert await read_body(await client.request(Request("GET", "/stream"))) == b"0;1;2;"
        assert len(await read_body(await client.request(Request("GET", "/big")))) == 10_000_000
        opened = await client.websocket(Request("GET", "/ws"), subprotocols=["v5"])
        await opened.socket.send(b"x" * 300_000)
        assert len(await opened.socket.receive()) == 300_005
        await opened.socket.close()
        await client.close()
        await server.stop(grace_s=1)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def test_contexts_offer_http_1_1_only_and_no_old_tls() -> None:
    context = server_context(SERVER, client_ca_pem=CA.cert_pem)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_OPTIONAL
    assert client_context(insecure_skip_tls_verify=True).verify_mode is ssl.CERT_NONE
    assert "key" not in repr(SERVER).lower().replace("keypair", "")
