"""Whether every value of one schema is a value of another: what a fit and a conformity come down to.

`gaps(inner, outer)` compares schema with schema, `misfits(value, schema)` a value with a schema. Both name the field
where it goes wrong and say in plain words what is there and what was asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from wherry.method.contracts.schema import ANYTHING, Schema, Shape, canonical
from wherry.method.contracts.words import field_name, limit_words, type_words, values_words

Kind = Literal["missing", "optional", "null", "type", "value", "format", "limit", "extra", "form", "pattern", "unclear"]
# What hurts in one alternative is told in full; more than that nobody reads.
GAPS_MAX = 50
LOWER = ("low", "above", "min_length", "min_items")
UPPER = ("high", "below", "max_length", "max_items")


@dataclass(frozen=True, slots=True)
class Gap:
    """One place where a value could be outside. `has` and `wants` are phrases: "text" and "a whole number"."""

    kind: Kind
    place: tuple[str, ...]
    has: str = ""
    wants: str = ""

    @property
    def field(self) -> str:
        """The field as people write it: items[].price; "" is the whole."""
        return field_name(self.place)

    @property
    def is_certain(self) -> bool:
        """Whether the documents alone show it; what they leave open, only the running service can show."""
        return self.kind not in ("pattern", "unclear")


Seen = dict[tuple[int, int], tuple[Schema, Schema]]
"""Pairs of schemas that are being compared, or are known to fit: big documents say the same thing in many places.

