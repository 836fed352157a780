"""Keeps a copy of all objects of a kind up to date: list once, then follow the changes, for ever.

A watch that ends is taken up again where it stopped, so nothing is missed and nothing is asked twice.
Only when the server has forgotten that revision (410 Expired) is everything listed again; the copy then
learns what has changed or gone in between. Failures wait longer each time, with jitter; nothing polls.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from random import Random
from typing import Generic, Protocol, TypeVar

import msgspec

from wherry.apimachinery.errors import Expired, StatusError
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.client import Client
from wherry.client.watch import WatchEvent
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger

T = TypeVar("T", bound=msgspec.Struct)
T_contra = TypeVar("T_contra", bound=msgspec.Struct, contravariant=True)

PAGE_SIZE = 500
"""Objects per answer while listing, as client-go asks for."""

BACKOFF_MIN_S = 0.1
BACKOFF_MAX_S = 30.0
SHORT_WATCH_S = 1.0
"""A watch that ends sooner without an event counts as a failure, or a broken server would be asked in circles."""

FAILED = "Watch failed"
"""The log's word for a watch that the API server has refused or ended with an error."""
LOST = "Lost the watch's connection"
"""The log's word for a connection that broke, or that there was none to be had."""

log = get_logger(__name__)


class Sink(Protocol[T_contra]):
    """Who keeps the copy."""

    def replace(self, objects: Sequence[T_contra], resource_version: str) -> None:
        """This is everything there is, as of `resource_version`."""

    def change(self, thing: T_contra, resource_version: str) -> None:
        """This object is new or has changed."""

    def remove(self, thing: T_contra, resource_version: str) -> None:
        """This object is gone."""

    def advance(self, resource_version: str) -> None:
        """Nothing else has happened up to here."""


class Reflector(Generic[T]):
    """Feeds a Sink with one kind's objects until it is cancelled."""

    def __init__(
        self,
        client: Client,
        resource: ResourceType[T],
        sink: Sink[T],
        *,
        clock: Clock,
        random: Random,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ) -> None:
        """`random` spreads the retries of many reflectors apart."""
        self._client = client
        self._resource = resource
        self._sink = sink
        self._clock = clock
        self._random = random
        self._namespace = namespace
        self._label_selector = label_selector
        self._field_selector = field_selector
        self._revision = ""
        self._failures = 0

    async def run(self) -> None:
        """List and watch until cancelled."""
        while True:
            try:
                if not self._revision:
                    await self._list()
                await self._watch()
            except Expired:
                log.debug("Watch revision expired", resource=self._resource.plural, revision=self._revision)
                self._revision = ""
            except (StatusError, OSError, EOFError, msgspec.MsgspecError) as error:
                # A broken line means a broken connection: what was read before it stays valid.
                message = FAILED if isinstance(error, StatusError) else LOST
                log.warning(message, resource=self._resource.plural, err=str(error))
                self._failures += 1
            if self._failures:
                await self._clock.sleep(self._delay_s())

    def _delay_s(self) -> float:
        longest_s = min(BACKOFF_MAX_S, BACKOFF_MIN_S * 2.0 ** min(self._failures - 1, 16))
        return longest_s * self._random.uniform(0.5, 1.0)

    async def _list(self) -> None:
        while True:
            try:
                objects, revision = await self._pages()
            except Expired:
                # The pages outlived their revision: the next round gets a fresh one.
                self._failures += 1
                await self._clock.sleep(self._delay_s())
                continue
            self._sink.replace(objects, revision)
            self._revision = revision
            return

    async def _pages(self) -> tuple[list[T], str]:
        objects: list[T] = []
        token = ""
        while True:
            page = await self._client.list(
                self._resource,
                self._namespace,
                label_selector=self._label_selector,
                field_selector=self._field_selector,
                limit=PAGE_SIZE,
                continue_token=token,
            )
            objects.extend(page.items)
            token = page.continue_token
            if not token:
                return objects, page.resource_version

    async def _watch(self) -> None:
        """One watch from the last revision to its end."""
        started_s = self._clock.monotonic_s()
        got_event = False
        events = self._client.watch(
            self._resource,
            self._namespace,
            resource_version=self._revision,
            label_selector=self._label_selector,
            field_selector=self._field_selector,
        )
        async with aclosing(events):
            async for event in events:
                self._take(event)
                got_event = True
                self._failures = 0
        if not got_event and self._clock.monotonic_s() - started_s < SHORT_WATCH_S:
            self._failures += 1
        else:
            self._failures = 0

    def _take(self, event: WatchEvent[T]) -> None:
        if event.error is not None and not event.resource_version:
            raise event.error
        if event.error is not None:
            # One broken object must not keep all others from being seen; its last good state stays.
            log.error("Skipped unreadable object", resource=self._resource.plural, err=str(event.error))
        self._revision = event.resource_version or self._revision
        if event.object is None:
            self._sink.advance(self._revision)
        elif event.type == "DELETED":
            self._sink.remove(event.object, self._revision)
        else:
            self._sink.change(event.object, self._revision)
