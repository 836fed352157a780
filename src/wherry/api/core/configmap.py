"""Configuration as plain text, kept apart from the image."""

from __future__ import annotations

from msgspec import field

from wherry.api.config_data import validate_immutable, validate_keys, validate_size
from wherry.apimachinery.field_errors import FieldError, invalid, key
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class ConfigMap(Struct):
    """Configuration as plain text, kept apart from the image."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    data: dict[str, str] = field(default_factory=dict)
    binary_data: dict[str, str] = field(default_factory=dict)
    immutable: bool | None = None


def _validate(new: ConfigMap, old: ConfigMap | None) -> list[FieldError]:
    errors = validate_keys(new.data, "data") + validate_keys(new.binary_data, "binaryData")
    for name in new.data.keys() & new.binary_data.keys():
        errors.append(invalid(key("data", name), name, "duplicate of key present in binaryData"))
    # binaryData travels as base64: three bytes for four characters.
    size_bytes = sum(len(value.encode()) for value in new.data.values())
    size_bytes += sum(len(value) * 3 // 4 for value in new.binary_data.values())
    # Two fields share the limit, so Kubernetes names neither: it prints the empty path as "[]".
    errors += validate_size(size_bytes, "[]")
    if old is not None and old.immutable:
        errors += validate_immutable(
            new.immutable, {"data": new.data != old.data, "binaryData": new.binary_data != old.binary_data}
        )
    return errors


def _row(config: ConfigMap, now_s: float) -> tuple[object, ...]:
    meta = config.metadata
    return meta.name, len(config.data) + len(config.binary_data), age_since(meta.creation_timestamp, now_s)


CONFIG_MAPS = resource_type(
    ConfigMap,
    kind="ConfigMap",
    plural="configmaps",
    short_names=("cm",),
    validate=_validate,
    columns=(NAME_COLUMN, Column("Data", "integer", "How many entries."), AGE_COLUMN),
    row=_row,
)
