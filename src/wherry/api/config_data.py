"""Checks that ConfigMaps and Secrets share: keys, total size, the promise never to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wherry.apimachinery.field_errors import FieldError, forbidden, invalid, key, too_long
from wherry.apimachinery.names import config_map_key

SIZE_BYTES_MAX = 1024 * 1024
FROZEN = "field is immutable when `immutable` is set"


def validate_keys(keys: Iterable[str], path: str) -> list[FieldError]:
    """Every key can be the name of a file."""
    return [invalid(key(path, name), name, wrong) for name in keys if (wrong := config_map_key(name))]


def validate_size(size_bytes: int, path: str) -> list[FieldError]:
    """All values together stay within 1 MiB."""
    return [too_long(path, SIZE_BYTES_MAX)] if size_bytes > SIZE_BYTES_MAX else []


def validate_immutable(immutable: bool | None, changed: Mapping[str, bool]) -> list[FieldError]:
    """What an object that promised never to change may not change; `changed` says so per field."""
    errors = [] if immutable else [forbidden("immutable", FROZEN)]
    return errors + [forbidden(name, FROZEN) for name, is_changed in changed.items() if is_changed]
