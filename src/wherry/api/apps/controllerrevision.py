"""A remembered template, for history and rollback."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class ControllerRevision(Struct):
    """A remembered template, for history and rollback."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, object] = field(default_factory=dict)
    revision: int


CONTROLLER_REVISIONS = resource_type(
    ControllerRevision,
    kind="ControllerRevision",
    plural="controllerrevisions",
    group="apps",
)
