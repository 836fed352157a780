r"""JSONPath as Kubernetes writes it: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`.

Fields, quoted fields, positions, slices, wildcards, recursive descent, unions and filters with one comparison. A dot
in a name is written `\.`. What is not there is nowhere: a path finds nothing rather than fails.

Source: kubernetes client-go, util/jsonpath.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

Step = Callable[[object], Iterator[object]]

_NAME = re.compile(r"(?:\\.|[^.\[\]\\\s{}()'\"=<>!,@?*])+")
_QUOTED = re.compile(r"'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\"")
_FIELD = re.compile(r"\.([A-Za-z_][\w-]*)|\['((?:\\.|[^'\\])*)'\]|\[\"((?:\\.|[^\"\\])*)\"\]", re.ASCII)
_POSITION = re.compile(r"-?\d+")
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d+))?")
_FILTER = re.compile(r"\?\(\s*(.+?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)")
LENGTH_MAX = 4096


class JSONPathError(ValueError):
    """The text is no path."""


@dataclass(frozen=True, slots=True)
class JSONPath:
    """A path through JSON values."""

    text: str
    steps: tuple[Step, ...]

    def find(self, value: object) -> list[object]:
        """Everything that the path leads to."""
        found = [value]
        for step in self.steps:
            found = [below for each in found for below in step(each)]
        return found


def parse_json_path(text: str) -> JSONPath:
    """Read a path, with or without braces. Raises JSONPathError."""
    if len(text) > LENGTH_MAX:
        raise JSONPathError(f"a path may have {LENGTH_MAX} characters")
    return _parse(text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> JSONPath:
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1]
    return JSONPath(text, tuple(_steps(inner)))


def parse_names(text: str) -> list[str]:
    """The names in a path of nothing but fields: `.spec['a.b'].c`. Raises JSONPathError."""
    names: list[str] = []
    position = 0
    while position < len(text):
        match = _FIELD.match(text, position)
        if match is None:
            raise JSONPathError(f"must be a path of fields, such as .spec.name: {text}")
        names.append(re.sub(r"\\(.)", r"\1", next(part for part in match.groups() if part is not None)))
        position = match.end()
    return names


def _steps(text: str) -> Iterator[Step]:
    position = 1 if text[:1] in ("$", "@") else 0
    while position < len(text):
        if text[position] == "[":
            end = _closing(text, position)
            yield _bracket(text[position + 1 : end])
            position = end + 1
            continue
        if text.startswith("..", position):
            yield _descend
            position += 2
            if position == len(text):
                return
            if text[position] == "[":
                continue
        elif text[position] == ".":
            position += 1
            if position == len(text):
                return
            if text[position] == "[":
                continue
        elif position:
            raise JSONPathError(f"unrecognized character in action: U+{ord(text[position]):04X} {text[position]!r}")
        if text.startswith("*", position):
            yield _every
            position += 1
            continue
        match = _NAME.match(text, position)
        if match is None:
            raise JSONPathError(f"unrecognized character in action: U+{ord(text[position]):04X} {text[position]!r}")
        yield _field(re.sub(r"\\(.)", r"\1", match.group()))
        position = match.end()


def _closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed."""
    depth, quote, position = 0, "", start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[]":
            depth += 1 if character == "[" else -1
            if not depth:
                return position
        position += 1
    raise JSONPathError("unterminated array")


def _bracket(text: str) -> Step:
    text = text.strip()
    if text == "*":
        return _every
    if text.startswith("?"):
        return _filter(text)
    parts = [_element(part.strip()) for part in _split(text)]
    if len(parts) == 1:
        return parts[0]
    return lambda value: (found for part in parts for found in part(value))


def _split(text: str) -> list[str]:
    return re.findall(r"(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^,'\"])+", text) or [text]


def _element(text: str) -> Step:
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        return _field(re.sub(r"\\(.)", r"\1", quoted.group(1) if quoted.group(1) is not None else quoted.group(2)))
    if _POSITION.fullmatch(text):
        return _item(int(text))
    match = _SLICE.fullmatch(text)
    if match is None:
        raise JSONPathError(f"invalid array index {text}")
    start, end, step = (int(part) if part else None for part in match.groups())
    if step is not None and step <= 0:
        raise JSONPathError("step must be > 0")
    return lambda value: iter(value[start:end:step] if isinstance(value, list) else ())


def _filter(text: str) -> Step:
    match = _FILTER.fullmatch(text)
    if match is None:
        raise JSONPathError(f"unterminated filter: {text}")
    left, operator, right = match.groups()
    left_of = _operand(left)
    if operator is None:
        return lambda value: (item for item in _items(value) if left_of(item))
    right_of = _operand(right)
    compare = _COMPARISONS[operator]

    def choose(value: object) -> Iterator[object]:
        for item in _items(value):
            one, other = left_of(item), right_of(item)
            if one and other and compare(one[0], other[0]):
                yield item

    return choose


def _operand(text: str) -> Callable[[object], list[object]]:
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None:
        word = quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
        return lambda _: [word]
    if text in ("true", "false"):
        return lambda _: [text == "true"]
    try:
        number = float(text)
    except ValueError:
        if not text.startswith(("@", "$", ".")):
            raise JSONPathError(f"unrecognized identifier {text}") from None
        return parse_json_path(text).find
    return lambda _: [number]


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[object, object], bool]:
    def check(one: object, other: object) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return compare((one > other) - (one < other), 0)
        if isinstance(one, bool) or isinstance(other, bool):
            return False
        return isinstance(one, int | float) and isinstance(other, int | float) and compare(one, other)

    return check


def _equal(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


_COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "==": _equal,
    "!=": lambda one, other: not _equal(one, other),
    "<": _ordered(lambda one, other: one < other),
    "<=": _ordered(lambda one, other: one <= other),
    ">": _ordered(lambda one, other: one > other),
    ">=": _ordered(lambda one, other: one >= other),
}


def _field(name: str) -> Step:
    def step(value: object) -> Iterator[object]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _item(position: int) -> Step:
    def step(value: object) -> Iterator[object]:
        if isinstance(value, list) and -len(value) <= position < len(value):
            yield value[position]

    return step


def _items(value: object) -> Iterator[object]:
    return iter(value if isinstance(value, list) else ())


def _every(value: object) -> Iterator[object]:
    return iter(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())


def _descend(value: object) -> Iterator[object]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(list(_every(each))))
