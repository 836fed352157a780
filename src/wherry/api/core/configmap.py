"""Configuration as plain text, kept apart from the image."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class ConfigMap(Struct):
    """Configuration as plain text, kept apart from the image."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, str] = field(default_factory=dict)
    binary_data: dict[str, str] = field(default_factory=dict)
    immutable: bool | None = None

CONFIG_MAPS = resource_type(
    ConfigMap,
    kind="ConfigMap",
    plural="configmaps",
    short_names=("cm",),
)
