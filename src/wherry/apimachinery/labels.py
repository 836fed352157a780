"""Labels and the selectors that choose objects by them."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.struct import Struct


class LabelSelectorRequirement(Struct):
    """One condition on one label: In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class LabelSelector(Struct):
    """Which objects are meant: all labels equal, all requirements met. An empty one means everything."""

    match_labels: dict[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
