"""Merges what somebody applies into an object, and takes out what they no longer want.

Nothing here changes its arguments; results share parts with them.

Source: sigs.k8s.io/structured-merge-diff, typed.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import ATOMIC, DEDUCED, MergeType
from wherry.apimachinery.patch.field_set import HERE, LEAF, FieldSet, holds
from wherry.apimachinery.patch.list_items import lenient_step


def merge(kind: MergeType, live: object, config: object) -> object:
    """`live` with `config` over it: maps are united, lists with items of their own too, all else is replaced."""
    if isinstance(live, dict) and (config is None or isinstance(config, dict)) and kind.is_map:
        if kind.is_atomic_map or (not live and not config):
            return config
        merged = dict(live)
        for name, value in (config or {}).items():
            if name in merged:
                known = kind.field(name)
                merged[name] = merge(known[1] if known else DEDUCED, merged[name], value)
            else:
                merged[name] = value
        return merged
    if isinstance(live, list) and (config is None or isinstance(config, list)) and kind.list_type not in ("", ATOMIC):
        return _merge_lists(kind, live, config or []) if live else config
    return config


def _merge_lists(kind: MergeType, live: list[object], config: list[object]) -> list[object]:
    """The applied items in their order; items of others stay where they stood between those that both have."""
    before = {lenient_step(kind, item): item for item in live}
    waiting = [(lenient_step(kind, item), item) for item in config]
    applied = {step for step, _ in waiting}
    shared = [step for step, _ in waiting if step in before]
    merged: list[object] = []

    def take() -> str:
        step, item = waiting.pop(0)
        merged.append(merge(kind.items or DEDUCED, before[step], item) if step in before else item)
        return step

    for item in live:
        step = lenient_step(kind, item)
        if step not in applied:
            merged.append(item)
        elif shared and step == shared[0]:
            while take() != step:
                pass
            del shared[0]
    while waiting:
        take()
    return merged


def take_out(kind: MergeType, value: object, fields: FieldSet) -> object:
    """`value` without the fields of a set and all that is in them; None when that leaves nothing of it."""
    if isinstance(value, dict) and not kind.is_atomic_map:
        return _take_out_of_map(kind, value, fields)
    if isinstance(value, list) and kind.list_type not in ("", ATOMIC):
        kept: list[object] = []
        for item in value:
            below = fields.get(lenient_step(kind, item))
            if below is None:
                kept.append(item)
            elif not holds(below):
                kept.append(take_out(kind.items or DEDUCED, item, below))
        return kept or None
    return value


def _take_out_of_map(kind: MergeType, value: Document, fields: FieldSet) -> Document | None:
    kept: Document = {}
    for name, item in value.items():
        known = kind.field(name) or (f"f:{name}", DEDUCED)
        below = fields.get(known[0])
        if below is None:
            kept[name] = item
        elif not holds(below) and (rest := take_out(known[1], item, below)) is not None:
            kept[name] = rest
    return kept or None


def with_structs(kind: MergeType, fields: FieldSet) -> FieldSet:
    """The set with the structs around its fields: who owns a field of a struct keeps the struct, too."""
    full: FieldSet = {}
    for step, below in fields.items():
        if step == HERE or not below:
            full[step] = below
            continue
        known = kind.fields.get(step[2:])
        full[step] = with_structs(known[1] if known else kind.values or kind.items or DEDUCED, below)
        if known is not None and HERE not in full[step]:
            full[step] = {HERE: LEAF, **full[step]}
    return full


def collapse(kind: MergeType, fields: FieldSet) -> FieldSet:
    """The set for a type in which maps and lists are atomic that have not been so before."""
    collapsed: FieldSet = {}
    for step, below in fields.items():
        known = kind.fields.get(step[2:])
        inner = known[1] if known else (kind.values if step.startswith("f:") else kind.items) or DEDUCED
        is_list = any(key[:2] in ("k:", "v:", "i:") for key in below)
        if below and ((is_list and inner.list_type == ATOMIC) or (not is_list and inner.is_atomic_map)):
            collapsed[step] = LEAF
        else:
            collapsed[step] = collapse(inner, below) if below else below
    return collapsed
