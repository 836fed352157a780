"""One watch on its way to its client: what there is, then every change as it happens, one JSON line each.

The stream begins where the client says: with what there is now, or right after a revision that it has seen. Then it
has no task of its own: the store calls it when there are events, a timer when a bookmark is due or the time is over,
and whoever sends it takes what there is. All events since the last time leave as one piece.

A bookmark says "you have seen everything up to this revision": one when the past has been read, one a minute, and one
shortly before the end, for clients that ask for them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from wherry.apimachinery.errors import Expired
from wherry.apimachinery.watch_event import error_line
from wherry.apiserver.watch_lines import WatchLines
from wherry.kit.clock import Clock, Timer
from wherry.kit.http.live_body import LiveBody
from wherry.kit.metrics import GaugeValue
from wherry.store.interface import Compacted, Store, StoreEvent, Watch

BOOKMARK_INTERVAL_S = 60.0
# The last bookmark comes this long before the end, so that it still arrives.
LAST_BOOKMARK_S = 2.0
# So many objects of the beginning are sent in one piece, some 2 ms; others have their turn between two.
ITEMS_PER_PIECE = 500


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """What one client has asked for. `after_revision` 0 means: begin with what there is."""

    after_revision: int
    timeout_s: float
    with_bookmarks: bool
    sends_initial_end: bool


class WatchStream(LiveBody):
    """The body of a watch's answer."""

    def __init__(
        self, store: Store, clock: Clock, lines: WatchLines, plan: WatchPlan, open_watches: GaugeValue
    ) -> None:
        """`open_watches` counts this one while it is open."""
        super().__init__()
        self._store = store
        self._clock = clock
        self._lines = lines
        self._plan = plan
        self._open_watches = open_watches
        self._watch: Watch | None = None
        self._timer: Timer | None = None
        self._left_s = plan.timeout_s
        self._is_bookmark_due = False
        self._is_over = False
        self._is_ending = False
        self._retirement = lines.selection.resource.retirement

    @property
    def is_over(self) -> bool:
        """Whether the last piece has been taken."""
        return self._is_over

    async def begin(self) -> AsyncGenerator[bytes, None]:
        """What there is, or what has happened since the client was last here."""
        plan, prefix = self._plan, self._lines.selection.key_prefix
        after_revision = plan.after_revision
        self._arm()
        if not after_revision:
            page = await self._store.list(prefix)
            for start in range(0, len(page.items), ITEMS_PER_PIECE):
                if start:
                    await self._clock.sleep(0)
                piece = self._lines.of_items(page.items[start : start + ITEMS_PER_PIECE])
                if plan.sends_initial_end and start + ITEMS_PER_PIECE >= len(page.items):
                    piece += self._lines.bookmark(page.revision, initial_end=True)
                if piece:
                    yield piece
            if plan.sends_initial_end and not page.items:
                yield self._lines.bookmark(page.revision, initial_end=True)
            after_revision = page.revision
        reads_the_past = plan.with_bookmarks and 0 < plan.after_revision < self._store.revision
        try:
            watch = self._watch = self._store.watch(prefix, after_revision=after_revision)
        except Compacted as error:
            yield self._fail(error)
            return
        self._open_watches.inc()
        if self._retirement is not None:
            self._retirement.add(self._end)
        while watch.is_behind and not self._is_over:
            piece = self._next_lines(watch)
            if piece:
                yield piece
            await self._clock.sleep(0)
        if reads_the_past:
            yield self._end_of_the_past(watch)
        watch.on_ready = self.tell

    def take(self) -> bytes:
        """The lines of what has happened since the last time."""
        watch = self._watch
        if watch is None or (self._is_over and not self._is_bookmark_due):
            return b""
        piece = self._next_lines(watch)
        if self._is_bookmark_due and not self._is_over:
            self._is_bookmark_due = False
            piece += self._lines.bookmark(watch.revision)
        if watch.is_closed or self._is_ending:
            self._is_over = True
        return piece

    def close(self) -> None:
        """Nobody listens any more."""
        self._is_over = True
        self.on_ready = None
        if self._retirement is not None:
            self._retirement.discard(self._end)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watch is not None:
            self._watch.on_ready = None
            self._watch.close()
            self._watch = None
            self._open_watches.inc(-1)

    def _end(self) -> None:
        """Send what has happened, and end: the kind is served no longer, or looks different from now on."""
        self._is_ending = True
        self.tell()

    def _next_lines(self, watch: Watch) -> bytes:
        try:
            events: list[StoreEvent] = watch.take_step()
        except Compacted as error:
            return self._fail(error)
        return self._lines.of_events(events) if events else b""

    def _end_of_the_past(self, watch: Watch) -> bytes:
        """The last of it, and a bookmark: whoever wants just the past knows by that that it is complete."""
        if self._is_over:
            return b""
        piece = self._next_lines(watch)
        return piece + (b"" if watch.is_closed else self._lines.bookmark(watch.revision))

    def _fail(self, error: Compacted) -> bytes:
        self._is_over = True
        return error_line(Expired(f"too old resource version: {error.requested} ({error.oldest})"))

    def _arm(self) -> None:
        """Set the timer for the next bookmark, or the end."""
        left_s, delay_s = self._left_s, self._left_s
        if self._plan.with_bookmarks and left_s > LAST_BOOKMARK_S:
            is_far = left_s > BOOKMARK_INTERVAL_S + LAST_BOOKMARK_S
            delay_s = BOOKMARK_INTERVAL_S if is_far else left_s - LAST_BOOKMARK_S
        self._left_s -= delay_s
        self._timer = self._clock.call_later(delay_s, self._tick)

    def _tick(self) -> None:
        if self._left_s > 0:
            self._is_bookmark_due = True
            self._arm()
        else:
            self._is_over = True
        self.tell()
