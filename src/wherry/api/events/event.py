"""What happened to an object, when, and why: the newer form of core's Events, which are the same objects."""

from __future__ import annotations

from msgspec import field

from wherry.api.core.binding import ObjectReference
from wherry.api.core.event_parts import EVENT_COLUMNS, Event, EventSeries, EventSource, event_row
from wherry.api.core.event_validation import validate_event, validate_new_form
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import Storage, resource_type
from wherry.apimachinery.struct import Struct

# What the two forms call differently, as core (which is stored) names it.
NEW_NAMES = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
OLD_NAMES = {new: old for old, new in NEW_NAMES.items()}


class NewEvent(Struct):
    """What happened to an object, when, and why, in the newer form."""

    action: str = ""
    deprecated_count: int | None = None
    deprecated_first_timestamp: str = ""
    deprecated_last_timestamp: str = ""
    deprecated_source: EventSource | None = None
    event_time: str | None = None
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    note: str = ""
    reason: str = ""
    regarding: ObjectReference = field(default_factory=ObjectReference)
    related: ObjectReference | None = None
    reporting_controller: str = ""
    reporting_instance: str = ""
    series: EventSeries | None = None
    type: str = ""


def core_form(event: NewEvent) -> Event:
    """The same as core has it."""
    return Event(
        action=event.action,
        count=event.deprecated_count,
        event_time=event.event_time or "",
        first_timestamp=event.deprecated_first_timestamp,
        involved_object=event.regarding,
        last_timestamp=event.deprecated_last_timestamp,
        message=event.note,
        metadata=event.metadata,
        reason=event.reason,
        related=event.related,
        reporting_component=event.reporting_controller,
        reporting_instance=event.reporting_instance,
        series=event.series,
        source=event.deprecated_source,
        type=event.type,
    )


def _from_stored(stored: Document) -> Document:
    served = {NEW_NAMES.get(name, name): value for name, value in stored.items()}
    # Old events have none; the newer form always says so.
    served.setdefault("eventTime", None)
    return served


def _to_stored(served: Document) -> Document:
    return {OLD_NAMES.get(name, name): value for name, value in served.items() if value is not None}


def _validate(new: NewEvent, old: NewEvent | None) -> list[FieldError]:
    event = core_form(new)
    return validate_event(event) + validate_new_form(event, core_form(old) if old is not None else None)


NEW_EVENTS = resource_type(
    NewEvent,
    kind="Event",
    plural="events",
    group="events.k8s.io",
    short_names=("ev",),
    validate=_validate,
    columns=EVENT_COLUMNS,
    row=lambda event, now_s: event_row(core_form(event), now_s),
    selectable_fields={
        "regarding.kind": lambda event: event.regarding.kind,
        "regarding.namespace": lambda event: event.regarding.namespace,
        "regarding.name": lambda event: event.regarding.name,
        "regarding.uid": lambda event: event.regarding.uid,
        "regarding.apiVersion": lambda event: event.regarding.api_version,
        "regarding.resourceVersion": lambda event: event.regarding.resource_version,
        "regarding.fieldPath": lambda event: event.regarding.field_path,
        "reason": lambda event: event.reason,
        "reportingController": lambda event: event.reporting_controller,
        "type": lambda event: event.type,
    },
    storage=Storage("", "events", from_stored=_from_stored, to_stored=_to_stored),
)
