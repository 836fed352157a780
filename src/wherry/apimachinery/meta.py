"""What every API object carries: its name, its identity, its labels, its owners."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import field

from wherry.apimachinery.struct import Struct


class ObjectKey(NamedTuple):
    """Where an object lives: namespace ("" for cluster-wide kinds) and name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        """As people write it: namespace/name, or the bare name."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class OwnerReference(Struct):
    """Who this object belongs to; when the owner goes, the garbage collector takes it along."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Struct):
    """An object's name, identity, labels and life cycle. Times are RFC 3339 text in UTC."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str = ""
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()

    @property
    def key(self) -> ObjectKey:
        """Namespace and name."""
        return ObjectKey(self.namespace, self.name)

    @property
    def controller(self) -> OwnerReference | None:
        """The one owner that manages this object, if any."""
        return next((owner for owner in self.owner_references if owner.controller), None)

    @property
    def is_being_deleted(self) -> bool:
        """Whether its deletion has been asked for."""
        return bool(self.deletion_timestamp)
