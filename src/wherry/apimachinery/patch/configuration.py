"""What somebody who applies says: which fields a configuration names, checked against the type.

The errors are those of Kubernetes, in its words, which show values as Go prints them.

Source: sigs.k8s.io/structured-merge-diff, typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import show
from wherry.apimachinery.merge_type import ANY_SCALAR, ATOMIC, BOOLEAN, DEDUCED, NUMBER, TEXT, MergeType
from wherry.apimachinery.patch.field_set import HERE, LEAF, FieldSet, text_of
from wherry.apimachinery.patch.list_items import ItemError, step_to


class TypedError(Exception):
    """A configuration does not fit its type; the text says where and why, in Kubernetes' words."""


@dataclass(slots=True)
class _Walk:
    """The way to where the walk is, and what was wrong so far."""

    path: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def say(self, message: str) -> None:
        self.errors.append(f"{text_of(tuple(self.path))}: {message}")


def owned_by(kind: MergeType, config: Document) -> FieldSet:
    """The fields that a configuration names.

    A map or struct belongs to its author only if it is empty or one entry of a map; list items always do.

    Raises:
        TypedError: unknown fields, values of a wrong type, list items that cannot be told apart or occur twice.
    """
    walk = _Walk()
    owned = _owned_map(kind, config, walk)
    if walk.errors:
        raise TypedError(walk.errors[0] if len(walk.errors) == 1 else "errors:\n  " + "\n  ".join(walk.errors))
    return owned


def _owned(kind: MergeType, value: object, walk: _Walk) -> FieldSet | None:
    """The fields in a value; LEAF if the value is one, None if there are none."""
    if isinstance(value, dict):
        if not kind.is_map:
            walk.say(_wrong_kind(kind, value))
            return None
        inner = _owned_map(kind, value, walk)
        return LEAF if kind.is_atomic_map else inner or None
    if isinstance(value, list):
        if not kind.list_type:
            walk.say(_wrong_kind(kind, value))
            return None
        return _owned_list(kind, value, walk)
    if value is None:
        return LEAF if kind.scalar or kind.is_atomic_map else None
    _check_scalar(kind, value, walk)
    return LEAF


def _owned_map(kind: MergeType, value: Document, walk: _Walk) -> FieldSet:
    owned: FieldSet = {}
    for name, item in value.items():
        known = kind.field(name)
        walk.path.append(f"f:{name}")
        if known is None:
            walk.say("field not declared in schema")
        else:
            below = _owned(known[1], item, walk)
            if item is None or item == {} or name not in kind.fields:
                below = _with_itself(below)
            if below is not None:
                owned[known[0]] = below
        walk.path.pop()
    return owned


def _owned_list(kind: MergeType, items: list[object], walk: _Walk) -> FieldSet | None:
    owned: FieldSet = {}
    doubled: set[str] = set()
    for position, item in enumerate(items):
        step = f"i:{position}"
        if kind.list_type != ATOMIC:
            try:
                step = step_to(kind, item)
            except ItemError as error:
                walk.say(f"element {position}: {error}")
                continue
            if step in owned:
                doubled.add(step)
                continue
        walk.path.append(step)
        owned[step] = _with_itself(_owned(kind.items or DEDUCED, item, walk))
        walk.path.pop()
    for step in sorted(doubled):
        walk.say(f"duplicate entries for key {text_of((step,))}")
    return LEAF if kind.list_type == ATOMIC else owned or None


def _with_itself(below: FieldSet | None) -> FieldSet:
    return below if below and HERE in below else {HERE: LEAF, **below} if below else LEAF


def _check_scalar(kind: MergeType, value: object, walk: _Walk) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match kind.scalar:
        case "":
            walk.say(_wrong_kind(kind, value))
        case wanted if wanted == ANY_SCALAR:
            pass
        case wanted if wanted == NUMBER and not is_number:
            walk.say(f"expected numeric (int or float), got {_go_type(value)}")
        case wanted if wanted == TEXT and not isinstance(value, str):
            walk.say(f"expected string, got &value.valueUnstructured{{Value:{_go_literal(value)}}}")
        case wanted if wanted == BOOLEAN and not isinstance(value, bool):
            walk.say(f"expected boolean, got &{{{_go_value(value)}}}")
        case _:
            pass


def _wrong_kind(kind: MergeType, value: object) -> str:
    if kind.scalar == NUMBER:
        return f"expected numeric (int or float), got {_go_type(value)}"
    if kind.scalar == TEXT:
        return f"expected string, got &value.valueUnstructured{{Value:{_go_literal(value)}}}"
    wanted = "any scalar" if kind.scalar == ANY_SCALAR else kind.scalar or ("map" if kind.is_map else "list")
    return f"expected {wanted}, got &{{{_go_value(value)}}}"


def _go_type(value: object) -> str:
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    return "bool" if isinstance(value, bool) else "string"


def _go_value(value: object) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{_go_value(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go_value, value)) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _go_literal(value: object) -> str:
    """A value as Go would write it in code."""
    if isinstance(value, dict):
        return "map[string]interface {}{" + ", ".join(f"{show(key)}:{_go_literal(value[key])}" for key in value) + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(_go_literal, value)) + "}"
    return "interface {}(nil)" if value is None else show(value)