By identity; the schemas are kept beside it, so that no other takes over the identity of one that is gone.
"""


def gaps(inner: Schema, outer: Schema, seen: Seen | None = None) -> list[Gap]:
    """Where values of `inner` are not values of `outer`. Fields that inner does not name are not there.

    `seen` is for whoever asks often about the same documents: begin with an empty one.
    """
    return list(islice(_gaps(inner, outer, (), {} if seen is None else seen), GAPS_MAX))


def _gaps(inner: Schema, outer: Schema, place: tuple[str, ...], seen: Seen) -> Iterator[Gap]:
    pair = (id(inner), id(outer))
    if pair in seen or inner is outer:
        return
    seen[pair] = (inner, outer)
    is_clean = True
    for gap in _differences(inner, outer, place, seen):
        is_clean = False
        yield gap
    if not is_clean:
        # Met again elsewhere, it is told again, under that name.
        seen.pop(pair, None)


def _differences(inner: Schema, outer: Schema, place: tuple[str, ...], seen: Seen) -> Iterator[Gap]:
    if inner.nullable and not outer.nullable and not _exact(outer):
        yield Gap("null", place)
    for shape in inner.shapes:
        tries = [list(_shape_gaps(shape, one, place, seen)) for one in outer.shapes]
        if not tries:
            yield Gap("type", place, type_words(shape.types), "nothing but null")
        elif all(any(gap.is_certain for gap in one) for one in tries):
            best = min(tries, key=len)
            yield from best if len(tries) == 1 or len(inner.shapes) == 1 else [Gap("form", place)]
        else:
            yield from min((one for one in tries if not any(gap.is_certain for gap in one)), key=len)


def _exact(outer: Schema) -> bool:
    """Whether one value is an example of what comes, rather than all that may come."""
    return any(shape.example is not None for shape in outer.shapes)


def _shape_gaps(inner: Shape, outer: Shape, place: tuple[str, ...], seen: Seen) -> Iterator[Gap]:
    if outer.example is not None:
        if misfits(json.loads(outer.example), Schema(False, (inner,))):
            yield Gap("value", place, values_words(inner) or type_words(inner.types), outer.example)
        return
    if inner.enum is not None:
        found = {one: misfits(json.loads(one), Schema(False, (_plain(outer),))) for one in inner.enum}
        outside = [one for one, wrong in found.items() if wrong]
        if outside:
            first = found[outside[0]][0]
            yield Gap(first.kind, (*place, *first.place), ", ".join(outside[:5]), first.wants)
        return
    extra = inner.types - outer.types
    if extra:
        yield Gap("type", place, type_words(inner.types), type_words(outer.types))
        return
    if outer.enum is not None:
        yield Gap("value", place, f"any {type_words(inner.types)}", values_words(outer))
        return
    yield from _scalar_gaps(inner, outer, place)
    if "array" in inner.types:
        yield from _gaps(_items(inner), _items(outer), (*place, "[]"), seen)
    if "object" in inner.types:
        yield from _object_gaps(inner, outer, place, seen)


def _plain(shape: Shape) -> Shape:
    return replace(shape, not_compared=frozenset())


def _items(shape: Shape) -> Schema:
    return shape.items() if shape.items else ANYTHING


def _scalar_gaps(inner: Shape, outer: Shape, place: tuple[str, ...]) -> Iterator[Gap]:
    missing = outer.formats - inner.formats
    if (missing and "string" in inner.types) or (missing and not _number_format_fits(inner.formats, missing)):
        yield Gap("format", place, _formats(inner.formats), _formats(outer.formats))
    if outer.patterns - inner.patterns and "string" in inner.types:
        yield Gap("pattern", place, "", " and ".join(sorted(outer.patterns)))
    for name in (*LOWER, *UPPER):
        wanted, given = getattr(outer, name), _limit(inner, name)
        if wanted is not None and not _applies(name, inner):
            continue
        if wanted is not None and (given is None or (given < wanted if name in LOWER else given > wanted)):
            yield Gap("limit", place, limit_words(name, given), limit_words(name, wanted))
    if outer.multiple_of and not _is_multiple(inner, outer.multiple_of):
        yield Gap("limit", place, "", f"a multiple of {outer.multiple_of:g}")
    if outer.not_compared - inner.not_compared:
        yield Gap("unclear", place, "", ", ".join(sorted(outer.not_compared)))


def _formats(formats: frozenset[str]) -> str:
    return f"in the form {' and '.join(sorted(formats))}" if formats else "in any form"


def _number_format_fits(given: frozenset[str], missing: frozenset[str]) -> bool:
    """A small number is a big one too; that JSON numbers have a format at all is a hint, not a rule."""
    wider = {"int32": {"int64", "float", "double"}, "int64": {"double"}, "float": {"double"}}
    return not given or any(missing <= wider.get(one, set()) for one in given)


def _limit(shape: Shape, name: str) -> float | None:
    """The limit that a shape keeps; a strict one is a plain one as well."""
    stated: float | None = getattr(shape, name)
    beside = {"low": shape.above, "high": shape.below}.get(name)
    if stated is None or beside is None:
        return beside if stated is None else stated
    return max(stated, beside) if name == "low" else min(stated, beside)


def _applies(name: str, shape: Shape) -> bool:
    wanted = {"min_length": {"string"}, "max_length": {"string"}, "min_items": {"array"}, "max_items": {"array"}}
    return bool(shape.types & wanted.get(name, {"integer", "number"}))


def _is_multiple(inner: Shape, of: float) -> bool:
    if not inner.types & {"integer", "number"}:
        return True
    if inner.multiple_of is not None:
        return (inner.multiple_of / of).is_integer() if of else True
    return of == 1 and "number" not in inner.types


def _object_gaps(inner: Shape, outer: Shape, place: tuple[str, ...], seen: Seen) -> Iterator[Gap]:
    for name in sorted(outer.required - inner.required):
        optional = name in inner.properties
        yield Gap("optional" if optional else "missing", (*place, name))
    for name, later in inner.properties.items():
        if name in outer.properties:
            yield from _gaps(later(), outer.properties[name](), (*place, name), seen)
        elif outer.additional is not None:
            yield from _gaps(later(), outer.additional(), (*place, name), seen)
        elif not outer.open:
            yield Gap("extra", (*place, name))
    if inner.additional is not None and outer.additional is not None:
        yield from _gaps(inner.additional(), outer.additional(), (*place, "*"), seen)
    elif inner.additional is not None and not outer.open:
        yield Gap("extra", (*place, "*"))


def misfits(value: object, schema: Schema) -> list[Gap]:
    """Where a value is not one of the schema's."""
    return list(islice(_misfits(value, schema, ()), GAPS_MAX))


