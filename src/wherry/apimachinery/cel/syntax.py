"""Text to tree: the CEL library parses, and what it hands out is read here.

The library expands macros (all, exists, map, filter, has, cel.bind, optMap) to folds. The comprehensions with
two variables it does not know: they arrive as calls, and become a `Comprehension` here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from wherry.apimachinery.cel.values import Uint

# How deep the library reads; cel-go reads 250 levels.
DEPTH_MAX = 32


class CelSyntaxError(ValueError):
    """The text is no CEL; the message shows where."""


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression; `id` leads to its position."""

    id: int


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A value as written."""

    value: object


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """A name."""

    name: str


@dataclass(frozen=True, slots=True)
class Select(Node):
    """A field of something; with `is_test`, whether it is there."""

    operand: Node
    field: str
    is_test: bool


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function or an operator (`_+_`); with a target it is a method."""

    target: Node | None
    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MakeList(Node):
    """A list as written; items at the positions in `optional` may be absent."""

    items: tuple[Node, ...]
    optional: frozenset[int]


@dataclass(frozen=True, slots=True)
class MakeMap(Node):
    """A map as written: (key, value, may be absent); with a type name it makes an object, which nobody may here."""

    entries: tuple[tuple[Node, Node, bool], ...]
    type_name: str


@dataclass(frozen=True, slots=True)
class Fold(Node):
    """A macro over a list or the keys of a map."""

    variable: str
    over: Node
    accumulator: str
    start: Node
    condition: Node
    step: Node
    result: Node


@dataclass(frozen=True, slots=True)
class Comprehension(Node):
    """A macro with two variables: position and item, or key and value. `filter` chooses, `transform` makes."""

    kind: str
    first: str
    second: str
    over: Node
    filter: Node | None
    transform: Node | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression and where its parts stand in its text."""

    text: str
    root: Node
    positions: dict[int, int]

    def complain(self, node: Node, what: str) -> str:
        """A complaint about a part of the text, as the CEL library writes its own."""
        position = self.positions.get(node.id, 0)
        before = self.text[:position]
        line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1)
        shown = self.text.split("\n")[line - 1]
        return f"ERROR: <input>:{line}:{column + 1}: {what}\n | {shown}\n | {'.' * column}^"


TWO_VARIABLES = {"all": "all", "exists": "exists", "existsOne": "existsOne", "exists_one": "existsOne"}
TRANSFORMS = ("transformList", "transformMap", "transformMapEntry")


class _Expression(Protocol):
    def serialize(self) -> bytes: ...


class _Parser(Protocol):
    def compile(self, expression: str, disable_check: bool = False) -> _Expression: ...


@lru_cache(maxsize=1)
def _parser() -> _Parser:
    """The library's environment; importing it takes 45 ms and 20 MB, so it waits for the first expression."""
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_math, ext_optional

    extensions = [ext_bindings.ExtBindings(), ext_math.ExtMath(), ext_optional.ExtOptional()]
    parser: _Parser = cel.NewEnv(extensions=extensions)
    return parser


def parse(text: str) -> Parsed:
    """Parse an expression. Raises CelSyntaxError."""
    try:
        serialized = _parser().compile(text, disable_check=True).serialize()
    except RuntimeError as error:
        said = str(error)
        if "recursion" in said:
            # The library says so once for each level, at a place that is none.
            raise CelSyntaxError(f"ERROR: <input>:-1:0: expression recursion limit exceeded: {DEPTH_MAX}") from None
        code, _, rest = said.partition(": ")
        raise CelSyntaxError(rest.removesuffix(f" [{code}]") or said) from None
    any_message = _fields(serialized)
    message = _fields(_bytes(any_message[2][0]))
    positions = {}
    for entry in _fields(_bytes(message[3][0])).get(4, []):
        pair = _fields(_bytes(entry))
        positions[_int(pair.get(1, [0])[0])] = _int(pair.get(2, [0])[0])
    return Parsed(text, _node(_bytes(message[2][0])), positions)


