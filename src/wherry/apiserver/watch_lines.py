"""What the changes mean to one watch, and how they are written down: plain, as a Table, or only the metadata.

A selector turns changes into what they mean to its client: an object that begins to match is ADDED, one that stops
matching is DELETED. Without a selector, in plain JSON, no object is ever parsed.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.apimachinery.document import Document
from wherry.apimachinery.table import IncludeObject, partial_metadata, table
from wherry.apimachinery.watch_event import INITIAL_EVENTS_END, bookmark_line, bytes_line, document_line, event_line
from wherry.apiserver.media_types import PARTIAL, PLAIN, TABLE
from wherry.apiserver.selection import Selection
from wherry.apiserver.watch_frames import WatchFrames, type_of
from wherry.apiserver.wire import document_from_item, header_of, partial_item_bytes, served_value
from wherry.kit.clock import Clock
from wherry.store.interface import KeyValue, StoreEvent


@dataclass(slots=True)
class WatchLines:
    """Writes the lines of one watch.

    `form` is PLAIN, TABLE or PARTIAL, of meta.k8s.io/`version`. Of a Table, the first line alone shows the columns.
    """

    frames: WatchFrames
    clock: Clock
    selection: Selection
    form: str = PLAIN
    version: str = "v1"
    include_object: IncludeObject = "Metadata"
    shows_columns: bool = True
    _signature: str = ""

    def __post_init__(self) -> None:
        """Whoever has the same signature gets the same lines."""
        chosen = self.selection
        self.shows_columns = self.form == TABLE
        parts = (header_of(chosen.resource), chosen.key_prefix, chosen.labels, chosen.fields, self.form)
        self._signature = "\n".join([*map(str, parts), self.version, self.include_object])

    def of_events(self, events: list[StoreEvent]) -> bytes:
        """All that a batch of events means; b"" for nothing."""
        selection = self.selection
        if self.form == PLAIN and selection.is_everything and len(events) == 1:
            return self.frames.frame(selection.resource, type_of(events[0]), events[0])
        if self.shows_columns:
            return self._make(events)
        return self.frames.piece(self._signature, events, lambda: self._make(events))

    def of_items(self, items: list[KeyValue]) -> bytes:
        """What there is at the beginning, as additions."""
        resource, selection = self.selection.resource, self.selection
        chosen = [item for item in items if selection.matches(item.key, item.value)]
        if self.form != PLAIN:
            return b"".join([self._shaped("ADDED", item) for item in chosen])
        header = header_of(resource)
        return b"".join(
            [event_line("ADDED", header, served_value(resource, item.value), item.revision) for item in chosen]
        )

    def bookmark(self, revision: int, *, initial_end: bool = False) -> bytes:
        """The line that says: you have seen everything up to this revision."""
        resource = self.selection.resource
        if self.form == PLAIN:
            return bookmark_line(header_of(resource), revision, initial_events_end=initial_end)
        metadata: Document = {"resourceVersion": str(revision)}
        if initial_end:
            metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
        if self.form == PARTIAL:
            return document_line("BOOKMARK", partial_metadata({"metadata": metadata}, version=self.version))
        shown = self._table([], metadata)
        partial = partial_metadata({"metadata": metadata}, version=self.version)
        shown["rows"] = [{"cells": [], "object": partial}] if initial_end else []
        return document_line("BOOKMARK", shown)

    def _make(self, events: list[StoreEvent]) -> bytes:
        lines: list[bytes] = []
        for event in events:
            event_type = self._type(event)
            if not event_type:
                continue
            if self.form == PLAIN:
                lines.append(self.frames.frame(self.selection.resource, event_type, event))
            else:
                lines.append(self._shaped(event_type, _shown(event, event_type)))
        return b"".join(lines)

    def _type(self, event: StoreEvent) -> str:
        """What the event means to somebody who sees only the selection; "" for nothing."""
        if self.selection.is_everything:
            return type_of(event)
        was = event.previous is not None and self._chooses(event.previous)
        if event.value is None:
            return "DELETED" if was else ""
        if self._chooses(KeyValue(event.key, event.value, event.revision, event.created_revision)):
            return "MODIFIED" if was else "ADDED"
        return "DELETED" if was else ""

    def _chooses(self, item: KeyValue) -> bool:
        return self.selection.chooses(self.frames.view(self.selection.resource, item))

    def _shaped(self, event_type: str, item: KeyValue) -> bytes:
        if self.form == PARTIAL:
            return bytes_line(event_type, partial_item_bytes(item, self.version))
        document = document_from_item(self.selection.resource, item)
        return document_line(event_type, self._table([document], {"resourceVersion": str(item.revision)}))

    def _table(self, documents: list[Document], list_meta: Document) -> Document:
        shown = table(
            self.selection.resource,
            documents,
            now_s=self.clock.now_s(),
            list_meta=list_meta,
            include_object=self.include_object,
            with_columns=self.shows_columns,
            version=self.version,
        )
        self.shows_columns = False
        return shown


def _shown(event: StoreEvent, event_type: str) -> KeyValue:
    """The object that the line shows: what was, with the revision of its end, when it has left."""
    if event_type == "DELETED" or event.value is None:
        assert event.previous is not None
        return KeyValue(event.key, event.previous.value, event.revision, event.created_revision)
    return KeyValue(event.key, event.value, event.revision, event.created_revision)
