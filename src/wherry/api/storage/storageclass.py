"""A kind of storage that can be asked for."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class StorageClass(Struct):
    """A kind of storage that can be asked for."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    provisioner: str
    parameters: dict[str, str] = field(default_factory=dict)
    reclaim_policy: str = ""
    mount_options: tuple[str, ...] = ()
    allow_volume_expansion: bool | None = None
    volume_binding_mode: str = ""
