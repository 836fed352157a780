"""The scheduler's decision: this pod runs on that node."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class ObjectReference(Struct):
    field_path: str = ""
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    uid: str = ""


class Binding(Struct):
    """The scheduler's decision: this pod runs on that node."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    target: ObjectReference
