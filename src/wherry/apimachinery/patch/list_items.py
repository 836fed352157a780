"""How the items of a list are told apart: by keys, by value, or not at all."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import KEYED, MergeType
from wherry.apimachinery.patch.field_set import item_key, item_value


class ItemError(Exception):
    """An item cannot be told apart from others; the text says why."""


def step_to(kind: MergeType, item: object) -> str:
    """The step to an item of a list that has several owners.

    Raises:
        ItemError: in Kubernetes' words.
    """
    if kind.list_type != KEYED:
        return _step_to_value(item)
    if not isinstance(item, dict):
        what = "a null element" if item is None else "non-map elements"
        raise ItemError(f"associative list with keys may not have {what}")
    keys: Document = {}
    for name in kind.keys:
        value = item.get(name, kind.key_defaults.get(name))
        if value is None:
            raise ItemError(
                f'associative list with keys has an element that omits key field "{name}" '
                "(and doesn't have default value)"
            )
        keys[name] = value
    return item_key(keys)


def _step_to_value(item: object) -> str:
    if isinstance(item, dict | list):
        raise ItemError(f"associative list without keys has an element that's a {_go_form(item)} type")
    if item is None:
        raise ItemError("associative list without keys has an element that's an explicit null")
    return item_value(item)


def _go_form(item: object) -> str:
    return "map" if isinstance(item, dict) else "list"


def lenient_step(kind: MergeType, item: object) -> str:
    """The same for what is stored already: an item that could not be told apart counts as its own value."""
    if kind.list_type == KEYED and isinstance(item, dict):
        if len(kind.keys) == 1 and (value := item.get(kind.keys[0])).__class__ is str:
            return f'k:{{"{kind.keys[0]}":{orjson.dumps(value).decode()}}}'
        keys = {name: item.get(name, kind.key_defaults.get(name)) for name in kind.keys}
        return item_key({name: value for name, value in keys.items() if value is not None})
    return item_value(item)


def by_step(kind: MergeType, items: list[object]) -> dict[str, list[object]]:
    """The items of a stored list by step, in their order; several where they are doubled."""
    found: dict[str, list[object]] = {}
    for item in items:
        found.setdefault(lenient_step(kind, item), []).append(item)
    return found
