"""What happened to an object, when, and why. events.k8s.io serves the same objects in a newer form."""

from __future__ import annotations

from wherry.api.core.event_parts import EVENT_COLUMNS, Event, event_row
from wherry.api.core.event_validation import validate_event
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.resource_type import resource_type


def _validate(new: Event, old: Event | None) -> list[FieldError]:
    return validate_event(new)


EVENTS = resource_type(
    Event,
    kind="Event",
    plural="events",
    short_names=("ev",),
    validate=_validate,
    columns=EVENT_COLUMNS,
    row=event_row,
    is_short_lived=True,
    selectable_fields={
        "involvedObject.kind": lambda event: event.involved_object.kind,
        "involvedObject.namespace": lambda event: event.involved_object.namespace,
        "involvedObject.name": lambda event: event.involved_object.name,
        "involvedObject.uid": lambda event: event.involved_object.uid,
        "involvedObject.apiVersion": lambda event: event.involved_object.api_version,
        "involvedObject.resourceVersion": lambda event: event.involved_object.resource_version,
        "involvedObject.fieldPath": lambda event: event.involved_object.field_path,
        "reason": lambda event: event.reason,
        "reportingComponent": lambda event: event.reporting_component,
        "source": lambda event: (event.source.component if event.source else "") or event.reporting_component,
        "type": lambda event: event.type,
    },
)
