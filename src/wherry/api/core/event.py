"""What happened to an object, when, and why."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


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

EVENTS = resource_type(
    Event,
    kind="Event",
    plural="events",
    short_names=("ev",),
)
