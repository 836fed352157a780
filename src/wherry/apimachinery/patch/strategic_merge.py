"""Strategic merge patch: a merge patch that knows which lists are sets of things with names.

A plain merge patch replaces lists. Here the schema says, per field, whether a list is merged, and by
which key its items are told apart: a patch of `containers: [{name: web, image: nginx:2}]` changes the
image of the container `web` and leaves its sidecar alone. Directives in the patch say the rest:

    $patch: replace                   this object (or, as an item, this list) instead of what was there
    $patch: delete                    this item goes; as a field of an object: the object becomes empty
    $retainKeys: [a, b]               fields other than these go
    $setElementOrder/FIELD: [...]     the order of the list, by merge key (or of plain values)
    $deleteFromPrimitiveList/FIELD    these values of a list of plain values go

Items new in the patch come before those only the server knows, unless an order is given. Nothing here
changes its arguments.

Source: kubernetes apimachinery, pkg/util/strategicpatch.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.schema import PLAIN_FIELD, PatchField, Schema, StructSchema

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ELEMENT_ORDER = "$setElementOrder/"
DELETE_FROM_PRIMITIVE_LIST = "$deleteFromPrimitiveList/"

_Identity = tuple[str, object]
_KeyOf = Callable[[object], _Identity]


def apply_strategic_merge_patch(document: Document, patch: Document, schema: Schema) -> Document:
    """The document with the patch applied.

    Raises:
        BadRequest: the patch is malformed, in the words of Kubernetes.
    """
    return _merge_object(document, patch, schema.root)


def _merge_object(original: Document, patch: Document, struct: StructSchema | None) -> Document:
    if PATCH in patch:
        return _directed_object(patch)
    merged = _with_retained_keys(original, patch)
    done: set[str] = {RETAIN_KEYS}
    for directive, order in patch.items():
        if directive.startswith(SET_ELEMENT_ORDER):
            key = directive.removeprefix(SET_ELEMENT_ORDER)
            ordered = _ordered_list(merged.get(key), patch.get(key), order, _field(struct, key))
            if ordered is not None:
                merged[key] = ordered
                done.add(key)
            done.add(directive)
    for key, value in patch.items():
        if key in done:
            continue
        if key.startswith(DELETE_FROM_PRIMITIVE_LIST):
            name = key.removeprefix(DELETE_FROM_PRIMITIVE_LIST)
            if name in merged:
                merged[name] = _without_values(_as_list(merged[name]), _as_list(value))
        elif value is None:
            merged.pop(key, None)
        elif key not in merged and _is_deletion(value):
            continue
        else:
            merged[key] = _merge_value(merged.get(key), value, _field(struct, key))
    return merged


def _directed_object(patch: Document) -> Document:
    directive = patch[PATCH]
    if directive == "replace":
        return _plain_object({key: value for key, value in patch.items() if key != PATCH})
    if directive == "delete":
        return {}
    raise _bad_directive(directive, patch)


def _with_retained_keys(original: Document, patch: Document) -> Document:
    retained = patch.get(RETAIN_KEYS)
    if retained is None:
        return dict(original)
    if not isinstance(retained, list):
        raise BadRequest("invalid patch format of retainKeys")
    for key in patch:
        name = key.removeprefix(SET_ELEMENT_ORDER).removeprefix(DELETE_FROM_PRIMITIVE_LIST)
        if key != RETAIN_KEYS and name not in retained:
            raise BadRequest("invalid patch format of retainKeys")
    return {key: value for key, value in original.items() if key in retained}


def _merge_value(original: object, value: object, field: PatchField) -> object:
    if isinstance(value, dict) and isinstance(original, dict) and "replace" not in field.strategies:
        return _merge_object(original, value, field.struct)
    if isinstance(value, list) and isinstance(original, list) and "merge" in field.strategies:
        return _merge_list(original, value, field)
    return _plain(value)


def _merge_list(original: list[object], patch: list[object], field: PatchField) -> list[object]:
    if not original and not patch:
        return original
    if not _holds_objects(original + patch):
        merged = _unique(original + patch)
        return _in_order(merged, patch, original, _identity)
    if not field.merge_key:
        raise BadRequest(f"cannot merge lists without merge key for {field.struct.name if field.struct else 'list'}")
    kept, items, replaces = _apply_item_directives(original, patch, field.merge_key)
    if replaces:
        return [_plain_object(item) for item in items]
    key_of = _by(field.merge_key)
    positions = _positions(kept, key_of)
    for item in items:
        key = key_of(item)
        if key not in positions:
            positions[key] = len(kept)
            kept.append(_plain_object(item))
        else:
            current = kept[positions[key]]
            assert isinstance(current, dict)
            kept[positions[key]] = _merge_object(current, item, field.struct)
    return _in_order(kept, list(items), original, key_of)


def _apply_item_directives(
    original: list[object], patch: list[object], merge_key: str
) -> tuple[list[object], list[Document], bool]:
    """What remains of the list, the items without directives, and whether they replace everything."""
    key_of = _by(merge_key)
    items: list[Document] = []
    deleted: set[_Identity] = set()
    replaces = False
    for item in patch:
        assert isinstance(item, dict)
        directive = item.get(PATCH)
        if PATCH not in item:
            items.append(item)
        elif directive == "delete":
            deleted.add(key_of(item))
        elif directive == "replace":
            replaces = True
        elif directive == "merge":
            raise BadRequest("merging lists cannot yet be specified in the patch")
        else:
            raise _bad_directive(directive, item)
    return [item for item in original if key_of(item) not in deleted], items, replaces


def _ordered_list(original: object, patch: object, order: object, field: PatchField) -> list[object] | None:
    """The field's list, merged and put in the order that the patch demands; None if there is no list."""
    if not isinstance(order, list):
        raise BadRequest("invalid patch format of setElementOrder list")
    before = _as_list(original) if original is not None else None
    changes = _as_list(patch) if patch is not None else None
    key_of = _by(field.merge_key) if field.merge_key else _identity
    _check_order(changes or [], order, key_of)
    if before is None:
        if changes is None:
            return None
        before, merged = [], _as_list(_plain(changes))
    elif changes is None:
        merged = before
    else:
        merged = _as_list(_merge_value(before, changes, field))
    return _in_order(merged, order, before, key_of)


