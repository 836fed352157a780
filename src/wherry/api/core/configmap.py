"""Configuration as plain text, kept apart from the image."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.struct import Struct


class ConfigMap(Struct):
    """Configuration as plain text, kept apart from the image."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, str] = field(default_factory=dict)
    binary_data: dict[str, str] = field(default_factory=dict)
    immutable: bool | None = None