def _misfits(value: object, schema: Schema, place: tuple[str, ...]) -> Iterator[Gap]:
    if value is None:
        if not schema.nullable:
            yield Gap("null", place)
        return
    tries = [list(_shape_misfits(value, shape, place)) for shape in schema.shapes]
    if not tries:
        yield Gap("type", place, _type_of(value), "nothing but null")
    elif all(tries):
        yield from min(tries, key=len)


def _type_of(value: object) -> str:
    return type_words(frozenset({json_type(value)}))


def json_type(value: object) -> str:
    """What JSON calls a value's type."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _shape_misfits(value: object, shape: Shape, place: tuple[str, ...]) -> Iterator[Gap]:
    if json_type(value) not in shape.types:
        yield Gap("type", place, _type_of(value), type_words(shape.types))
        return
    if shape.enum is not None and canonical(value) not in shape.enum:
        yield Gap("value", place, canonical(value), values_words(shape))
        return
    match value:
        case str():
            yield from _text_misfits(value, shape, place)
        case int() | float():
            yield from _limits(value, shape, place, ("low", "above"), ("high", "below"))
            if shape.multiple_of and not isinstance(value, bool) and not _divides(value, shape.multiple_of):
                yield Gap("limit", place, canonical(value), f"a multiple of {shape.multiple_of:g}")
        case list():
            yield from _limits(len(value), shape, place, ("min_items",), ("max_items",))
            if shape.unique and len({canonical(one) for one in value}) < len(value):
                yield Gap("value", place, "the same item twice", "every item once")
            for index, one in enumerate(value if shape.items else ()):
                yield from _misfits(one, _items(shape), (*place, str(index)))
        case dict():
            yield from _object_misfits(value, shape, place)


def _divides(value: float, of: float) -> bool:
    times = value / of
    return abs(times - round(times)) < 1e-9


def _limits(
    value: float, shape: Shape, place: tuple[str, ...], lower: tuple[str, ...], upper: tuple[str, ...]
) -> Iterator[Gap]:
    if isinstance(value, bool):
        return
    for name in (*lower, *upper):
        limit = getattr(shape, name)
        strict = name in ("above", "below")
        is_out = limit is not None and (
            (value < limit or (strict and value == limit)) if name in lower
            else (value > limit or (strict and value == limit))
        )  # fmt: skip
        if is_out:
            yield Gap("limit", place, f"{value:g}", limit_words(name, limit))


FORMATS = {
    "date-time": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"),
    "date": re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
}


def _text_misfits(value: str, shape: Shape, place: tuple[str, ...]) -> Iterator[Gap]:
    yield from _limits(len(value), shape, place, ("min_length",), ("max_length",))
    for name in shape.formats & FORMATS.keys():
        if not FORMATS[name].fullmatch(value):
            yield Gap("format", place, canonical(value), f"in the form {name}")
    for pattern in shape.patterns:
        if not matches(pattern, value):
            yield Gap("limit", place, canonical(value), f"text like {pattern}")


def matches(pattern: str, value: str) -> bool:
    """Whether a text has a pattern of a contract in it. Linear in time: contracts come from other people."""
    import re2

    try:
        return re2.search(pattern, value) is not None
    except re2.error:
        # Lookahead and the like, which JSON Schema allows and this engine does not know: not shown to be wrong.
        return True


def _object_misfits(value: dict[str, object], shape: Shape, place: tuple[str, ...]) -> Iterator[Gap]:
    for name in sorted(shape.required - value.keys()):
        yield Gap("missing", (*place, name))
    for name, one in value.items():
        if name in shape.properties:
            yield from _misfits(one, shape.properties[name](), (*place, name))
        elif shape.additional is not None:
            yield from _misfits(one, shape.additional(), (*place, name))
        elif not shape.open:
            yield Gap("extra", (*place, name))
