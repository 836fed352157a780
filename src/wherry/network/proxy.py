"""kube-proxy: keeps the kernel's Service rules equal to the cluster's Services and EndpointSlices."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Protocol

import msgspec

from wherry.api.core.service import SERVICES
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.client.informer import SharedInformers
from wherry.kit.backoff import Backoff
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.network.served import ServedAddresses
from wherry.network.services.nftables import NftablesError
from wherry.network.services.rules import RuleSet, plan_rules

log = get_logger(__name__)

RETRY_INITIAL_S = 0.5
RETRY_MAXIMUM_S = 30.0


class RuleTable(Protocol):
    """Where the rules are made to work; services.nftables.Nftables is the one in the kernel."""

    async def apply(self, rules: RuleSet) -> bool:
        """Make it so; whether anything had to change. Raises NftablesError."""

    async def remove(self) -> None:
        """Take all rules away."""


class ServiceProxy:
    """A Component: watches, plans, applies. One nft runs at a time; what changes meanwhile goes together.

    `ready` is set once the kernel has the rules of everything that the first lists contained. The rules stay
    in the kernel when `run` ends, so that running pods keep their Services while Wherry restarts; `remove`
    takes them away.
    """

    name = "kube-proxy"

    def __init__(
        self,
        informers: SharedInformers,
        clock: Clock,
        rules: RuleTable,
        *,
        served: ServedAddresses | None = None,
        random: Random | None = None,
    ) -> None:
        """`rules` is where they go (`Nftables(settings)`); `served` is told; `random` spreads retries."""
        self.ready = asyncio.Event()
        self._clock = clock
        self._services = informers.informer(SERVICES)
        self._slices = informers.informer(ENDPOINT_SLICES)
        self._rules = rules
        self._served = served or ServedAddresses()
        self._changed = asyncio.Event()
        self._warned: set[str] = set()
        random = random or Random()  # noqa: S311 - jitter is no secret
        self._backoff = Backoff(random, initial_s=RETRY_INITIAL_S, maximum_s=RETRY_MAXIMUM_S)

    async def run(self) -> None:
        """Work until cancelled."""
        await self._services.synced.wait()
        await self._slices.synced.wait()
        self._services.add_handler(self._on_change)
        self._slices.add_handler(self._on_change)
        self._changed.set()
        while True:
            await self._changed.wait()
            # One turn of the loop, so that changes that arrive together are applied together.
            await self._clock.sleep(0)
            self._changed.clear()
            await self._apply()

    async def remove(self) -> None:
        """Take all rules out of the kernel (`wherry down`)."""
        await self._rules.remove()

    def _on_change(self, old: msgspec.Struct | None, new: msgspec.Struct | None) -> None:
        self._changed.set()

    async def _apply(self) -> None:
        rules = plan_rules(self._services.lister.list(), self._slices.lister.list())
        for warning in rules.warnings:
            if warning not in self._warned:
                log.warning("Ignored part of a Service", why=warning)
        self._warned = set(rules.warnings)
        try:
            has_changed = await self._rules.apply(rules)
        except NftablesError as error:
            log.error("Failed to write Service rules", err=str(error))
            self._changed.set()
            await self._clock.sleep(self._backoff.next_s())
            return
        self._backoff.reset()
        self._served.replace(rules.ready)
        if has_changed:
            log.debug("Wrote Service rules", ports=len(rules.ports))
        self.ready.set()
