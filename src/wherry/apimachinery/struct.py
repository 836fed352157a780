"""The typed view of an API object: only the fields that Wherry acts on, and unchangeable."""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


class _KeywordOnly(msgspec.StructMeta):
    """Makes every subclass keyword-only: msgspec does not inherit that option, and fields come in any order."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, object], **options: bool | str
    ) -> _KeywordOnly:
        options.setdefault("kw_only", True)
        # msgspec types each option by name; they are passed on as they came.
        return super().__new__(cls, name, bases, namespace, **options)  # type: ignore[arg-type]


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, metaclass=_KeywordOnly, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """A part of an API object. Python's snake_case is camelCase on the wire; unknown fields are skipped.

    The wire keeps the whole document; a Struct is decoded from it once, at a component's border.
    Optional scalars that differ between "absent" and "zero" are None when absent; text is "".
    Frozen trees cannot form cycles, so the cyclic garbage collector leaves them alone (a list of 3,000
    pods decodes in 33 ms instead of 200).
    """


KEPT = msgspec.Meta(extra={"kept": True})
"""Marks a field, `Annotated[Affinity | None, KEPT]`, that is checked and kept and that nothing acts on yet.

Whoever sets it is warned; whoever makes it work takes the mark away. It covers all that is below the field.
"""
