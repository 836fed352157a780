"""The typed view of an API object: only the fields that Wherry acts on, and unchangeable."""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A part of an API object. Python's snake_case is camelCase on the wire; unknown fields are skipped.

    The wire keeps the whole document; a Struct is decoded from it once, at a component's border.
    Optional scalars that differ between "absent" and "zero" are None when absent; text is "".
    """
