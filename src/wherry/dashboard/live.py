"""What one person may see, always current: informers with that person's rights, and the facts made of them.

Pages of the same person share one. It ends when nobody has looked for a while, or when the person's rights have
changed: then the next page begins anew with the new rights.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import TypeVar, cast

import msgspec

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError, TooManyRequests
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.client import Client
from wherry.client.indexer import meta_of
from wherry.client.informer import Informer
from wherry.client.reflector import Reflector
from wherry.dashboard.channel import Channel, Render
from wherry.dashboard.following import Following
from wherry.dashboard.moments import Moments
from wherry.dashboard.places import Listener
from wherry.dashboard.surroundings import Surroundings
from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope
from wherry.narrate.headline import title_mark
from wherry.narrate.model import ReadModel

T = TypeVar("T", bound=msgspec.Struct)

UNUSED_S = 60.0
# Nobody is told when rights change; a view that lives on them is asked about so often.
RECHECK_S = 20.0
CHANNELS_MAX = 32
"""Views that are kept ready for one person; more only while each of them is looked at."""
CHANNELS_READ_MAX = 256
EVENTS_MAX = 2000


class Live:
    """One person's view of the cluster, or of one namespace where that is all they may see."""

    def __init__(
        self,
        client: Client,
        namespace: str,
        clock: Clock,
        random: Random,
        surroundings: Surroundings,
        *,
        moments: Moments,
    ) -> None:
        """Nothing is asked before `run`. `moments` finds what somebody means by a moment."""
        self.client = client
        self.this_host = surroundings.this_host
        self.moments = moments
        self.namespace = namespace
        self.surroundings = surroundings
        self.following = Following(client, namespace, clock, random, self._mark)
        self.ready = asyncio.Event()
        self.is_over = False
        self.trouble: StatusError | None = None
        self.used_s = clock.monotonic_s()
        self._clock = clock
        self._random = random
        self._informers: dict[tuple[str, str], Informer[msgspec.Struct]] = {}
        self._scope: TaskScope | None = None
        self._title_mark: str | None = None
        self._channels: dict[str, tuple[Channel, asyncio.Task[None]]] = {}
        self.model = ReadModel(self._informer, this_host=surroundings.this_host)
        self.model.subscribe(lambda change: self._mark())
        self._moved = Listener(self._mark)
        surroundings.places.subscribe(self._moved)

    @property
    def revision(self) -> int:
        """The newest revision of the store that has been heard of."""
        return max(self.following.revision, *(informer.revision for informer in self._informers.values()))

    @property
    def title_mark(self) -> str:
        """What every title begins with now: how many need help; looked up once for each change."""
        if self._title_mark is None:
            self._title_mark = title_mark(self.model.snapshot())
        return self._title_mark

    async def run(self) -> None:
        """Follow the cluster until nobody looks any more."""
        try:
            async with TaskScope("live") as scope:
                self._scope = scope
                self.following.begin(scope)
                await self._follow_all(scope)
                self.ready.set()
                while self._is_used():
                    await self._clock.sleep(RECHECK_S)
                    if await self._hidden() != self.model.hidden or await self.following.is_different():
                        break
                    # What no watch tells of (how long ago, who talks to whom) is looked at again.
                    self._mark()
        except StatusError as error:
            self.trouble = error
        finally:
            self.is_over = True
            self.ready.set()

    async def channel(self, view: str, render: Render, interval_s: float, beat_s: float = 0.0) -> Channel:
        """The channel of a view, made at its first use. Raises StatusError when the view cannot be shown."""
        self.used_s = self._clock.monotonic_s()
        known = self._channels.get(view)
        if known is not None:
            known[0].used_s = self.used_s
            return known[0]
        channel = Channel(
            view,
            render,
            self._clock,
            interval_s,
            beat_s,
            revision=lambda: self.revision,
            title_mark=lambda: self.title_mark,
        )
        await channel.start()
        if (known := self._channels.get(view)) is not None:
            # Somebody else was quicker meanwhile.
            return known[0]
        if self._scope is not None and not self.is_over:
            self._make_room()
            self._channels[view] = (channel, self._scope.start("channel", channel.run()))
        return channel

    def now_s(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock.now_s()

    async def all(self, resource: ResourceType[T]) -> list[T]:
        """All objects of a kind that this person may see, kept current from the first time on."""
        known = self._informers.get((resource.group, resource.plural))
        if known is None:
            return await self.following.all(resource)
        # The key names the kind, so the stored informer is of this kind.
        return [*cast("Informer[T]", known).lister.list()]

    async def events(self) -> list[Event]:
        """The last Events, oldest first. Empty where the person may not see them."""
        listed = await self.all(EVENTS)
        return sorted(listed, key=_revision)[-EVENTS_MAX:]

    def _informer(self, resource: ResourceType[T], /) -> Informer[T]:
        key = (resource.group, resource.plural)
        if key not in self._informers:
            self._informers[key] = cast("Informer[msgspec.Struct]", Informer(resource, self._clock))
        # The key names the kind, so the stored informer is of this kind.
        return cast("Informer[T]", self._informers[key])

    def _reflector(self, informer: Informer[T]) -> Reflector[T]:
        return Reflector(
            self.client,
            informer.resource,
            informer,
            clock=self._clock,
            random=self._random,
            namespace=self.namespace if informer.resource.namespaced else "",
        )

    async def _follow_all(self, scope: TaskScope) -> None:
        hidden = await self._hidden()
        self.model.hide(hidden)
        for informer in [*self._informers.values()]:
            if informer.resource.kind not in hidden:
                _ = scope.start("reflector", self._reflector(informer).run())
                await informer.synced.wait()

    async def _hidden(self) -> tuple[str, ...]:
        """The kinds that this person may not list (any more), or that this cluster does not have."""
        kinds = [informer.resource for informer in self._informers.values()]
        return tuple([resource.kind for resource in kinds if not await self._may_list(resource)])

    async def _may_list(self, resource: AnyResourceType) -> bool:
        try:
            await self.client.list(resource, self.namespace if resource.namespaced else "", limit=1)
        except (Forbidden, NotFound):
            return False
        return True

    def _mark(self) -> None:
        self._title_mark = None
        for channel, _ in self._channels.values():
            channel.mark()

    def _is_used(self) -> bool:
        now_s = self._clock.monotonic_s()
        for view, (channel, _) in [*self._channels.items()]:
            if channel.is_read:
                self.used_s = now_s
            elif now_s - channel.used_s > UNUSED_S:
                self._forget(view)
        return now_s - self.used_s <= UNUSED_S

    def _forget(self, view: str) -> None:
        channel, task = self._channels.pop(view)
        task.cancel()
        # A stream may be about to read it.
        channel.end()

    def _make_room(self) -> None:
        """A view that somebody looks at is never taken: its page would stand still and still say that it is live."""
        unread = sorted(
            (view for view, (channel, _) in self._channels.items() if not channel.is_read),
            key=lambda view: self._channels[view][0].used_s,
        )
        for view in unread[: max(0, len(self._channels) + 1 - CHANNELS_MAX)]:
            self._forget(view)
        if len(self._channels) >= CHANNELS_READ_MAX:
            raise TooManyRequests("You look at too many pages at once. End some, then load this one again.")


def _revision(event: Event) -> int:
    version = meta_of(event).resource_version
    return int(version) if version.isdigit() else 0


class Lives:
    """All of them, by person and namespace."""

    def __init__(self, make: Callable[[Client, str], Live], most: int = 32) -> None:
        """`most` bounds how many people's views are kept at a time."""
        self._make = make
        self._most = most
        self._lives: dict[tuple[str, str], Live] = {}

    async def get(self, scope: TaskScope, person: str, client: Client, namespace: str = "") -> Live:
        """A person's view, ready. Raises StatusError when the API server does not let them in."""
        key = (person, namespace)
        live = self._lives.get(key)
        if live is None or live.is_over:
            self._lives = {known: one for known, one in self._lives.items() if not one.is_over}
            while len(self._lives) >= self._most:
                oldest = min(self._lives, key=lambda one: self._lives[one].used_s)
                self._lives.pop(oldest)
            live = self._lives[key] = self._make(client, namespace)
            _ = scope.start("live", live.run())
        await live.ready.wait()
        if live.trouble is not None:
            raise live.trouble
        return live
