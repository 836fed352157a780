"""The lines of watches, made once and shared by all who watch the same.

A thousand watches of one event send the same bytes object. Events are told apart by their revision,
which no two share, and by the version of the kind in which they are shown; what several events come to, by a
*signature* too: who has the same sees the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.watch_event import event_line
from wherry.apiserver.selection import ItemView
from wherry.apiserver.wire import header_of, served_value
from wherry.store.interface import KeyValue, StoreEvent

FRAMES_MAX = 1024
PIECES_MAX = 256
VIEWS_MAX = 512
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WatchFrames:
    """Caches of what several watches need."""

    def __init__(self) -> None:
        """Empty."""
        self._frames: OrderedDict[tuple[bytes, int, str], bytes] = OrderedDict()
        self._pieces: OrderedDict[tuple[str, int, int, int], bytes] = OrderedDict()
        self._views: OrderedDict[tuple[bytes, int], ItemView] = OrderedDict()

    def frame(self, resource: AnyResourceType, event_type: str, event: StoreEvent) -> bytes:
        """One event as a line; a deleted object is shown as it last was, with the revision of its deletion."""
        header = header_of(resource)
        key = (header, event.revision, event_type)
        found = self._frames.get(key)
        if found is None:
            value = event.value
            if value is None or event_type == "DELETED":
                assert event.previous is not None
                value = event.previous.value
            line = event_line(event_type, header, served_value(resource, value), event.revision)
            found = _keep(self._frames, key, line, FRAMES_MAX)
        return found

    def piece(self, signature: str, events: list[StoreEvent], make: Callable[[], bytes]) -> bytes:
        """What a batch of events comes to for all watches with this signature."""
        key = (signature, events[0].revision, events[-1].revision, len(events))
        found = self._pieces.get(key)
        return _keep(self._pieces, key, make(), PIECES_MAX) if found is None else found

    def view(self, resource: AnyResourceType, item: KeyValue) -> ItemView:
        """An object as selectors see it."""
        key = (header_of(resource), item.revision)
        found = self._views.get(key)
        if found is None:
            found = _keep(self._views, key, ItemView(resource, item.key, item.value), VIEWS_MAX)
        return found


def type_of(event: StoreEvent) -> str:
    """What happened, as an unselected watch tells it."""
    if event.value is None:
        return "DELETED"
    return "ADDED" if event.previous is None else "MODIFIED"


def _keep(cache: OrderedDict[K, V], key: K, value: V, size_max: int) -> V:
    cache[key] = value
    if len(cache) > size_max:
        cache.popitem(last=False)
    return value
