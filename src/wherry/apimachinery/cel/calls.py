"""Calls of functions and operators: which overload it is, what it costs, and what it gives."""

from __future__ import annotations

from wherry.apimachinery.cel.frame import Frame, Run, deep_size
from wherry.apimachinery.cel.operators import at_index, at_key
from wherry.apimachinery.cel.overload import Overload, one
from wherry.apimachinery.cel.types import DYN, Type, is_variable
from wherry.apimachinery.cel.values import (
    CelError,
    Duration,
    Optional,
    Timestamp,
    TypeValue,
    Uint,
    equal,
    type_name,
)

COMPARISON_PER_PART = 0.1

_KINDS: dict[str, type] = {
    "bool": bool, "int": int, "uint": Uint, "double": float, "string": str, "bytes": bytes, "list": list, "map": dict,
    "null_type": type(None), "google.protobuf.Timestamp": Timestamp, "google.protobuf.Duration": Duration,
    "type": TypeValue, "optional_type": Optional,
}  # fmt: skip


def _fits(value: object, wanted: Type) -> bool:
    if wanted == DYN or is_variable(wanted):
        return True
    kind = _KINDS.get(wanted.name)
    return type(value) is kind if kind is not None else getattr(type(value), "type_name", "") == wanted.name


def is_certain(of: Type) -> bool:
    """Whether a value of this type is of no other type at run time."""
    return of.name != "dyn" and of.fields is None


def sizes_of(values: list[object]) -> list[int]:
    """What prices are made from: lengths; lists of containers count with all that is in them."""
    sizes = []
    for value in values:
        if isinstance(value, str | bytes):
            sizes.append(len(value))
        elif isinstance(value, list):
            sizes.append(deep_size(value) if value and isinstance(value[0], list | dict) else len(value))
        else:
            sizes.append(len(value) if isinstance(value, dict) else 1)
    return sizes


def _apply(frame: Frame, chosen: Overload, values: list[object]) -> object:
    if chosen.price is one:
        frame.budget -= 1
    else:
        frame.charge(chosen.price(sizes_of(values)))
    try:
        return chosen.call(*values)
    except (TypeError, AttributeError, ValueError, OverflowError) as error:
        # A list may hold other things than the function was made for.
        raise CelError(f"no such overload: {chosen.name}: {error}") from None


def direct(chosen: Overload, args: list[Run]) -> Run:
    """A call that can only be of this overload."""
    call = chosen.call
    if call is at_index or call is at_key:
        first, second = args

        def look_up(frame: Frame) -> object:
            frame.budget -= 1
            return call(first(frame), second(frame))

        return look_up
    return lambda frame: _apply(frame, chosen, [arg(frame) for arg in args])


def dispatched(name: str, overloads: tuple[Overload, ...], args: list[Run]) -> Run:
    """A call whose overload is known only when its arguments are."""

    def run(frame: Frame) -> object:
        values = [arg(frame) for arg in args]
        for each in overloads:
            if all(map(_fits, values, each.params)):
                return _apply(frame, each, values)
        shown = ", ".join(map(type_name, values))
        raise CelError(f"no such overload: {name}({shown})")

    return run


def comparison(left: Run, right: Run, of: Type, *, wants_equal: bool) -> Run:
    """`==` and `!=`; lists that are sets or maps are compared without order."""
    ignores_order = of.list_type in ("set", "map")

    def run(frame: Frame) -> object:
        this, that = left(frame), right(frame)
        if isinstance(this, list | dict | str) and isinstance(that, list | dict | str):
            frame.charge(1 + int(min(deep_size(this), deep_size(that)) * COMPARISON_PER_PART))
        else:
            frame.budget -= 1
        if ignores_order and isinstance(this, list) and isinstance(that, list):
            frame.charge(len(this) * len(that))
            same = len(this) == len(that) and all(any(equal(each, item) for item in that) for each in this)
        else:
            same = equal(this, that)
        return same is wants_equal

    return run


def merge(left: Run, right: Run, of: Type) -> Run:
    """`+` of lists that are sets or maps: what is there already is not added again, or replaced by its namesake."""

    def identity(item: object) -> object:
        return (
            tuple(item.get(key) for key in of.list_keys) if of.list_type == "map" and isinstance(item, dict) else item
        )

    def run(frame: Frame) -> object:
        this, that = left(frame), right(frame)
        if not isinstance(this, list) or not isinstance(that, list):
            raise CelError("no such overload: _+_")
        frame.charge(1 + len(this) * len(that))
        merged = list(this)
        for item in that:
            places = [position for position, each in enumerate(merged) if equal(identity(each), identity(item))]
            if not places:
                merged.append(item)
            elif of.list_type == "map":
                merged[places[0]] = item
        return merged

    return run
