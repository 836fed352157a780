"""How a client's requests travel: to a function in this process, or over HTTPS to another machine.

Both speak kit/http's Request and Response, so nothing above can tell them apart.
"""

from __future__ import annotations

from typing import Protocol

from wherry.kit.http.types import App, Peer, Request, Response


class Transport(Protocol):
    """Carries one request and brings back its response."""

    async def request(self, request: Request) -> Response:
        """Send and return; a streaming body is an async iterator that the caller closes."""


class InProcess:
    """Calls the API server's own function: same handlers, same filters, no socket."""

    def __init__(self, app: App, *, user: str, groups: tuple[str, ...] = ()) -> None:
        """`user` and `groups` are who the caller is, as a client certificate would say."""
        self._app = app
        self._peer = Peer(user, groups)

    async def request(self, request: Request) -> Response:
        """Hand the request over."""
        request.peer = self._peer
        return await self._app(request)
