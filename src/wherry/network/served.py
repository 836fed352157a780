"""Which pods the kernel sends new connections to, so that a pod can be stopped once nobody comes any more."""

from __future__ import annotations

import asyncio

# When the rules cannot be written, pods end all the same; as long as this, a rollout would hardly notice.
WITHDRAWAL_TIMEOUT_S = 0.5


class ServedAddresses:
    """The addresses of ready backends, as the kernel's Service rules have them. ServiceProxy writes, Pods reads."""

    def __init__(self) -> None:
        """Nobody is served yet."""
        self._addresses: frozenset[str] = frozenset()
        self._changed = asyncio.Event()

    def replace(self, addresses: frozenset[str]) -> None:
        """The kernel has new rules."""
        if addresses != self._addresses:
            self._addresses = addresses
            self._changed.set()
            self._changed = asyncio.Event()

    async def until_withdrawn(self, address: str, timeout_s: float = WITHDRAWAL_TIMEOUT_S) -> bool:
        """Wait until no Service chooses this address; whether that was so in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while address in self._addresses:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
