"""The masters' own messages: a webhook hears when something needs help and when it does not any more, day and night.

    secret kube-system/wherry-webhook (url) ──> Notifier ──> plan (incidents.py) ──> outbox.py ──> webhook.py

The address is a Secret, so that it can be set, changed and taken away while the masters run, by whoever may write
there, and shows in no list of processes. Nothing runs and nothing is kept while there is none. What the webhook has
taken is remembered in a small file: after a restart it hears nothing twice, and misses nothing that began or ended
meanwhile. When it takes no message the cluster goes on as ever; the part `notices` of the masters says so.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from wherry.api.core.secret import SECRETS, Secret
from wherry.apimachinery.timestamps import format_time
from wherry.kit.backoff import Backoff
from wherry.kit.clock import Clock
from wherry.kit.files import write_atomically
from wherry.kit.log import get_logger
from wherry.kit.metrics import Registry
from wherry.kit.tasks import TaskScope
from wherry.kit.threads import run_in_thread

if TYPE_CHECKING:
    from wherry.narrate.find import Target
    from wherry.narrate.following import Followed
    from wherry.narrate.incidents import Incident, Notice
    from wherry.narrate.model import ReadModel, Sources
    from wherry.narrate.outbox import Outbox
    from wherry.narrate.webhook import Webhook

NAMESPACE = "kube-system"
SECRET = "wherry-webhook"  # noqa: S105 - its name
FIELD = "url"
PART = "notices"
TOGETHER_S = 1.0
"""While thousands of pods start, the masters have better things to do than to look at all of them again and again."""
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 300.0
"""Somebody who mends a receiver waits no longer than this for what it has missed."""

log = get_logger(__name__)


class Notifier:
    """Tells the webhook that the cluster's Secret names; implements kit.component.Component."""

    name = PART

    def __init__(
        self,
        sources: Sources,
        clock: Clock,
        random: Random,
        *,
        memory: Path,
        parts: MutableMapping[str, Callable[[], str]],
        this_host: str = "",
    ) -> None:
        """`sources` are kept current by somebody else; `memory` is the file for what was told.

        In `parts` it says how it is, while there is somebody to tell.
        """
        self.ready = asyncio.Event()
        self._sources = sources
        self._clock = clock
        self._backoff = Backoff(random, initial_s=FIRST_WAIT_S, maximum_s=LONGEST_WAIT_S)
        self._memory = memory
        self._parts = parts
        self._this_host = this_host
        self._url = ""
        self._is_set_anew = asyncio.Event()
        self._has_news = asyncio.Event()
        self._try_now = asyncio.Event()
        self._model: ReadModel | None = None
        self._outbox: Outbox | None = None
        self._wrong = ""
        self._taken = self._refused = 0

    async def run(self) -> None:
        """Tell whoever is to be told, until cancelled."""
        self._sources(SECRETS).add_handler(self._secret_changed)
        self.ready.set()
        while True:
            self._is_set_anew.clear()
            if self._url:
                async with TaskScope(self.name) as scope:
                    telling = scope.start("telling", self._tell(self._url))
                    await self._is_set_anew.wait()
                    telling.cancel()
            else:
                await self._is_set_anew.wait()

    def check(self) -> str:
        """What is wrong with it; "" while all messages are taken. Without what may be secret in the address."""
        return self._wrong

    def measure(self, registry: Registry) -> None:
        """Show what was told and what waits; implements kit.component.Measured."""
        told = registry.counter("wherry_notices_total", "Messages to the webhook, by what became of them.", ("result",))
        told.labels("taken").read_from(lambda: float(self._taken))
        told.labels("refused").read_from(lambda: float(self._refused))
        waiting = registry.gauge("wherry_notices_waiting", "Messages that the webhook has not taken yet.")
        waiting.labels().read_from(lambda: float(len(self._outbox) if self._outbox is not None else 0))
        on = registry.gauge("wherry_notices_wanted", "1: somebody is to be told, 0: nobody.")
        on.labels().read_from(lambda: float(bool(self._url)))

    def _secret_changed(self, old: Secret | None, new: Secret | None) -> None:
        one = new or old
        if one is not None and (one.metadata.namespace, one.metadata.name) == (NAMESPACE, SECRET):
            url = url_in(new.data) if new is not None else ""
            if url == self._url:
                # Somebody has tried it, and mended what is behind it: what waits is told now.
                self._wrong = ""
                self._backoff.reset()
                self._try_now.set()
            else:
                self._url = url
                self._is_set_anew.set()

    async def _tell(self, url: str) -> None:
        # Here: who tells nobody needs none of it.
        from wherry.narrate.following import Followed
        from wherry.narrate.outbox import Outbox
        from wherry.narrate.webhook import BadAddress, Webhook

        self._wrong = ""
        try:
            webhook = Webhook(url)
        except BadAddress as error:
            self._wrong = str(error)
            with self._as_part():
                await asyncio.Event().wait()
            return
        outbox = Outbox(hashlib.sha256(url.encode()).hexdigest()[:16], await self._remembered())
        followed = Followed(await self._followed_model(), self._clock, TOGETHER_S)
        try:
            with self._as_part(outbox):
                async with TaskScope("webhook") as scope:
                    _ = scope.start("watching", self._watch(followed, outbox))
                    await self._send(webhook, outbox)
        finally:
            followed.stop()

    @contextmanager
    def _as_part(self, outbox: Outbox | None = None) -> Iterator[None]:
        """Say how it is, as a part of the masters, for as long as this lasts."""
        self._outbox = outbox
        self._parts[PART] = self.check
        try:
            yield
        finally:
            self._outbox = None
            del self._parts[PART]

    async def _followed_model(self) -> ReadModel:
        """Made once: handlers of informers stay."""
        from wherry.narrate.model import ReadModel

        if self._model is None:
            self._model = ReadModel(self._sources, this_host=self._this_host)
        await self._model.wait_synced()
        return self._model

    async def _watch(self, here: Followed, outbox: Outbox) -> None:
        from wherry.narrate.incidents import Moment, plan

        def now() -> Moment:
            return Moment(self._clock.now_s(), self._clock.monotonic_s())

        incidents: Mapping[Target, Incident] = outbox.incidents(now())
        while True:
            planned = plan(incidents, here.model.snapshot(), now())
            if planned.notices:
                outbox.note(planned.notices, (*incidents, *planned.incidents))
                self._has_news.set()
            incidents = planned.incidents
            await here.change(planned.again_s)

    async def _send(self, webhook: Webhook, outbox: Outbox) -> None:
        self._backoff.reset()
        while True:
            self._has_news.clear()
            outbox.forget_what_is_over()
            if not (waiting := outbox.waiting()):
                await self._has_news.wait()
            elif await self._send_all(webhook, outbox, waiting):
                self._backoff.reset()
            else:
                await self._pause(self._backoff.next_s())

    async def _pause(self, delay_s: float) -> None:
        self._try_now.clear()
        timer = self._clock.call_later(delay_s, self._try_now.set)
        try:
            await self._try_now.wait()
        finally:
            timer.cancel()

    async def _send_all(self, webhook: Webhook, outbox: Outbox, waiting: list[tuple[Target, Notice]]) -> bool:
        """Whether every one of them was taken; the rest of them waits when the webhook cannot be reached at all."""
        from wherry.narrate.webhook import deliver, message

        wrong = ""
        for thing, notice in waiting:
            if not outbox.is_latest(thing, notice):
                continue
            refusal = await deliver(webhook, message(notice))
            if refusal is None:
                self._taken += 1
                outbox.taken(thing, notice)
                await self._remember(outbox)
                continue
            self._refused += 1
            wrong = f"{webhook.name} has not taken a message at {format_time(self._clock.now_s())}: {refusal.why}"
            if refusal.is_away:
                break
        if wrong and not self._wrong:
            log.warning("Told nobody", err=wrong)
        self._wrong = wrong
        return not wrong

    async def _remembered(self) -> bytes:
        try:
            return await run_in_thread(self._memory.read_bytes)
        except OSError:
            return b""

    async def _remember(self, outbox: Outbox) -> None:
        try:
            await run_in_thread(write_atomically, self._memory, outbox.to_bytes())
        except OSError as error:
            # The next start may tell it again; that is better than not to tell it now.
            log.warning("Kept no notice of what was told", path=str(self._memory), err=str(error))


def url_in(data: Mapping[str, str]) -> str:
    """The address in the Secret's data; "" when there is none, or when it is not readable."""
    try:
        return base64.b64decode(data.get(FIELD, ""), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""
