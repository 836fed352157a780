"""Labels and the selectors that choose objects by them.

`environment in (production,qa),tier!=frontend,!canary`: requirements joined by commas, all of which
must hold. The grammar and the error texts are those of Kubernetes, which clients show as they are.

Source: kubernetes apimachinery, pkg/labels/selector.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec import field

from wherry.apimachinery import names
from wherry.apimachinery.field_errors import invalid
from wherry.apimachinery.struct import Struct


class LabelSelectorRequirement(Struct):
    """One condition on one label: In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...] = ()


class LabelSelector(Struct):
    """Which objects are meant: all labels equal, all requirements met. An empty one means everything."""

    match_labels: dict[str, str] = field(default_factory=dict)
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition; `operator` is =, ==, !=, in, notin, exists, !, gt or lt; `values` are sorted."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels meet the condition."""
        value = labels.get(self.key)
        match self.operator:
            case "=" | "==" | "in":
                return value is not None and value in self.values
            case "!=" | "notin":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
            case _:
                return value is not None and self._compares(value)

    def _compares(self, value: str) -> bool:
        if not _is_integer(value):
            return False
        limit = int(self.values[0])
        return int(value) > limit if self.operator == "gt" else int(value) < limit

    def __str__(self) -> str:
        """As in a query."""
        match self.operator:
            case "=" | "==" | "!=":
                return f"{self.key}{self.operator}{self.values[0]}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case _:
                return f"{self.key}{'>' if self.operator == 'gt' else '<'}{self.values[0]}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Chooses objects by their labels: all requirements must hold; `is_nothing` chooses none at all."""

    requirements: tuple[Requirement, ...] = ()
    is_nothing: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is chosen."""
        if self.is_nothing:
            return False
        return all(requirement.matches(labels) for requirement in self.requirements)

    @property
    def is_everything(self) -> bool:
        """Whether it chooses every object."""
        return not self.requirements and not self.is_nothing

    def __str__(self) -> str:
        """As in a query."""
        return ",".join(str(requirement) for requirement in self.requirements)


EVERYTHING = Selector()
NOTHING = Selector(is_nothing=True)

_OPERATOR_OF = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def selector_from(selector: LabelSelector | None) -> Selector:
    """The working form of a LabelSelector: None chooses nothing, an empty one everything.

    Raises:
        ValueError: an unknown operator, or a key or value that cannot be one.
    """
    if selector is None:
        return NOTHING
    requirements = [_requirement(key, "=", (value,)) for key, value in selector.match_labels.items()]
    for expression in selector.match_expressions:
        operator = _OPERATOR_OF.get(expression.operator)
        if operator is None:
            raise ValueError(f'"{expression.operator}" is not a valid label selector operator')
        requirements.append(_requirement(expression.key, operator, expression.values))
    return _selector(requirements)


def format_selector(selector: LabelSelector | None) -> str:
    """A LabelSelector as kubectl prints it; `<none>` when it chooses everything or nothing."""
    try:
        return str(selector_from(selector)) or "<none>"
    except ValueError:
        return "<error>"


def parse_selector(text: str) -> Selector:
    """Read a selector such as `app=web,tier in (a,b),!canary`; "" chooses everything.

    Raises:
        ValueError: with the words of Kubernetes.
    """
    return _selector(_Parser(text).requirements()) if text else EVERYTHING


def _selector(requirements: list[Requirement]) -> Selector:
    return Selector(tuple(sorted(requirements, key=lambda requirement: requirement.key)))


def _is_integer(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,19}", text) is not None


def _requirement(key: str, operator: str, values: Iterable[str]) -> Requirement:
    values = tuple(sorted(set(values)))
    wrong = names.qualified_name(key)
    problems = [str(invalid("key", key, wrong))] if wrong else []
    if operator in {"in", "notin"} and not values:
        problems.append(str(invalid("values", [], "for 'in', 'notin' operators, values set can't be empty")))
    elif operator in {"exists", "!"} and values:
        problems.append(str(invalid("values", values, "values set must be empty for exists and does not exist")))
    elif operator in {"gt", "lt"} and not _is_integer(values[0]):
        problems.append(str(invalid("values[0]", values[0], "for 'Gt', 'Lt' operators, the value must be an integer")))
    for position, value in enumerate(values):
        wrong = names.label_value(value)
        if wrong:
            problems.append(str(invalid(f"values[{position}][{key}]", value, wrong)))
    if problems:
        raise ValueError(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
    return Requirement(key, operator, values)


# The space between words is left out by searching: an optional part in front would look at it again and again.
_WORD = re.compile(r"==|!=|[=!(),<>]|[^=!(),<>\s]+")
_SYMBOLS = frozenset(("==", "!=", "=", "!", "(", ")", ",", "<", ">"))
_OPERATORS = {"=": "=", "==": "==", "!=": "!=", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}
_END = ""


class _Parser:
    """Recursive descent over the words; `_END` stands for the end of the text."""

    def __init__(self, text: str) -> None:
        self._words = _WORD.findall(text)
        self._position = 0

    def _peek(self) -> str:
        return self._words[self._position] if self._position < len(self._words) else _END

    def _next(self) -> str:
        word = self._peek()
        self._position += 1
        return word

    def requirements(self) -> list[Requirement]:
        found: list[Requirement] = []
        while (word := self._peek()) != _END:
            if not _is_identifier(word) and word != "!":
                raise ValueError(f"found '{word}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._one())
            except ValueError as err:
                raise ValueError(f"unable to parse requirement: {err}") from err
            word = self._next()
            if word == _END:
                break
            if word != ",":
                raise ValueError(f"found '{word}', expected: ',' or 'end of string'")
            after = self._peek()
            if not _is_identifier(after) and after != "!":
                raise ValueError(f"found '{after}', expected: identifier after ','")
        return found

    def _one(self) -> Requirement:
        word = self._next()
        is_absent = word == "!"
        if is_absent:
            word = self._next()
        if not _is_identifier(word):
            raise ValueError(f"found '{word}', expected: identifier")
        if wrong := names.qualified_name(word):
            # Upstream has no name for this place.
            raise ValueError(str(invalid("<nil>", word, wrong)))
        if is_absent:
            return _requirement(word, "!", ())
        if self._peek() in {_END, ","}:
            return _requirement(word, "exists", ())
        symbol = self._next()
        operator = _OPERATORS.get(symbol)
        if operator is None:
            raise ValueError(f"found '{symbol}', expected: in, notin, =, ==, !=, gt, lt")
        values = self._set() if operator in {"in", "notin"} else {self._value()}
        return _requirement(word, operator, values)

    def _value(self) -> str:
        if self._peek() in {_END, ","}:
            return ""
        word = self._next()
        if not _is_identifier(word):
            raise ValueError(f"found '{word}', expected: identifier")
        return word

    def _set(self) -> set[str]:
        word = self._next()
        if word != "(":
            raise ValueError(f"found '{word}', expected: '('")
        values: set[str] = set()
        word = self._next()
        if word == ")":
            return values
        while True:
            if _is_identifier(word):
                values.add(word)
                word = self._next()
            elif word == ",":
                values.add("")
            else:
                raise ValueError(f"found '{word}', expected: ',', ')' or identifier")
            if word == ")":
                return values
            if word != ",":
                raise ValueError(f"found '{word}', expected: ',' or ')'")
            word = self._next()
            if word == ")":
                values.add("")
                return values


def _is_identifier(word: str) -> bool:
    return word != _END and word not in _SYMBOLS
