"""Running programs in containers and reading logs, over streams inside the process."""

from __future__ import annotations

import orjson
import pytest

from wherry.apimachinery.errors import InternalError, NotFound
from wherry.client.client import Client
from wherry.client.streams import ERROR, STDERR, STDOUT, exit_code, read_log, run_in_container, websocket_pair
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response, Upgrade, WebSocket, WebSocketClosed

FAILED = orjson.dumps(
    {
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": "command terminated with non-zero exit code",
        "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
    }
)


def client_for(response: Response, seen: list[Request] | None = None) -> Client:
    async def app(request: Request) -> Response:
        if seen is not None:
            seen.append(request)
        return response

    return Client(InProcess(app, user="admin"))


async def test_output_and_exit_code_come_back() -> None:
    async def cat(websocket: WebSocket) -> None:
        received = await websocket.receive()
        assert await websocket.receive() == bytes([255, 0])
        await websocket.send(bytes([STDOUT]))
        await websocket.send(bytes([STDOUT]) + received[1:])
        await websocket.send(bytes([STDERR]) + b"warned")
        await websocket.send(bytes([ERROR]) + FAILED)

    seen: list[Request] = []
    response = Response(101, upgrade=Upgrade("v5.channel.k8s.io", cat))
    result = await run_in_container(client_for(response, seen), "ns", "web", ["cat", "-"], container="c", stdin=b"hi")
    assert (result.exit_code, result.stdout, result.stderr) == (3, b"hi", b"warned")
    assert seen[0].path == "/api/v1/namespaces/ns/pods/web/exec"
    assert seen[0].query_items()[:4] == [("command", "cat"), ("command", "-"), ("container", "c"), ("stdin", "true")]


async def test_a_stream_that_breaks_off_is_an_error() -> None:
    async def vanish(websocket: WebSocket) -> None:
        await websocket.send(bytes([STDOUT]) + b"half")

    response = Response(101, upgrade=Upgrade("v5.channel.k8s.io", vanish))
    with pytest.raises(InternalError, match="broke off"):
        await run_in_container(client_for(response), "ns", "web", ["true"])


async def test_refusals_are_raised() -> None:
    refusal = NotFound('pods "web" not found')
    with pytest.raises(NotFound):
        await run_in_container(client_for(Response(404, body=refusal.to_bytes())), "ns", "web", ["true"])
    with pytest.raises(InternalError):
        await run_in_container(client_for(Response(200, body=b"{}")), "ns", "web", ["true"])


def test_exit_codes_are_read_from_the_status() -> None:
    assert exit_code(b'{"status":"Success"}') == 0
    assert exit_code(FAILED) == 3
    with pytest.raises(InternalError, match="no such file"):
        exit_code(b'{"status":"Failure","message":"no such file"}')


async def test_both_ends_notice_the_close() -> None:
    one, other = websocket_pair()
    await one.send(b"last words")
    await one.close()
    await one.close()
    assert await other.receive() == b"last words"
    for _ in range(2):
        with pytest.raises(WebSocketClosed):
            await other.receive()
    with pytest.raises(WebSocketClosed):
        await one.send(b"too late")


async def test_a_log_is_read_in_pieces() -> None:
    seen: list[Request] = []
    client = client_for(Response(body=[b"a\n", b"b\n"]), seen)
    assert [part async for part in read_log(client, "ns", "web", tail_lines=2, follow=True)] == [b"a\n", b"b\n"]
    assert seen[0].query == "follow=true&tailLines=2"
    whole = client_for(Response(body=b"all"))
    assert [part async for part in read_log(whole, "ns", "web")] == [b"all"]
