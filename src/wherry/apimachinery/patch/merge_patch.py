"""JSON merge patch (RFC 7386): the patch looks like the object, and null means "remove".

Lists are replaced as a whole. Nothing here changes its arguments; results share parts with them.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document


def apply_merge_patch(document: Document, patch: Document) -> Document:
    """The document with the patch applied.

    {"a": 1, "b": {"c": 2}} with {"a": null, "b": {"d": 3}} is {"b": {"c": 2, "d": 3}}
    """
    merged = dict(document)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            below = merged.get(key)
            merged[key] = apply_merge_patch(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def create_merge_patch(old: Document, new: Document) -> Document:
    """The smallest patch that turns `old` into `new`; {} when they are equal.

    `new` may hold no nulls, which a merge patch cannot express.
    """
    patch: Document = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if below := create_merge_patch(before, value):
                patch[key] = below
        elif key not in old or not is_same_json(before, value):
            patch[key] = value
    return patch


def is_same_json(one: object, other: object) -> bool:
    """Whether two values are the same JSON; unlike in Python, `true` is not `1`."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same_json, one, other))
    return one == other
