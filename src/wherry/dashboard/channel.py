"""One view as a stream of patches, shared by every tab that shows it with the same rights.

    something has changed ──> render, at most every `interval_s` ──> difference ──> the last messages ──> each stream

Nothing is rendered while nobody reads; whoever comes then gets what has become of it.
Streams keep no queue: each remembers which message it has sent last, and whoever has fallen behind what is still kept
(or comes from before a restart) gets a snapshot. So a browser that does not read costs nothing, and the last state
wins.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.dashboard.fragments import Fragment, Tree, difference
from wherry.kit.clock import Clock

MESSAGES_KEPT = 100
PATCHES_KEPT = 1000
REST = 3
"""So many times as long as a rendering took it is left alone: no view takes more than a quarter of a core."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A view at one moment: its pieces, and the sentence that is read out to who cannot see it."""

    pieces: Sequence[Fragment]
    say: str = ""


Render = Callable[[], Awaitable[Rendered]]


@dataclass(frozen=True, slots=True)
class _Message:
    number: int
    patches: int
    data: bytes


class Channel:
    """The current state of a view and its last changes."""

    def __init__(
        self,
        view: str,
        render: Render,
        clock: Clock,
        interval_s: float,
        beat_s: float = 0.0,
        *,
        revision: Callable[[], int] = lambda: 0,
        title_mark: Callable[[], str] = lambda: "",
    ) -> None:
        """`view` is the address that tells browsers which view a message is for.

        `beat_s` is after how long it is rendered anew though nothing has said that it changed, while somebody looks.
        `revision` says which revision of the store is the newest that has been heard of. Each kind has a watch of its
        own, so for a moment another kind may be behind it. `title_mark` is what the page's title begins with now.
        """
        self.view = view
        self.tree = Tree(())
        self.say = ""
        self.title_mark = ""
        self.revision = 0
        self.is_over = False
        self.used_s = clock.monotonic_s()
        self._render = render
        self._clock = clock
        self._interval_s = interval_s
        self._beat_s = beat_s
        self._heard = revision
        self._find_title_mark = title_mark
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._messages: deque[_Message] = deque()
        self._patches = 0
        self._dirty = asyncio.Event()
        # A rendering waits for what it asks; one that began earlier must not put back what a later one has brought.
        self._turn = asyncio.Lock()
        self._is_wanted = asyncio.Event()
        self._readers: set[asyncio.Event] = set()

    @property
    def position(self) -> str:
        """Where whoever has the current state goes on."""
        return f"{self._epoch}.{self._number}"

    @property
    def is_read(self) -> bool:
        """Whether a stream is open."""
        return bool(self._readers)

    async def start(self) -> None:
        """Render for the first time. Raises what the API says (StatusError)."""
        self.revision = self._heard()
        rendered = await self._render()
        self.tree, self.say = Tree(rendered.pieces), rendered.say
        self.title_mark = self._find_title_mark()

    async def run(self) -> None:
        """Keep up with what changes, until cancelled."""
        while True:
            await self._is_wanted.wait()
            await self._dirty.wait()
            begun_s = self._clock.monotonic_s()
            await self.catch_up()
            if self._beat_s and self._readers:
                _ = self._clock.call_later(self._beat_s, self.mark)
            await self._clock.sleep(max(self._interval_s, REST * (self._clock.monotonic_s() - begun_s)))

    async def catch_up(self) -> None:
        """Render now what has changed, if anything has."""
        if self._dirty.is_set():
            await self.refresh()

    async def refresh(self) -> None:
        """Render now: also for who has just changed something, which no watch may tell of."""
        async with self._turn:
            self._dirty.clear()
            # What it is about may be gone; then the page stays as it was until something changes again.
            with contextlib.suppress(StatusError):
                await self._update()

    def mark(self) -> None:
        """Something has changed."""
        self._dirty.set()

    def open(self, wake: asyncio.Event) -> None:
        """Set `wake` whenever there is a message."""
        if self._beat_s and not self._readers:
            self.mark()
        self._readers.add(wake)
        self._is_wanted.set()

    def end(self) -> None:
        """Nobody keeps up with it any more: streams end, and their browsers begin anew."""
        self.is_over = True
        for wake in self._readers:
            wake.set()

    def close(self, wake: asyncio.Event) -> None:
        """Do not any more."""
        self._readers.discard(wake)
        if not self._readers:
            self._is_wanted.clear()
        self.used_s = self._clock.monotonic_s()

    def after(self, position: str) -> list[bytes]:
        """The messages after a position; one snapshot, when they are not kept any more."""
        epoch, _, number = position.partition(".")
        first = self._messages[0].number if self._messages else self._number + 1
        if epoch != self._epoch or not number.isdigit() or not first - 1 <= int(number) <= self._number:
            return [self._message({"snapshot": self.tree.html()})]
        return [message.data for message in self._messages if message.number > int(number)]

    async def _update(self) -> None:
        # Before, not after: what comes while it renders may not be in it.
        revision = self._heard()
        rendered = await self._render()
        tree = Tree(rendered.pieces)
        patches = difference(self.tree, tree)
        before = self.say, self.title_mark
        self.say, self.title_mark = rendered.say, self._find_title_mark()
        self.tree, self.revision = tree, revision
        if not patches and before == (self.say, self.title_mark):
            return
        self._number += 1
        kept = _Message(self._number, len(patches), self._message({"patches": patches}))
        self._messages.append(kept)
        self._patches += kept.patches
        while self._messages and (len(self._messages) > MESSAGES_KEPT or self._patches > PATCHES_KEPT):
            self._patches -= self._messages.popleft().patches
        for wake in self._readers:
            wake.set()

    def _message(self, content: Document) -> bytes:
        place = {"view": self.view, "position": self.position, "revision": self.revision}
        return orjson.dumps({**place, "say": self.say, "titleMark": self.title_mark, **content})
