"""The lines of watches, made once and shared by all who watch the same.

A thousand watches of one event send the same bytes object. Events are told apart by their revision,
which no two share, and by the version of the kind in which they are shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.watch_event import event_line
from wherry.apiserver.wire import document_from_item, header_of, served_value
from wherry.store.interface import KeyValue, StoreEvent

FRAMES_MAX = 1024
CHUNKS_MAX = 64
DOCUMENTS_MAX = 512
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class WatchFrames:
    """Caches of what several watches need."""

    def __init__(self) -> None:
        """Empty."""
        self._frames: OrderedDict[tuple[bytes, int, str], bytes] = OrderedDict()
        self._chunks: OrderedDict[tuple[bytes, str, int, int, int], bytes] = OrderedDict()
        self._documents: OrderedDict[tuple[bytes, str, int], Document] = OrderedDict()

    def frame(self, resource: AnyResourceType, event_type: str, event: StoreEvent) -> bytes:
        """One event as a line; a deleted object is shown as it last was, with the revision of its deletion."""
        value = event.value
        if value is None or event_type == "DELETED":
            assert event.previous is not None
            value = event.previous.value
        header = header_of(resource)
        return _cached(
            self._frames,
            (header, event.revision, event_type),
            FRAMES_MAX,
            lambda: event_line(event_type, header, served_value(resource, value), event.revision),
        )

    def chunk(self, resource: AnyResourceType, prefix: str, events: list[StoreEvent]) -> bytes:
        """All events of one batch, unselected, as one piece."""
        if len(events) == 1:
            return self.frame(resource, type_of(events[0]), events[0])
        key = (header_of(resource), prefix, events[0].revision, events[-1].revision, len(events))
        return _cached(
            self._chunks,
            key,
            CHUNKS_MAX,
            lambda: b"".join([self.frame(resource, type_of(event), event) for event in events]),
        )

    def document(self, resource: AnyResourceType, item: KeyValue) -> Document:
        """An object parsed, for selectors and tables; nobody may change it."""
        key = (header_of(resource), item.key, item.revision)
        return _cached(self._documents, key, DOCUMENTS_MAX, lambda: document_from_item(resource, item))


def type_of(event: StoreEvent) -> str:
    """What happened, as an unselected watch tells it."""
    if event.value is None:
        return "DELETED"
    return "ADDED" if event.previous is None else "MODIFIED"


def _cached(cache: OrderedDict[K, V], key: K, size_max: int, make: Callable[[], V]) -> V:
    found = cache.get(key)
    if found is None:
        found = cache[key] = make()
        if len(cache) > size_max:
            cache.popitem(last=False)
    return found
