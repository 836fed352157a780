"""Tells a webhook: one message for each notice, tried again for a while when the receiver does not take it.

    deliveries.send(notice)     # returns at once; what follows waits for nobody but its own thing's message before

A redirect is not followed: what is wrong in a cluster goes to the address that somebody named, and nowhere else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from random import Random
from urllib.parse import SplitResult, urlsplit

import msgspec

from wherry.cli.output import Trouble
from wherry.kit.backoff import Backoff
from wherry.kit.clock import Clock
from wherry.kit.http.client import HttpClient
from wherry.kit.http.types import Request
from wherry.kit.tasks import TaskScope
from wherry.narrate.incidents import Notice

TRIES = 6
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
TIMEOUT_S = 10.0
AT_ONCE_MAX = 4
PORTS = {"http": 80, "https": 443}
# The receiver is busy, or not there just now: the same message may be taken later.
BUSY = frozenset((408, 425, 429))


class Webhook:
    """One address that takes messages."""

    def __init__(self, url: str) -> None:
        """Raises Trouble when no message can go to `url`."""
        self._parts = _checked(url)
        self._tls = ssl.create_default_context() if self._parts.scheme == "https" else None

    @property
    def name(self) -> str:
        """The address without what may be secret in it."""
        return f"{self._parts.scheme}://{self._parts.netloc}"

    async def post(self, body: bytes) -> int:
        """Send one message; returns the status of the answer. Raises OSError, also when it takes too long."""
        parts = self._parts
        client = HttpClient(parts.hostname or "", parts.port or PORTS[parts.scheme], tls=self._tls)
        headers = {"content-type": "application/json", "user-agent": "wherry"}
        request = Request("POST", parts.path or "/", parts.query, headers=headers, body=body)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # What the answer says is nobody's: its body is left unread.
                return (await client.request(request, streams_answer=True)).status
        finally:
            await client.close()


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
            why, is_final = await self._try(body)
            if not why:
                return
            if is_final:
                break
            if left:
                await self._clock.sleep(backoff.next_s())
        self._lost(notice, why)

    async def _try(self, body: bytes) -> tuple[str, bool]:
        """Why it was not taken ("" when it was), and whether another try is of no use."""
        try:
            async with self._at_once:
                status = await self._webhook.post(body)
        except TimeoutError:
            return f"no answer within {TIMEOUT_S:g} s", False
        except OSError as error:
            return str(error), False
        if 200 <= status < 300:
            return "", True
        if 300 <= status < 400:
            return f"the answer {status} leads to another address, where no message goes by itself", True
        return f"the answer was {status}", status < 500 and status not in BUSY

    def _forget(self, whom: tuple[str, str], done: asyncio.Task[None]) -> None:
        if self._last.get(whom) is done:
            del self._last[whom]


def message(notice: Notice) -> bytes:
    """The JSON of a notice; `text` says all of it in a line, for chats that show no other field."""
    step = f" Next: {notice.next}" if notice.next else ""
    return msgspec.json.encode({**msgspec.to_builtins(notice), "text": f"{notice.sentence}{step}"})


def _checked(url: str) -> SplitResult:
    parts = SplitResult("", "", "", "", "")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise Trouble(
            "the webhook is no address that takes messages",
            remedy="name one that begins with http:// or https://, with %20 for a space",
            exit_code=2,
        )
    if "@" in parts.netloc:
        raise Trouble(
            "the webhook's address has a name or a password in it",
            remedy="use an address with the secret in its path, as chats give it",
            exit_code=2,
        )
    return parts
