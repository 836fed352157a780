"""From client-side to server-side apply and back: what kubectl has noted in an annotation.

kubectl's older way of applying remembers the last configuration in an annotation, and owns its fields as one
who updates. When kubectl then applies server-side, the fields that still are as it left them are its own,
and no conflict; and the annotation is kept up, so that the way back stays open.

Source: kubernetes apimachinery, pkg/util/managedfields.
"""

from __future__ import annotations

from dataclasses import replace

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.patch.apply import Application, Applied, ApplyConflict, apply_configuration
from wherry.apimachinery.patch.configuration import TypedError, owned_by
from wherry.apimachinery.patch.field_set import LEAF, FieldSet, difference, from_paths, intersection
from wherry.apimachinery.patch.managed_fields import Managers
from wherry.apimachinery.patch.typed import compare

KUBECTL = "kubectl"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
ANNOTATIONS_BYTES_MAX = 256 * 1024
# Go writes these as escapes, so that JSON can stand in a web page.
_ESCAPED = ((b"&", rb"\u0026"), (b"<", rb"\u003c"), (b">", rb"\u003e"))


def apply_as(application: Application, live: Document, managers: Managers) -> Applied:
    """Apply, and if it is kubectl that applies, mind the annotation. Raises what apply_configuration raises."""
    if application.by.name != KUBECTL:
        return apply_configuration(application, live, managers)
    try:
        applied = apply_configuration(application, live, managers)
    except ApplyConflict as error:
        own = _own_fields(application, live)
        conflicts = [conflict for conflict in error.conflicts if not intersection(from_paths([conflict.path]), own)]
        if conflicts:
            raise ApplyConflict(conflicts) from None
        applied = apply_configuration(replace(application, force=True), live, managers)
    return applied._replace(document=_with_annotation(applied.document, application.config))


def _own_fields(application: Application, live: Document) -> FieldSet:
    """The fields that kubectl has applied the older way, and that nobody has changed since."""
    text = _annotations(live).get(LAST_APPLIED)
    try:
        last = orjson.loads(text) if isinstance(text, str) else None
        if not isinstance(last, dict) or last.get("apiVersion") != application.api_version:
            return LEAF
        own = owned_by(application.kind, last)
    except (ValueError, TypedError):
        return LEAF
    changes = compare(application.kind, last, live)
    return difference(difference(own, changes.changed), changes.removed)


def _with_annotation(document: Document, config: Document) -> Document:
    """The document, of which the annotation, if it has one, holds the configuration."""
    annotations = _annotations(document)
    if not annotations.get(LAST_APPLIED):
        return document
    metadata = config.get("metadata")
    if isinstance(metadata, dict) and LAST_APPLIED in _annotations(config):
        kept = {key: value for key, value in _annotations(config).items() if key != LAST_APPLIED}
        config = {**config, "metadata": {**metadata, "annotations": kept}}
    noted = {**annotations, LAST_APPLIED: _go_json(config)}
    if sum(len(key.encode()) + len(str(value).encode()) for key, value in noted.items()) > ANNOTATIONS_BYTES_MAX:
        del noted[LAST_APPLIED]
    own_metadata = document["metadata"]
    assert isinstance(own_metadata, dict)
    return {**document, "metadata": {**own_metadata, "annotations": noted}}


def _annotations(document: Document) -> Document:
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}


def _go_json(config: Document) -> str:
    written = orjson.dumps(config, option=orjson.OPT_SORT_KEYS)
    for plain, escaped in _ESCAPED:
        written = written.replace(plain, escaped)
    return written.decode() + "\n"
