"""Leaving HTTP: the answer 101, and the life of the WebSocket or the stream of bytes that follows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from wherry.kit.http.byte_stream import SocketByteStream
from wherry.kit.http.response_writer import ResponseWriter
from wherry.kit.http.types import ByteStreamClosed, Request, Response, StreamUpgrade, Upgrade, WebSocketClosed
from wherry.kit.http.websocket import (
    SocketWebSocket,
    accept_key,
    handshake_error,
    offered_subprotocols,
    server_websocket,
)
from wherry.kit.http.wire import refusal, response_head
from wherry.kit.log import get_logger

log = get_logger(__name__)

NO_CACHING = ("Cache-Control", "no-cache")

# What takes over a connection when it leaves HTTP.
Afterlife = SocketWebSocket | SocketByteStream


async def leave_http(
    request: Request,
    upgrade: Upgrade | StreamUpgrade,
    transport: asyncio.Transport,
    hand_over: Callable[[Afterlife], None],
) -> None:
    """Agree to an upgrade and serve it to its end; `hand_over` is told who gets the connection's bytes from now on."""
    if isinstance(upgrade, Upgrade):
        await _become_websocket(request, upgrade, transport, hand_over)
    else:
        await _become_stream(request, upgrade, transport, hand_over)


async def refuse_upgrade(writer: ResponseWriter, transport: asyncio.Transport, problem: str) -> None:
    """Answer a request that cannot become what the app made of it, and close."""
    await writer.write(refusal(400, problem), is_head=False, keep_alive=False, is_http_10=False)
    transport.close()


def upgrade_problem(request: Request, upgrade: Upgrade | StreamUpgrade) -> str:
    """Why a request cannot become a WebSocket; "" if it can, and for streams, whose handshake is the app's affair."""
    return handshake_error(request.method, request.headers) if isinstance(upgrade, Upgrade) else ""


async def _become_stream(
    request: Request,
    upgrade: StreamUpgrade,
    transport: asyncio.Transport,
    hand_over: Callable[[Afterlife], None],
) -> None:
    head = response_head(Response(101, content_type="", headers=[*upgrade.headers, NO_CACHING]), b"")
    transport.write(head + b"\r\n")
    stream = SocketByteStream(transport)
    hand_over(stream)
    try:
        await upgrade.handler(stream)
    except ByteStreamClosed:
        pass
    except Exception as error:  # noqa: BLE001 - the other side sees the end, we keep the trace
        log.error("Failed in a stream", err=error, path=request.path)
    finally:
        await stream.close()


async def _become_websocket(
    request: Request, upgrade: Upgrade, transport: asyncio.Transport, hand_over: Callable[[Afterlife], None]
) -> None:
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_key(request.headers['sec-websocket-key'])}",
    ]
    if upgrade.subprotocol:
        assert upgrade.subprotocol in offered_subprotocols(request.headers)
        lines.append(f"Sec-WebSocket-Protocol: {upgrade.subprotocol}")
    transport.write("\r\n".join([*lines, "", ""]).encode())
    websocket = server_websocket(transport, sends_text=upgrade.sends_text)
    hand_over(websocket)
    code = 1000
    try:
        await upgrade.handler(websocket)
    except WebSocketClosed:
        pass
    except asyncio.CancelledError:
        code = 1001
        raise
    except Exception as error:  # noqa: BLE001 - as above: the other side gets a close code, we keep the trace
        log.error("Failed in a WebSocket", err=error, path=request.path)
        code = 1011
    finally:
        await websocket.close(code)
