"""A read-model that is always current, and a wait for its next change: for whoever tells what happens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherry.kit.clock import Clock
    from wherry.narrate.model import ReadModel

TOGETHER_S = 0.2
"""Changes within this time are looked at together."""


class Followed:
    """A model that is always current, and a wait for its next change."""

    def __init__(self, model: ReadModel, clock: Clock, together_s: float = TOGETHER_S) -> None:
        """`model` is fed by somebody else; changes within `together_s` are one."""
        self.model = model
        self.clock = clock
        self._together_s = together_s
        self._changed = asyncio.Event()
        self.stop = model.subscribe(lambda _change: self._changed.set())

    async def change(self, within_s: float | None = None) -> None:
        """Wait for a change since the last one, or until `within_s` seconds have passed."""
        timer = None if within_s is None else self.clock.call_later(within_s, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            if timer is not None:
                timer.cancel()
        await self.clock.sleep(self._together_s)
        self._changed.clear()
