"""Operators that do not look at all of their operands: and, or, if, and what has to do with absent values."""

from __future__ import annotations

from collections.abc import Callable

from wherry.apimachinery.cel.frame import Frame, Run
from wherry.apimachinery.cel.syntax import Call
from wherry.apimachinery.cel.values import NONE, CelError, Optional, type_name


def compile_lazy(node: Call, args: list[Run]) -> Run:
    """The function of such an operator."""
    match node.function:
        case "_&&_":
            return _logic(args[0], args[1], decides=False)
        case "_||_":
            return _logic(args[0], args[1], decides=True)
        case "_?_:_":
            return _choice(args[0], args[1], args[2])
        case "@not_strictly_false":
            return _not_strictly_false(args[0])
        case "_[?_]":
            return _optional_index(args[0], args[1])
        case "or" | "orValue":
            return _or(args[0], args[1], is_value=node.function == "orValue")
        case _:
            raise AssertionError(node.function)


def _logic(left: Run, right: Run, *, decides: bool) -> Run:
    """`&&` is decided by a false, `||` by a true, on whichever side; an error on the other does not matter then."""

    def run(frame: Frame) -> object:
        try:
            one = left(frame)
        except CelError as error:
            if right(frame) is decides:
                return decides
            raise error from None
        if one is decides:
            return decides
        other = right(frame)
        if other is decides:
            return decides
        for each in (one, other):
            if type(each) is not bool:
                raise CelError(f"no such overload: {type_name(each)} is no bool")
        return not decides

    return run


def _choice(condition: Run, then: Run, otherwise: Run) -> Run:
    def run(frame: Frame) -> object:
        chosen = condition(frame)
        if type(chosen) is not bool:
            raise CelError(f"no such overload: {type_name(chosen)} is no bool")
        return then(frame) if chosen else otherwise(frame)

    return run


def _not_strictly_false(operand: Run) -> Run:
    def run(frame: Frame) -> object:
        try:
            return operand(frame) is not False
        except CelError:
            return True

    return run


def optional_field(operand: Run, key: str, convert: Callable[[object], object] | None) -> Run:
    """`x.?field`: the field, or nothing if any of both is not there."""

    def run(frame: Frame) -> object:
        frame.budget -= 1
        value = operand(frame)
        if isinstance(value, Optional):
            if not value.has_value:
                return NONE
            value = value.value
        if not isinstance(value, dict):
            raise CelError(f"no such overload: type {type_name(value)} has no fields")
        if key not in value:
            return NONE
        found = value[key]
        return Optional(found if convert is None else convert(found))

    return run


def _optional_index(operand: Run, index: Run) -> Run:
    def run(frame: Frame) -> object:
        frame.budget -= 1
        value, place = operand(frame), index(frame)
        if isinstance(value, Optional):
            if not value.has_value:
                return NONE
            value = value.value
        if isinstance(value, dict):
            return Optional(value[place]) if not isinstance(place, list | dict) and place in value else NONE
        if isinstance(value, list) and type(place) is int:
            return Optional(value[place]) if 0 <= place < len(value) else NONE
        raise CelError(f"no such overload: _[?_]({type_name(value)}, {type_name(place)})")

    return run


def _or(optional: Run, other: Run, *, is_value: bool) -> Run:
    def run(frame: Frame) -> object:
        frame.budget -= 1
        value = optional(frame)
        if not isinstance(value, Optional):
            raise CelError(f"no such overload: {type_name(value)} is no optional")
        if value.has_value:
            return value.value if is_value else value
        return other(frame)

    return run
