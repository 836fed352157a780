"""Lists that are sets or maps: nothing in them twice.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/listtype/validation.go.
"""

from __future__ import annotations

from wherry.apimachinery import field_errors
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.structural.node import Node
from wherry.apimachinery.structural.validate import item_key, type_of


def duplicates(node: Node, value: object, path: str = "") -> list[FieldError]:
    """The items that occur twice in lists that are sets or maps."""
    if not node.has_list_types_below:
        return []
    errors: list[FieldError] = []
    if type(value) is dict:
        for name, item in value.items():
            if (described := node.properties.get(name)) is not None:
                errors += duplicates(described, item, field_errors.child(path, name))
            elif node.additional is not None:
                errors += duplicates(node.additional, item, field_errors.key(path, name))
    elif type(value) is list:
        if node.list_type == "set":
            errors += _twice(value, [_identity(item) for item in value], path)
        elif node.list_type == "map":
            keys = [item_key(node, item) for item in value]
            shown: list[object] = [dict(zip(node.list_keys, key, strict=True)) if key else None for key in keys]
            errors += _twice(shown, [_identity(each) for each in shown], path)
        if node.items is not None and node.items.has_list_types_below:
            for position, item in enumerate(value):
                errors += duplicates(node.items, item, field_errors.index(path, position))
    return errors


def _twice(shown: list[object], identities: list[str], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: dict[str, int] = {}
    for position, identity in enumerate(identities):
        seen[identity] = seen.get(identity, 0) + 1
        # The second one is told, the third is no news.
        if seen[identity] == 2:
            errors.append(field_errors.duplicate(field_errors.index(path, position), shown[position]))
    return errors


def _identity(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{name!r}:{_identity(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_identity, value)) + "]"
    # 1 and 1.0 are one number, true is none.
    return (
        f"{type_of(value).replace('integer', 'number')}:{float(value) if isinstance(value, int | float) else value!r}"
    )
