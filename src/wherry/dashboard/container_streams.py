"""What a browser reads from and types into a container: its log as it grows, and a shell. The person's own rights."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlencode

from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import BadRequest, error_from_status
from wherry.client.client import Client
from wherry.dashboard.sessions import Session
from wherry.kit.http.types import Request, Response, Upgrade, WebSocket, read_body
from wherry.kit.tasks import TaskScope

LOG_LINES = 500
LOG_OPTIONS = ("container", "follow", "previous", "tailLines")
# A container has some shell or none: the first that there is.
SHELL = "command -v bash >/dev/null && exec bash; exec sh"
PASSED_HEADERS = ("connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol")


async def log_of(client: Client, request: Request, namespace: str, pod: str) -> Response:
    """A log as plain text, as it grows where that is asked for. Raises StatusError."""
    asked = dict(request.query_items())
    query = {name: asked[name] for name in LOG_OPTIONS if asked.get(name)}
    response = await client.request(
        "GET", PODS.url(namespace, pod, "log"), urlencode({"tailLines": LOG_LINES, **query})
    )
    return Response(200, "text/plain; charset=utf-8", response.body)


async def shell_in(client: Client, request: Request, session: Session, namespace: str, pod: str) -> Response:
    """A WebSocket to a shell in a container; it ends with the session. Raises StatusError."""
    container = dict(request.query_items()).get("container", "")
    if not container:
        raise BadRequest("a shell needs the name of a container")
    query = [("container", container), *(("command", part) for part in ("sh", "-c", SHELL))]
    query += [(name, "true") for name in ("stdin", "stdout", "tty")]
    passed = {name: request.headers[name] for name in PASSED_HEADERS if name in request.headers}
    response = await client.send("GET", PODS.url(namespace, pod, "exec"), urlencode(query), headers=passed)
    if response.status >= 300:
        raise error_from_status(await read_body(response), response.status)
    assert isinstance(response.upgrade, Upgrade)
    upgrade = response.upgrade

    async def until_signed_out(socket: WebSocket) -> None:
        async with TaskScope("shell") as scope:
            shell = scope.start("shell", _serve(upgrade, socket))
            over = scope.start("session", session.over.wait())
            await asyncio.wait((shell, over), return_when=asyncio.FIRST_COMPLETED)

    return replace(response, upgrade=replace(upgrade, handler=until_signed_out))


async def _serve(upgrade: Upgrade, socket: WebSocket) -> None:
    await upgrade.handler(socket)
