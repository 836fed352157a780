"""Compares two states of an object, field by field, and says which fields have come, changed and gone.

Only differences are walked: where two parts are equal, Python's comparison has found that out long before
a field has been looked at. What is new as a whole belongs, with the maps and list items around it, to
whoever brought it; a map that was there already belongs to nobody new because a field was added to it.
A map or list that is atomic, or empty on both sides, counts as one field.

Source: sigs.k8s.io/structured-merge-diff, typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import ATOMIC, DEDUCED, MergeType
from wherry.apimachinery.patch.field_set import HERE, LEAF, FieldSet, step_order
from wherry.apimachinery.patch.list_items import by_step

_NONE: MergeType = DEDUCED
# The fields of so many lists are remembered, if a list is no longer than this.
REMEMBERED_LISTS = 512
REMEMBERED_BYTES_MAX = 8192


@dataclass(slots=True)
class Comparison:
    """What differs: fields that are new or have another value, and fields that are gone."""

    changed: FieldSet = field(default_factory=dict)
    removed: FieldSet = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.changed and not self.removed


def compare(kind: MergeType, old: Document, new: Document) -> Comparison:
    """How `new` differs from `old`; both are objects of the type `kind`."""
    found = Comparison()
    _compare_maps(kind, old, new, found)
    return found


def whole(kind: MergeType, value: object) -> FieldSet:
    """A value with everything in it, for somebody who has brought or taken all of it."""
    if value.__class__ is dict:
        if not value or kind.is_atomic_map or not kind.is_map:
            return LEAF
        assert isinstance(value, dict)
        fields, others = kind.fields, kind.values
        all_of: FieldSet = {HERE: LEAF}
        for name in sorted(value):
            known = fields.get(name)
            if known is not None:
                below = value[name]
                # Plain values are most of what there is.
                is_plain = below.__class__ is not dict and below.__class__ is not list
                all_of[known[0]] = LEAF if is_plain else whole(known[1], below)
            else:
                all_of[f"f:{name}"] = whole(others or DEDUCED, value[name])
        return all_of
    if value.__class__ is list and value and kind.list_type not in ("", ATOMIC):
        assert isinstance(value, list)
        return _whole_list(kind, value)
    return LEAF


def _whole_list(kind: MergeType, items: list[object]) -> FieldSet:
    # A template's containers come again in every pod that is made from it.
    text = orjson.dumps(items)
    return _remembered_list(kind, text) if len(text) <= REMEMBERED_BYTES_MAX else _listed(kind, items)


@lru_cache(maxsize=REMEMBERED_LISTS)
def _remembered_list(kind: MergeType, text: bytes) -> FieldSet:
    return _listed(kind, orjson.loads(text))


def _listed(kind: MergeType, items: list[object]) -> FieldSet:
    all_of: FieldSet = {HERE: LEAF}
    found = by_step(kind, items)
    for step in sorted(found, key=step_order) if len(found) > 1 else found:
        same = found[step]
        all_of[step] = LEAF if len(same) > 1 else whole(kind.items or DEDUCED, same[0])
    return all_of


def _compare_maps(kind: MergeType, old: Document, new: Document, found: Comparison) -> None:
    fields, written = kind.fields, kind.written
    for name in sorted(new):
        value = new[name]
        before = old.get(name, _NONE)
        if before is value or before == value:
            continue
        step, below = fields.get(name) or (f"f:{name}", kind.values or DEDUCED)
        if before is _NONE:
            if name not in written:
                found.changed[step] = whole(below, value)
                continue
            before = written[name]
        _compare_values(step, below, before, value, found)
    if len(new) < len(old) or not new.keys() >= old.keys():
        for name in sorted(old.keys() - new.keys()):
            step, below = fields.get(name) or (f"f:{name}", kind.values or DEDUCED)
            if name in written:
                _compare_values(step, below, old[name], written[name], found)
            else:
                found.removed[step] = whole(below, old[name])


def _compare_values(step: str, kind: MergeType, old: object, new: object, found: Comparison) -> None:
    """Two values that differ, of which each is something."""
    inner = Comparison()
    if isinstance(old, dict) and isinstance(new, dict) and kind.is_map and not kind.is_atomic_map:
        _compare_maps(kind, old, new, inner)
    elif isinstance(old, list) and isinstance(new, list) and kind.list_type not in ("", ATOMIC):
        _compare_lists(kind, old, new, inner)
    elif old != new:
        found.changed[step] = LEAF
        return
    if inner.changed:
        found.changed[step] = inner.changed
    if inner.removed:
        found.removed[step] = inner.removed


def _compare_lists(kind: MergeType, old: list[object], new: list[object], found: Comparison) -> None:
    before, after = by_step(kind, old), by_step(kind, new)
    items = kind.items or DEDUCED
    for step in sorted(after, key=step_order):
        values = after[step]
        known = before.get(step)
        if known is None:
            found.changed[step] = LEAF if len(values) > 1 else whole(items, values[0])
        elif known != values:
            if len(values) > 1 or len(known) > 1:
                found.changed[step] = LEAF
            else:
                _compare_values(step, items, known[0], values[0], found)
    for step in sorted(before.keys() - after.keys(), key=step_order):
        values = before[step]
        found.removed[step] = LEAF if len(values) > 1 else whole(items, values[0])
