"""Objects that go by themselves: Events, an hour after they were last written, so that the database stays small.

Nothing is searched: a watch of the store tells of each write, in the order in which they will be due, and one timer
waits for the first. What is due within half a minute of it goes along, in one commit. After a restart an object's
own times tell how long it has been there.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, takewhile

import msgspec

from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import is_time, parse_time
from wherry.apiserver.wire import collection_of
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.store.interface import Compacted, KeyValue, RevisionConflict, Store, StoreBroken, StoreEvent, Watch

# As upstream (--event-ttl).
EVENT_TTL_S = 3600.0
# Removals wait for each other so long; a removal each second would write all day.
TOGETHER_S = 30.0
# One commit's worth.
REMOVALS_MAX = 500
# When the disk refuses there is no hurry.
RETRY_S = 60.0

log = get_logger(__name__)


class _Series(msgspec.Struct, rename="camel"):
    last_observed_time: str | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    creation_timestamp: str | None = None


class _Dated(msgspec.Struct, rename="camel"):
    metadata: _Metadata
    last_timestamp: str | None = None
    event_time: str | None = None
    series: _Series | None = None


_decoder = msgspec.json.Decoder(_Dated)


@dataclass(frozen=True, slots=True)
class _Due:
    revision: int
    at_s: float


class Expiry:
    """Removes what has not been written for `ttl_s` seconds."""

    def __init__(self, store: Store, clock: Clock, resources: Iterable[AnyResourceType], ttl_s: float) -> None:
        """Looks after those of `resources` that are short-lived; does nothing before `run`."""
        self._store = store
        self._clock = clock
        self._prefixes = sorted({collection_of(resource) for resource in resources if resource.is_short_lived})
        self._ttl_s = ttl_s
        # Time only goes on, so what is written is due last.
        self._due: OrderedDict[str, _Due] = OrderedDict()
        self._watches: list[Watch] = []
        self._must_begin = True
        self._waiter: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Remove what is due, for ever."""
        try:
            while True:
                if self._must_begin:
                    await self._begin()
                await self._wait(await self._remove_due())
        finally:
            self._close_watches()

    async def _begin(self) -> None:
        """Look at everything there is, and from then on at each change."""
        self._close_watches()
        self._must_begin = False
        now_s, wall_s = self._clock.monotonic_s(), self._clock.now_s()
        found: list[tuple[str, _Due]] = []
        for prefix in self._prefixes:
            page = await self._store.list(prefix)
            for item in page.items:
                age_s = min(max(0.0, wall_s - _last_time_s(item)), self._ttl_s)
                found.append((item.key, _Due(item.revision, now_s + self._ttl_s - age_s)))
            watch = self._store.watch(prefix, after_revision=page.revision)
            watch.on_ready = self._note
            self._watches.append(watch)
        self._due = OrderedDict(sorted(found, key=lambda each: each[1].at_s))

    def _note(self) -> None:
        """Something has been written."""
        was_empty = not self._due
        try:
            for watch in self._watches:
                self._take(watch.take())
        except Compacted:
            # More in one go than a watch holds.
            self._must_begin = True
        if self._must_begin or (was_empty and self._due):
            self._wake()

    def _take(self, events: list[StoreEvent]) -> None:
        due_s = self._clock.monotonic_s() + self._ttl_s
        for event in events:
            self._due.pop(event.key, None)
            if event.value is not None:
                self._due[event.key] = _Due(event.revision, due_s)

    async def _remove_due(self) -> float | None:
        """Remove what is due; returns in how many seconds to look again (None: when something is written)."""
        now_s = self._clock.monotonic_s()
        due = takewhile(lambda entry: entry[1].at_s <= now_s, self._due.items())
        batch = list(islice(due, REMOVALS_MAX))
        try:
            await asyncio.gather(*(self._remove(key, entry.revision) for key, entry in batch))
        except StoreBroken as error:
            log.error("Failed to remove what has expired", err=str(error))
            return RETRY_S
        if not self._due:
            return None
        if len(batch) == REMOVALS_MAX:
            return 0.0
        return max(0.0, next(iter(self._due.values())).at_s - now_s) + TOGETHER_S

    async def _remove(self, key: str, revision: int) -> None:
        try:
            await self._store.delete(key, expected_revision=revision)
        except RevisionConflict:
            # Written or deleted meanwhile, of which the watch tells.
            return
        self._due.pop(key, None)

    async def _wait(self, pause_s: float | None) -> None:
        if self._must_begin:
            return
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        timer = None if pause_s is None else self._clock.call_later(pause_s, self._wake)
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _close_watches(self) -> None:
        for watch in self._watches:
            watch.on_ready = None
            watch.close()
        self._watches = []


def _last_time_s(item: KeyValue) -> float:
    """When the object was last written, as far as it says so itself."""
    try:
        dated = _decoder.decode(item.value)
    except msgspec.DecodeError:
        return 0.0
    series = dated.series.last_observed_time if dated.series else None
    times = (dated.metadata.creation_timestamp, dated.last_timestamp, dated.event_time, series)
    return max((parse_time(text) for text in times if text and is_time(text)), default=0.0)
