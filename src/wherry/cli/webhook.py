"""Tells a webhook for as long as a command runs: each message is tried again for a while.

deliveries.send(notice)     # returns at once; what follows waits for nobody but its own thing's message before
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from wherry.cli.troubles import known
from wherry.kit.backoff import Backoff
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope
from wherry.narrate.incidents import Notice
from wherry.narrate.webhook import BadAddress, Webhook, deliver, message

TRIES = 6
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
AT_ONCE_MAX = 4


def webhook_at(url: str) -> Webhook:
    """The webhook that somebody has named. Raises Trouble, which does not say the address again."""
    try:
        return Webhook(url)
    except BadAddress as error:
        raise known("W0226", error=error, do=error.remedy) from error


class Deliveries:
    """The messages on their way to one webhook."""

    def __init__(
        self, webhook: Webhook, scope: TaskScope, clock: Clock, random: Random, lost: Callable[[Notice, str], None]
    ) -> None:
        """`lost` hears of each message that the receiver did not take, and why."""
        self._webhook = webhook
        self._scope = scope
        self._clock = clock
        self._random = random
        self._lost = lost
        self._at_once = asyncio.Semaphore(AT_ONCE_MAX)
        self._last: dict[tuple[str, str], asyncio.Task[None]] = {}

    def send(self, notice: Notice) -> None:
        """Put it on its way; an end never overtakes its own start."""
        whom = (notice.namespace, notice.thing)
        before = self._last.get(whom)
        task = self._last[whom] = self._scope.start("message", self._deliver(notice, before))
        task.add_done_callback(lambda done: self._forget(whom, done))

    async def _deliver(self, notice: Notice, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})
        backoff = Backoff(self._random, initial_s=FIRST_WAIT_S, maximum_s=LONGEST_WAIT_S)
        body, why = message(notice), ""
        for left in reversed(range(TRIES)):
            async with self._at_once:
                refusal = await deliver(self._webhook, body)
            if refusal is None:
                return
            why = refusal.why
            if refusal.is_final:
                break
            if left:
                await self._clock.sleep(backoff.next_s())
        self._lost(notice, why)

    def _forget(self, whom: tuple[str, str], done: asyncio.Task[None]) -> None:
        if self._last.get(whom) is done:
            del self._last[whom]
