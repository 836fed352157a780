"""The scheduler's decision: this pod runs on that node."""

from __future__ import annotations

from msgspec import field

from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class ObjectReference(Struct):
    """Points at an object, or at a part of one."""

    api_version: str = ""
    kind: str = ""
    field_path: str = ""
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    uid: str = ""


class Binding(Struct):
    """The scheduler's decision: this pod runs on that node."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    target: ObjectReference = field(default_factory=ObjectReference)


def _validate(new: Binding, old: Binding | None) -> list[FieldError]:
    errors = one_of("target.kind", new.target.kind, ("Node", "<empty>"))
    if not new.target.name:
        errors.append(required("target.name"))
    return errors


BINDINGS = resource_type(Binding, kind="Binding", plural="bindings", verbs=("create",), validate=_validate)