def _check_order(patch: list[object], order: list[object], key_of: _KeyOf) -> None:
    """The items of the patch must occur in the order list, in the same order."""
    ordered = iter([key_of(item) for item in order])
    for item in patch:
        if isinstance(item, dict) and PATCH in item:
            continue
        if key_of(item) not in ordered:  # "in" moves the iterator on to the item
            raise BadRequest(
                f"The order in patch list:\n{go_text(patch)}\n doesn't match $setElementOrder list:\n{go_text(order)}\n"
            )


def _in_order(merged: list[object], wanted: list[object], served: list[object], key_of: _KeyOf) -> list[object]:
    """Put items in the wanted order, and weave in those that it does not name where they stood.

    An item that `wanted` does not name goes before a named one only if it stood before it in `served`.
    """
    wanted_at, served_at = _positions(wanted, key_of), _positions(served, key_of)
    keyed = [(key_of(item), item) for item in merged]
    named = deque(sorted((pair for pair in keyed if pair[0] in wanted_at), key=lambda pair: wanted_at[pair[0]]))
    others = deque(
        sorted((pair for pair in keyed if pair[0] not in wanted_at), key=lambda pair: served_at.get(pair[0], 0))
    )
    woven: list[object] = []
    while named and others:
        named_place, other_place = served_at.get(named[0][0]), served_at.get(others[0][0])
        stood_before = named_place is not None and other_place is not None and other_place < named_place
        woven.append((others if stood_before else named).popleft()[1])
    return woven + [item for _, item in (*named, *others)]


def _positions(items: list[object], key_of: _KeyOf) -> dict[_Identity, int]:
    """Where each key stands first."""
    found: dict[_Identity, int] = {}
    for position, item in enumerate(items):
        found.setdefault(key_of(item), position)
    return found


def _by(merge_key: str) -> _KeyOf:
    def key_of(item: object) -> _Identity:
        if not isinstance(item, dict):
            raise BadRequest(f"expected a map[string]interface {{}}, but received a {type(item).__name__}")
        if merge_key not in item:
            raise BadRequest(f"map: {go_text(item)} does not contain declared merge key: {merge_key}")
        return _identity(item[merge_key])

    return key_of


def _identity(value: object) -> _Identity:
    """What can stand for a value in sets: equal for equal JSON only (true is not 1)."""
    if isinstance(value, dict | list):
        return "json", orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return ("bool" if isinstance(value, bool) else "plain"), value


def _holds_objects(items: list[object]) -> bool:
    objects = sum(isinstance(item, dict) for item in items)
    if any(isinstance(item, list) for item in items):
        raise BadRequest("lists of lists are not supported")
    if 0 < objects < len(items):
        raise BadRequest("list element types are not identical")
    return objects > 0


def _unique(items: list[object]) -> list[object]:
    first: dict[_Identity, object] = {}
    for item in items:
        first.setdefault(_identity(item), item)
    return list(first.values())


def _without_values(items: list[object], values: list[object]) -> list[object]:
    removed = {_identity(value) for value in values}
    return [item for item in items if _identity(item) not in removed]


def _plain(value: object) -> object:
    """A value new to the object: without directives and nulls."""
    if isinstance(value, dict):
        return _plain_object(value)
    if isinstance(value, list):
        return [_plain(item) for item in value if not _is_deletion(item) and item != {PATCH: "replace"}]
    return value


def _plain_object(value: Document) -> Document:
    return {
        key: _plain(item)
        for key, item in value.items()
        if item is not None and not _is_directive(key) and not _is_deletion(item)
    }


def _is_deletion(value: object) -> bool:
    return isinstance(value, dict) and value.get(PATCH) == "delete"


def _is_directive(key: str) -> bool:
    return key in {PATCH, RETAIN_KEYS} or key.startswith((SET_ELEMENT_ORDER, DELETE_FROM_PRIMITIVE_LIST))


def _field(struct: StructSchema | None, name: str) -> PatchField:
    return struct.patch_field(name) if struct else PLAIN_FIELD


def _as_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise BadRequest(f"expected a []interface {{}}, but received a {type(value).__name__}")
    return value


def _bad_directive(directive: object, patch: Document) -> BadRequest:
    return BadRequest(f"unknown patch type: {directive} in map: {go_text(patch)}")


def go_text(value: object) -> str:
    """A value as Go prints it in error messages."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
