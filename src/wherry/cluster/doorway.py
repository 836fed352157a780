"""One address for the API, the facts for programs, and the dashboard, which is made when somebody first asks for it.

Who never opens the page pays nothing for it: neither at the start nor in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wherry.dashboard.place import FACTS, is_dashboards
from wherry.kit.http.types import App, Request, Response

if TYPE_CHECKING:
    from wherry.dashboard.app import Dashboard
    from wherry.dashboard.programs import Programs


class Doorway:
    """The dashboard below its prefix, the API everywhere else; implements kit.component.Component."""

    name = "dashboard"

    def __init__(self, api: App, make: Callable[[], Dashboard], make_programs: Callable[[], Programs]) -> None:
        """Both are called once, or never: `make` makes the dashboard, `make_programs` what answers programs."""
        self.ready = asyncio.Event()
        self._api = api
        self._make = make
        self._make_programs = make_programs
        self._programs: Programs | None = None
        self._dashboard: Dashboard | None = None
        self._is_asked_for = asyncio.Event()

    async def run(self) -> None:
        """Keep what people look at current, from the first of them on."""
        self.ready.set()
        await self._is_asked_for.wait()
        await self._opened().run()

    def app(self, request: Request) -> Awaitable[Response]:
        """Answer one request."""
        return self._show(request) if is_dashboards(request.path) else self._api(request)

    async def _show(self, request: Request) -> Response:
        if request.path.startswith(FACTS):
            self._programs = programs = self._programs or self._make_programs()
            if programs.can_answer(request):
                return await programs.answer(request)
        dashboard = self._opened()
        await dashboard.ready.wait()
        return await dashboard.app(request)

    def _opened(self) -> Dashboard:
        if self._dashboard is None:
            self._dashboard = self._make()
            self._is_asked_for.set()
        return self._dashboard
