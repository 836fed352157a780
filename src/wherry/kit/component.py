"""A part of the system that runs: it has a name, it becomes ready, it stops when cancelled."""

from __future__ import annotations

import asyncio
from typing import Protocol, runtime_checkable

from wherry.kit.metrics import Registry


class Component(Protocol):
    """Something that runs for as long as the cluster does.

    It receives what it needs (a Client, a Clock, its settings) when it is made and never imports
    another component. Cancelling `run` is the only stop signal.
    """

    name: str
    ready: asyncio.Event

    async def run(self) -> None:
        """Work until cancelled; sets `ready` once it does its job."""


@runtime_checkable
class Measured(Protocol):
    """A part that has numbers about itself."""

    def measure(self, registry: Registry) -> None:
        """Add them to those that are shown; called once."""