_Wire = int | bytes
_Message = dict[int, list[_Wire]]


def _fields(data: bytes) -> _Message:
    """The fields of a protobuf message by number."""
    found: _Message = {}
    for number, value in _pairs(data):
        found.setdefault(number, []).append(value)
    return found


def _pairs(data: bytes) -> Iterator[tuple[int, _Wire]]:
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == 0:
            value, position = _varint(data, position)
            yield tag >> 3, value
            continue
        length = 8
        if kind == 2:
            length, position = _varint(data, position)
        yield tag >> 3, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[position]
        position += 1
        result |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return result, position


def _bytes(value: _Wire) -> bytes:
    assert isinstance(value, bytes)
    return value


def _int(value: _Wire) -> int:
    assert isinstance(value, int)
    return value


def _text(message: _Message, number: int) -> str:
    return _bytes(message[number][0]).decode() if number in message else ""


def _one(message: _Message, number: int) -> Node:
    return _node(_bytes(message[number][0]))


def _several(message: _Message, number: int) -> tuple[Node, ...]:
    return tuple(_node(_bytes(each)) for each in message.get(number, []))


def _node(data: bytes) -> Node:
    message = _fields(data)
    node_id = _int(message.get(2, [0])[0])
    kind = next((number for number in range(3, 10) if number in message), 0)
    inner = _fields(_bytes(message[kind][0])) if kind else {}
    match kind:
        case 3:
            return Const(node_id, _constant(inner))
        case 4:
            return Ident(node_id, _text(inner, 1))
        case 5:
            return Select(node_id, _one(inner, 1), _text(inner, 2), bool(inner.get(3)))
        case 6:
            target = _one(inner, 1) if 1 in inner else None
            return _call(node_id, target, _text(inner, 2), _several(inner, 3))
        case 7:
            return MakeList(node_id, _several(inner, 1), frozenset(_packed(inner.get(2, []))))
        case 8:
            return MakeMap(node_id, tuple(_entry(_bytes(each)) for each in inner.get(2, [])), _text(inner, 1))
        case 9:
            return Fold(
                node_id, _text(inner, 1), _one(inner, 2), _text(inner, 3), _one(inner, 4), _one(inner, 5),
                _one(inner, 6), _one(inner, 7),
            )  # fmt: skip
        case _:
            return Const(node_id, None)


def _call(node_id: int, target: Node | None, function: str, args: tuple[Node, ...]) -> Node:
    is_two = function in TWO_VARIABLES and len(args) == 3
    if target is None or not (is_two or (function in TRANSFORMS and len(args) in (3, 4))):
        return Call(node_id, target, function, args)
    first, second, *rest = args
    if not isinstance(first, Ident) or not isinstance(second, Ident):
        return Call(node_id, target, function, args)
    if is_two:
        return Comprehension(node_id, TWO_VARIABLES[function], first.name, second.name, target, rest[0], None)
    condition = rest[0] if len(rest) > 1 else None
    return Comprehension(node_id, function, first.name, second.name, target, condition, rest[-1])


def _entry(data: bytes) -> tuple[Node, Node, bool]:
    message = _fields(data)
    key = _one(message, 3) if 3 in message else Const(0, _text(message, 2))
    return key, _one(message, 4), bool(message.get(5))


def _packed(values: list[_Wire]) -> Iterator[int]:
    for value in values:
        if isinstance(value, int):
            yield value
            continue
        position = 0
        while position < len(value):
            number, position = _varint(value, position)
            yield number


def _constant(message: _Message) -> object:
    for number, (value, *_) in message.items():
        match number:
            case 2:
                return bool(value)
            case 3:
                return _int(value) - 2**64 if _int(value) >= 2**63 else _int(value)
            case 4:
                return Uint(_int(value))
            case 5:
                return float(struct.unpack("<d", _bytes(value))[0])
            case 6:
                return _bytes(value).decode()
            case 7:
                return _bytes(value)
            case _:
                return None
    return None
