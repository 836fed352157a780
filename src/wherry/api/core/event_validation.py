"""What may stand in an Event, whichever of its two groups it comes through.

Old events (without `eventTime`) are checked for their namespace alone. The paths are those of the core form in both
groups, as in Kubernetes.

Source: kubernetes pkg/apis/core/validation/events.go.
"""

from __future__ import annotations

from wherry.api.core.event_parts import Event
from wherry.api.field_formats import fitting, unchanged
from wherry.apimachinery.field_errors import FieldError, invalid, required
from wherry.apimachinery.names import qualified_name

WORD_LENGTH_MAX = 128
NOTE_LENGTH_MAX = 1024
SERIES_COUNT_MIN = 2
WRONG_NAMESPACE = "does not match event.namespace"
# Events about cluster-wide objects live here; those in the new form may also live beside the system's own pods.
DEFAULT_NAMESPACE, SYSTEM_NAMESPACE = "default", "kube-system"
UNSET = "needs to be unset"


def validate_event(new: Event) -> list[FieldError]:
    """What both groups insist on."""
    if not new.event_time:
        return _validate_namespace(new, may_differ=(DEFAULT_NAMESPACE,))
    errors = []
    if not new.involved_object.namespace:
        errors += _validate_namespace(new, may_differ=(DEFAULT_NAMESPACE, SYSTEM_NAMESPACE))
    if not new.reporting_component:
        errors.append(required("reportingController"))
    errors += fitting("reportingController", new.reporting_component, qualified_name)
    for name, word in (
        ("reportingInstance", new.reporting_instance),
        ("action", new.action),
        ("reason", new.reason),
    ):
        if not word:
            errors.append(required(name))
        errors += _validate_length(name, word, WORD_LENGTH_MAX)
    return errors + _validate_length("message", new.message, NOTE_LENGTH_MAX)


def validate_new_form(new: Event, old: Event | None) -> list[FieldError]:
    """What events.k8s.io insists on besides: the fields of old events stay empty, and only the series may grow."""
    if old is not None:
        errors = _validate_series(new) if new.series != old.series else []
        return errors + _validate_kept(new, old)
    errors = _validate_series(new)
    if not new.event_time:
        errors.append(required("eventTime"))
    if new.type not in ("Normal", "Warning"):
        errors.append(invalid("type", "", f"has invalid value: {new.type}"))
    for name, value in (
        ("firstTimestamp", new.first_timestamp),
        ("lastTimestamp", new.last_timestamp),
        ("count", new.count),
        ("source", new.source is not None and (new.source.component or new.source.host)),
    ):
        if value:
            errors.append(invalid(name, "", UNSET))
    return errors


def _validate_namespace(new: Event, may_differ: tuple[str, ...]) -> list[FieldError]:
    about, own = new.involved_object.namespace, new.metadata.namespace
    if about == own or (not about and own in may_differ):
        return []
    return [invalid("involvedObject.namespace", about, WRONG_NAMESPACE)]


def _validate_length(name: str, text: str, length_max: int) -> list[FieldError]:
    if len(text.encode()) <= length_max:
        return []
    return [invalid(name, "", f"can have at most {length_max} characters")]


def _validate_series(new: Event) -> list[FieldError]:
    if new.series is None:
        return []
    errors = []
    if (new.series.count or 0) < SERIES_COUNT_MIN:
        errors.append(invalid("series.count", "", f"should be at least {SERIES_COUNT_MIN}"))
    if not new.series.last_observed_time:
        errors.append(required("series.lastObservedTime"))
    return errors


def _validate_kept(new: Event, old: Event) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, now, was in (
        ("involvedObject", new.involved_object, old.involved_object),
        ("reason", new.reason, old.reason),
        ("message", new.message, old.message),
        ("source", new.source, old.source),
        ("firstTimestamp", new.first_timestamp, old.first_timestamp),
        ("lastTimestamp", new.last_timestamp, old.last_timestamp),
        ("count", new.count, old.count),
        ("type", new.type, old.type),
        ("eventTime", new.event_time, old.event_time),
        ("action", new.action, old.action),
        ("related", new.related, old.related),
        ("reportingController", new.reporting_component, old.reporting_component),
        ("reportingInstance", new.reporting_instance, old.reporting_instance),
    ):
        errors += unchanged(name, now, was)
    return errors
