"""What can be taken away from the pages: facts for programs, and files for people. All made of what the person sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from wherry.dashboard.live import Live
from wherry.kit.http.types import Response

Download = Callable[[Live, Sequence[str]], Awaitable[Response]]
"""Makes a file for the rest of its path. Raises NotFound."""


async def _map(live: Live) -> object:
    from wherry.dashboard.puzzle.reading import read_map

    return await read_map(live)


LIVE_FACTS: Mapping[str, Callable[[Live], Awaitable[object]]] = {"map.json": _map}
DOWNLOADS: Mapping[str, Download] = {}
