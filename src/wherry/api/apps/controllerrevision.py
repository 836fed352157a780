"""A remembered template, for history and rollback."""

from __future__ import annotations

from msgspec import field

from wherry.api.object_meta import IMMUTABLE, not_negative
from wherry.apimachinery.field_errors import FieldError, invalid, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ControllerRevision(Struct):
    """A remembered template, for history and rollback."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, object] = field(default_factory=dict)
    revision: int


def _validate(new: ControllerRevision, old: ControllerRevision | None) -> list[FieldError]:
    errors = [] if new.data else [required("data", "data is mandatory")]
    errors += not_negative("revision", new.revision)
    if old is not None and new.data != old.data:
        errors.append(invalid("data", new.data, IMMUTABLE))
    return errors


def _row(revision: ControllerRevision, now_s: float) -> tuple[object, ...]:
    meta = revision.metadata
    owner = meta.controller
    group = owner.api_version.partition("/")[0] if owner and "/" in owner.api_version else ""
    kind = (f"{owner.kind.lower()}.{group}" if group else owner.kind.lower()) if owner else ""
    controller = f"{kind}/{owner.name}" if owner else "<none>"
    return meta.name, controller, revision.revision, age_since(meta.creation_timestamp, now_s)


CONTROLLER_REVISIONS = resource_type(
    ControllerRevision,
    kind="ControllerRevision",
    plural="controllerrevisions",
    group="apps",
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Controller", description="Whose history it is part of."),
        Column("Revision", "integer", "Its number; the highest is the newest."),
        AGE_COLUMN,
    ),
    row=_row,
)
