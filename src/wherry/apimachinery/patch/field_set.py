"""Sets of fields: who owns what, in the form in which it is stored and sent (FieldsV1).

A set is a tree of dictionaries. Its keys are steps of a path, and say which kind of step it is:

    f:replicas              the field of that name
    k:{"name":"web"}        the list item with these keys
    v:"orders.example.com"  the item with this value, of a list that is a set
    i:0                     the item at this position
    .                       this place itself, where there are fields below it, too

    {"f:data": {".": {}, "f:a": {}}}   holds .data and .data.a
    {"f:data": {"f:a": {}}}            holds .data.a alone

A dictionary without keys stands for the place itself, except at the root, where it is the empty set.
Sets are never changed: what an operation leaves as it is, it shares with its arguments.

Source: sigs.k8s.io/structured-merge-diff, fieldpath.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import orjson

from wherry.apimachinery.document import Document

FieldSet = dict[str, "FieldSet"]
Path = tuple[str, ...]
"""The steps from the root to a field."""

HERE = "."
LEAF: FieldSet = {}
"""A place and nothing below it. Shared, so never to be changed."""

# Names, then keys, then values, then positions.
_ORDER = {HERE: 0, "f": 1, "k": 2, "v": 3, "i": 4}


def field(name: str) -> str:
    """The step to the field `name`."""
    return f"f:{name}"


def item_key(keys: Document) -> str:
    """The step to the list item with these keys."""
    return "k:" + orjson.dumps(keys, option=orjson.OPT_SORT_KEYS).decode()


def item_value(value: object) -> str:
    """The step to the item with this value."""
    return "v:" + orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def union(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in either; `one` itself if it holds all of the other."""
    if not one:
        return other
    merged: FieldSet | None = None
    for step, below in other.items():
        mine = one.get(step)
        both = below if mine is None else mine if step == HERE else _union(mine, below)
        if both is not mine:
            if merged is None:
                merged = dict(one)
            merged[step] = both
    return one if merged is None else merged


def _union(one: FieldSet, other: FieldSet) -> FieldSet:
    if not one or not other:
        full = one or other
        return full if not full or HERE in full else {HERE: LEAF, **full}
    return union(one, other)


def intersection(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in both."""
    common: FieldSet = {}
    for step, below in one.items():
        theirs = other.get(step)
        if theirs is None or step == HERE:
            continue
        shared = intersection(below, theirs)
        if holds(below) and holds(theirs):
            common[step] = {HERE: LEAF, **shared} if shared else LEAF
        elif shared:
            common[step] = shared
    return common


def difference(one: FieldSet, other: FieldSet) -> FieldSet:
    """What is in `one` and not in `other`; `one` itself if they share nothing."""
    kept: FieldSet = {}
    is_same = True
    for step, below in one.items():
        theirs = other.get(step)
        if theirs is None or step == HERE:
            kept[step] = below
            continue
        rest = _difference(below, theirs)
        is_same = is_same and rest is below
        if rest is not None:
            kept[step] = rest
    return one if is_same else kept


def _difference(one: FieldSet, other: FieldSet) -> FieldSet | None:
    """What is left of a place and the fields below it; None for nothing."""
    rest = difference(one, other)
    if not one:
        return None if holds(other) else one
    if HERE in rest and holds(other):
        rest = {step: below for step, below in rest.items() if step != HERE}
    return _short(rest) or (LEAF if HERE in rest else None)


def _short(place: FieldSet) -> FieldSet:
    """A place with nothing below it is written without its own step."""
    return LEAF if len(place) == 1 and HERE in place else place


def without(one: FieldSet, other: FieldSet) -> FieldSet:
    """`one` without the places in `other` and everything below them."""
    kept: FieldSet = {}
    for step, below in one.items():
        theirs = other.get(step)
        if theirs is None or (not below and not holds(theirs)):
            kept[step] = below
        elif not holds(theirs) and (rest := without(below, theirs)):
            kept[step] = _short(rest)
    return kept


def holds(place: FieldSet) -> bool:
    """Whether the place itself is in the set, not only fields below it."""
    return not place or HERE in place


def paths(fields: FieldSet, above: Path = ()) -> Iterator[Path]:
    """The paths in a set, in Kubernetes' order: those of one level first, then what is below each of them."""
    steps = sorted((step for step in fields if step != HERE), key=step_order)
    for step in steps:
        if holds(fields[step]):
            yield (*above, step)
    for step in steps:
        yield from paths(fields[step], (*above, step))


def from_paths(given: Iterator[Path] | list[Path]) -> FieldSet:
    """The set that holds these paths."""
    fields: FieldSet = {}
    for path in given:
        single: FieldSet = LEAF
        for step in reversed(path):
            single = {step: single}
        fields = union(fields, single)
    return fields


def text_of(path: Path) -> str:
    """A path as messages show it: `.spec.containers[name="web"].image`."""
    return "".join(_step_text(step) for step in path)


def _step_text(step: str) -> str:
    kind, _, rest = step.partition(":")
    if kind == "f":
        return f".{rest}"
    if kind == "i":
        return f"[{rest}]"
    value = orjson.loads(rest)
    if kind == "v":
        return f"[={_shown(value)}]"
    return "[" + ",".join(f"{name}={_shown(value[name])}" for name in sorted(value)) + "]"


def _shown(value: object) -> str:
    return orjson.dumps(value).decode()


def in_order(fields: FieldSet) -> FieldSet:
    """The same set with its steps in the order in which Kubernetes writes them."""
    return {
        step: in_order(below) if below else below
        for step, below in sorted(fields.items(), key=lambda pair: step_order(pair[0]))
    }


@lru_cache(maxsize=4096)  # names of containers, ports and variables: mostly the same ones
def step_order(step: str) -> tuple[object, ...]:
    """What to sort steps by: their kind, then their name, their keys or their value."""
    kind, _, rest = step.partition(":")
    if kind == "f" or step == HERE:
        return (_ORDER.get(kind, 0), rest)
    value = orjson.loads(rest)
    if kind == "k":
        return (_ORDER[kind], *((name, *_value_order(value[name])) for name in sorted(value)))
    return (_ORDER.get(kind, len(_ORDER)), *_value_order(value))


def _value_order(value: object) -> tuple[int, object]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, str) else (3, orjson.dumps(value))


def parse_fields(given: object) -> FieldSet:
    """A set that a client has sent, checked and in canonical form.

    Raises:
        ValueError: it is no FieldsV1.
    """
    if not isinstance(given, dict):
        raise ValueError("fieldsV1 is not an object")
    parsed: FieldSet = {}
    for step, below in given.items():
        canonical = _canonical(step)
        if canonical == HERE:
            parsed[HERE] = LEAF
        elif canonical:
            parsed[canonical] = parse_fields(below)
    return in_order(parsed)


def _canonical(step: str) -> str:
    """A step in the one form that it is written in; "" for kinds of steps that this version does not know."""
    if step == HERE:
        return step
    kind, colon, rest = step.partition(":")
    if not colon or len(kind) != 1:
        raise ValueError(f"missing colon: {step}")
    try:
        if kind == "f":
            return step
        if kind == "i":
            return f"i:{int(rest)}"
        if kind not in ("k", "v"):
            return ""
        value = orjson.loads(rest)
    except ValueError as error:
        raise ValueError(f"cannot be read: {step}") from error
    if kind == "v":
        return item_value(value)
    if not isinstance(value, dict):
        raise ValueError(f"cannot be read: {step}")
    return item_key(value)
