"""The parts of an Event, and its row in `kubectl get events`; both groups share them."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import Column
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class EventSource(Struct):
    component: str = ""
    host: str = ""


class EventSeries(Struct):
    count: int | None = None
    last_observed_time: str = ""


class Event(Struct):
    """What happened to an object, when, and why."""

    action: str = ""
    count: int | None = None
    event_time: str = ""
    first_timestamp: str = ""
    involved_object: ObjectReference = field(default_factory=ObjectReference)
    last_timestamp: str = ""
    message: str = ""
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    reason: str = ""
    related: ObjectReference | None = None
    reporting_component: str = ""
    reporting_instance: str = ""
    series: EventSeries | None = None
    source: EventSource | None = None
    type: str = ""


def _source(event: Event) -> str:
    component = (event.source.component if event.source else "") or event.reporting_component
    host = (event.source.host if event.source else "") or event.reporting_instance
    return f"{component}, {host}" if host else component


def event_row(event: Event, now_s: float) -> tuple[object, ...]:
    """The cells of EVENT_COLUMNS."""
    first = event.first_timestamp or event.event_time
    last = event.last_timestamp or first
    if event.series is not None:
        last = event.series.last_observed_time or last
    count = (event.series.count if event.series else None) or event.count or 1
    about = event.involved_object
    return (
        age_since(last, now_s),
        event.type,
        event.reason,
        f"{about.kind.lower()}/{about.name}",
        about.field_path,
        _source(event),
        event.message.strip(),
        age_since(first, now_s),
        count,
        event.metadata.name,
    )


EVENT_COLUMNS = (
    Column("Last Seen", description="When it happened last."),
    Column("Type", description="Normal or Warning."),
    Column("Reason", description="Why, in one word."),
    Column("Object", description="What it is about."),
    Column("Subobject", priority=1),
    Column("Source", priority=1),
    Column("Message", description="What happened, in a sentence."),
    Column("First Seen", priority=1),
    Column("Count", "integer", priority=1),
    Column("Name", priority=1, format="name"),
)
