"""What the dashboard learns of the place where it runs, and not of the API: by reference, so that it stays on top."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.dashboard.places import Places
from wherry.kit.http.tls import KeyPair
from wherry.narrate.forecast import Forecast
from wherry.narrate.intent import Change

Connections = Callable[[], Awaitable[str]]
"""The table of connections that the kernel of this machine knows, as text; "" where nobody may read it."""

WhatIf = Callable[[Client, Change], Awaitable[Forecast]]
"""Tries a change on a copy of what the client's person may see, and changes nothing. Raises StatusError."""


async def _nobody_tries(client: Client, change: Change) -> Forecast:
    raise NotFound("Nobody here can try a change.")


async def _nobody_needs_one() -> None:
    return


async def _nobody_knows() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """This machine's name, who may say who a user is, who talks to whom here, and who can try a change.

    `witness` is the key with which the dashboard says who has written a comment in a page; without it, nobody can.
    `make_stand_in_image` has the image ready that stand-ins run from, where this machine is a node.

    `places` is where each piece of the map stands.

    A person is only ever shown connections between pods that they may list.
    """

    this_host: str = ""
    authorities: tuple[bytes, ...] = ()
    connections: Connections = _nobody_knows
    what_if: WhatIf = _nobody_tries
    witness: KeyPair | None = None
    make_stand_in_image: Callable[[], Awaitable[None]] = _nobody_needs_one
    places: Places = field(default_factory=Places)
