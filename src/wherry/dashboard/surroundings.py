"""What the dashboard learns of the place where it runs, and not of the API: by reference, so that it stays on top."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Connections = Callable[[], Awaitable[str]]
"""The table of connections that the kernel of this machine knows, as text; "" where nobody may read it."""


async def _nobody_knows() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """This machine's name, who may say who a user is, and who talks to whom here.

    A person is only ever shown connections between pods that they may list.
    """

    this_host: str = ""
    authorities: tuple[bytes, ...] = ()
    connections: Connections = _nobody_knows
