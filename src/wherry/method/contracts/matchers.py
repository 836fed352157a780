"""Pact's matchers as schemas: what an example stands for.

For a fit (`exact=False`) a value without a matcher is an example: it must be possible, since it depends on the state
that the provider was put into. For a replay (`exact=True`), which brings that state about, it must come back to the
letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from wherry.method.contracts.contained import json_type
from wherry.method.contracts.reading import Place, Text
from wherry.method.contracts.schema import ANYTHING, Schema, Shape, canonical, meet

STEP = re.compile(r"\.([A-Za-z_@:$\-][\w@:$\-]*)|\.(\*)|\[(\d+|\*)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
# The letters of Java's date formats, which Pact uses, as patterns.
DATE_LETTERS = {
    "yyyy": r"\d{4}", "MM": r"\d\d", "dd": r"\d\d", "HH": r"\d\d", "hh": r"\d\d", "mm": r"\d\d", "ss": r"\d\d",
    "SSSSSS": r"\d{6}", "SSS": r"\d{3}", "XXX": r"(Z|[+-]\d\d:\d\d)", "XX": r"(Z|[+-]\d{4})", "X": r"(Z|[+-]\d\d)",
    "ZZ": r"[+-]\d\d:?\d\d", "Z": r"[+-]\d{4}", "yy": r"\d\d", "a": "(AM|PM)",
}  # fmt: skip
DATE_PIECE = re.compile(r"'([^']*)'|" + "|".join(sorted(DATE_LETTERS, key=len, reverse=True)) + "|(.)")
DEFAULT_DATES = {"date": "yyyy-MM-dd", "time": "HH:mm:ss", "timestamp": "", "datetime": ""}
TYPE_MATCHERS: dict[str, frozenset[str]] = {
    "integer": frozenset({"integer"}),
    "decimal": frozenset({"integer", "number"}),
    "number": frozenset({"integer", "number"}),
    "boolean": frozenset({"boolean"}),
}


def exact_schema(value: object) -> Schema:
    """The schema of one value as it is sent: these fields and no others."""
    match value:
        case None:
            return Schema(True)
        case dict():
            fields = {name: _always(exact_schema(one)) for name, one in value.items()}
            return Schema(False, (_object(fields, is_open=False),))
        case list():
            return Schema(False, (_list([exact_schema(one) for one in value], len(value), len(value)),))
        case _:
            return Schema(False, (Shape(frozenset({json_type(value)}), enum=(canonical(value),)),))


def _always(schema: Schema) -> Callable[[], Schema]:
    return lambda: schema


def _object(fields: Mapping[str, Callable[[], Schema]], *, is_open: bool) -> Shape:
    return Shape(frozenset({"object"}), properties=fields, required=frozenset(fields), open=is_open)


def _list(items: list[Schema], least: float | None, most: float | None) -> Shape:
    shapes = tuple(shape for one in items for shape in one.shapes)
    every = Schema(any(one.nullable for one in items), shapes) if items else ANYTHING
    return Shape(frozenset({"array"}), items=_always(every), min_items=least, max_items=most)


@dataclass(frozen=True, slots=True)
class Rule:
    """The matchers of one place, of which each must hold; with `is_either` one of them is enough."""

    matchers: tuple[Mapping[str, object], ...]
    is_either: bool = False

    def below(self) -> Rule:
        """What holds of it for the fields inside: nothing but types, and that values are the same."""
        kinds = dict.fromkeys(map(_kind, self.matchers))
        return replace(self, matchers=tuple({"match": one} for one in kinds if one in ("type", "equality")))


EQUALITY = Rule(({"match": "equality"},))


class Matching:
    """The rules of one body (or header) and the schemas that follow from them."""

    def __init__(self, rules: Mapping[str, object], *, exact: bool, text: Text, place: Place) -> None:
        """`rules` are by path ($.items[*].id); `place` is for complaints."""
        self._exact = exact
        self._text = text
        self._place = place
        self._rules = [(self._steps(path), self._read(path, rule)) for path, rule in rules.items()]

    def schema(self, value: object) -> Schema:
        """What is expected where the example has `value`."""
        return self._schema(value, ())

    def _steps(self, path: str) -> tuple[str, ...]:
        found = [next(piece for piece in match.groups() if piece is not None) for match in STEP.finditer(path)]
        if path != "$" and STEP.sub("", path) != "$":
            raise self._text.broken((*self._place, "matchingRules"), f"{path} is no path", "write $.items[*].id")
        return tuple(found)

    def _read(self, path: str, rule: object) -> Rule:
        """The matchers of a rule: one in version 2, from version 3 on a list that says how they combine."""
        place = (*self._place, "matchingRules", path)
        stated = rule.get("matchers") if isinstance(rule, dict) else None
        listed = stated if isinstance(stated, list) else [rule]
        matchers = tuple(one for one in listed if isinstance(one, dict))
        if len(matchers) != len(listed):
            raise self._text.broken(place, "must be a mapping", '{"match": "type"}')
        combine = str(rule.get("combine", "AND")).upper() if isinstance(rule, dict) else "AND"
        if combine not in ("AND", "OR"):
            raise self._text.broken((*place, "combine"), f"{combine} combines nothing", "write AND or OR")
        return Rule(matchers, is_either=combine == "OR") if matchers else EQUALITY

    def _rule(self, steps: tuple[str, ...]) -> Rule:
        """The rule for a place: the one that fits best; one from above holds as far as types go."""
        best: tuple[int, int, Rule] | None = None
        for pattern, rule in self._rules:
            if len(pattern) > len(steps) or not all(a in (b, "*") for a, b in zip(pattern, steps, strict=False)):
                continue
            found = rule if len(pattern) == len(steps) else rule.below()
            weight = (len(pattern), sum(one != "*" for one in pattern))
            if found.matchers and (best is None or weight > best[:2]):
                best = (*weight, found)
        return best[2] if best else EQUALITY

    def _schema(self, value: object, steps: tuple[str, ...]) -> Schema:
        rule = self._rule(steps)
        found = [self._by_one(value, steps, matcher) for matcher in rule.matchers]
        if rule.is_either:
            return Schema(any(one.nullable for one in found), tuple(shape for one in found for shape in one.shapes))
        whole = reduce(_together, found)
        if not whole.shapes and not whole.nullable:
            kinds = " and ".join(map(_kind, rule.matchers))
            raise self._text.broken(
                (*self._place, "matchingRules"),
                f"no value is {kinds} at once",
                'leave one of them out, or write "combine": "OR"',
            )
        return whole

    def _by_one(self, value: object, steps: tuple[str, ...], rule: Mapping[str, object]) -> Schema:
        kind = _kind(rule)
        if kind in ("type", "equality", "values", "eachValue", "eachKey", "arrayContains", "notEmpty"):
            return self._by_structure(value, steps, rule, kind)
        return self._by_matcher(kind, rule, value)

    def _by_structure(self, value: object, steps: tuple[str, ...], rule: Mapping[str, object], kind: str) -> Schema:
        match value:
            case None:
                return Schema(True) if kind == "equality" else ANYTHING
            case dict() if kind in ("values", "eachValue", "eachKey"):
                every = [self._schema(one, (*steps, "*")) for one in list(value.values())[:1]]
                return Schema(False, (Shape(frozenset({"object"}), additional=_always((every or [ANYTHING])[0])),))
            case dict():
                fields = {name: _always(self._schema(one, (*steps, name))) for name, one in value.items()}
                return Schema(False, (_object(fields, is_open=True),))
            case list():
                return Schema(False, (self._items(value, steps, rule, kind),))
            case _:
                return Schema(False, (self._leaf(value, is_type=kind != "equality"),))

    def _items(self, value: list[object], steps: tuple[str, ...], rule: Mapping[str, object], kind: str) -> Shape:
        if kind == "arrayContains":
            return Shape(frozenset({"array"}))
        items = [self._schema(one, (*steps, str(index))) for index, one in enumerate(value)]
        if kind == "equality":
            size = len(value) if self._exact else None
            return _list(items, size, size)
        least, most = rule.get("min"), rule.get("max")
        shape = _list(items[:1], _number(least) if self._exact else None, _number(most))
        return replace(shape, min_items=1) if kind == "notEmpty" and self._exact else shape

    def _leaf(self, value: object, *, is_type: bool) -> Shape:
        kind = json_type(value)
        if is_type:
            return Shape(frozenset({"integer", "number"} if kind in ("integer", "number") else {kind}))
        if self._exact:
            return Shape(frozenset({kind}), enum=(canonical(value),))
        return Shape(frozenset({kind}), example=canonical(value))

    def _by_matcher(self, kind: str, rule: Mapping[str, object], value: object) -> Schema:
        if kind in TYPE_MATCHERS:
            return Schema(False, (Shape(TYPE_MATCHERS[kind]),))
        if kind == "null":
            return Schema(True)
        patterns = list(self._patterns(kind, rule))
        if not patterns:
            raise self._text.broken(
                (*self._place, "matchingRules"),
                f'the matcher "{kind}" is not read here',
                "use type, regex, number, integer, decimal, boolean, null, date, time, datetime, include or values",
            )
        # A number may be matched by its digits.
        types = {"string"} | ({json_type(value), "number"} if isinstance(value, int | float) else set())
        return Schema(False, (Shape(frozenset(types), patterns=frozenset(patterns) - {""}),))

    def _patterns(self, kind: str, rule: Mapping[str, object]) -> Iterator[str]:
        if kind == "regex":
            yield str(rule.get("regex", ""))
        elif kind == "include":
            yield re.escape(str(rule.get("value", "")))
        elif kind == "semver":
            yield r"^\d+\.\d+\.\d+"
        elif kind in DEFAULT_DATES:
            form = str(rule.get("format") or rule.get(kind) or DEFAULT_DATES[kind])
            yield f"^{date_pattern(form)}$" if form else ""


def _together(one: Schema, other: Schema) -> Schema:
    return meet(one, other, lambda a, b: lambda: _together(a(), b()))


def _kind(rule: Mapping[str, object]) -> str:
    stated = rule.get("match")
    if isinstance(stated, str):
        return stated
    return "regex" if "regex" in rule else "type"


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) else None


def date_pattern(form: str) -> str:
    """A Java date format as a regular expression."""

    def piece(match: re.Match[str]) -> str:
        if match[1] is not None:
            return re.escape(match[1])
        return re.escape(match[2]) if match[2] is not None else DATE_LETTERS[match[0]]

    return DATE_PIECE.sub(piece, form)
