"""Configuration that must not be shown: passwords, keys, tokens."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import resource_type
from wherry.apimachinery.struct import Struct


class Secret(Struct):
    """Configuration that must not be shown: passwords, keys, tokens."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, str] = field(default_factory=dict)
    string_data: dict[str, str] = field(default_factory=dict)
    type: str = ""
    immutable: bool | None = None

SECRETS = resource_type(
    Secret,
    kind="Secret",
    plural="secrets",
)
