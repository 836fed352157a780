"""What values a contract allows, in a form that can be compared: structure, not names.

OpenAPI has many ways to say the same thing. Here each becomes one: `$ref` and `allOf` are resolved, `oneOf` and `anyOf`
become shapes side by side, 3.0's `nullable` and 3.1's type "null" are the same, `const` is an enum of one. Parts that
refer to themselves are fine: what is below a field or an item is worked out when somebody looks at it, once.

    Schema(nullable=True, shapes=(Shape(types={"string"}, enum=('"open"', '"paid"')),))
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from wherry.method.contracts.reading import Place, Text

TYPES = frozenset({"boolean", "integer", "number", "string", "array", "object"})
# More combinations of alternatives than a reader can follow are compared as one that is not understood.
SHAPES_MAX = 64
# Keywords whose meaning is not compared; a contract that uses one can only be judged in part, and is told so.
NOT_COMPARED = frozenset(
    {
        "not", "if", "patternProperties", "prefixItems", "contains", "dependentRequired", "dependentSchemas",
        "propertyNames", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
    }
)  # fmt: skip
COMBINING = ("oneOf", "anyOf")
LOW = {"minimum": "low", "minLength": "min_length", "minItems": "min_items"}
HIGH = {"maximum": "high", "maxLength": "max_length", "maxItems": "max_items"}

Lazy = Callable[[], "Schema"]


@dataclass(frozen=True, slots=True)
class Shape:
    """One form that values may take. Limits are None where there are none; enum members are JSON texts.

    `additional` says what fields without a name of their own may hold: None is that there may be none. `example`, which
    only needs have, is a value that must be possible rather than certain.
    """

    types: frozenset[str] = TYPES
    enum: tuple[str, ...] | None = None
    formats: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    multiple_of: float | None = None
    min_length: float | None = None
    max_length: float | None = None
    min_items: float | None = None
    max_items: float | None = None
    unique: bool = False
    items: Lazy | None = None
    properties: Mapping[str, Lazy] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    additional: Lazy | None = None
    open: bool = True
    has_default: bool = False
    read_only: bool = False
    write_only: bool = False
    not_compared: frozenset[str] = frozenset()
    example: str | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """All values that are allowed: null perhaps, and whatever one of the shapes takes."""

    nullable: bool = False
    shapes: tuple[Shape, ...] = ()

    @property
    def has_default(self) -> bool:
        """Whether the document says what counts when nothing is given."""
        return any(shape.has_default for shape in self.shapes)

    @property
    def types(self) -> frozenset[str]:
        """The types of all its shapes."""
        return frozenset[str]().union(*(shape.types for shape in self.shapes))


ANYTHING = Schema(True, (Shape(),))


def canonical(value: object) -> str:
    """A value as text that is equal when the values are: 1.0 is 1, and the order of keys does not matter."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a document that describes values, and where it stands."""

    data: object
    place: Place


class Schemas:
    """The schemas of one document; equal questions get the very same answer, so that circles come to an end."""

    def __init__(self, text: Text) -> None:
        """Nothing is read before it is asked for."""
        self._text = text
        self._made: dict[tuple[Place, ...], Schema] = {}
        # By identity: what is in _made lives as long as this object.
        self._checked: set[int] = set()

    def schema(self, *parts: Part) -> Schema:
        """What all these parts together allow. Raises BrokenDocument."""
        named = tuple(self.resolve(part) if _only_refers(part) else part for part in parts)
        key = tuple(sorted({part.place for part in named}))
        if key not in self._made:
            self._made[key] = self._make(named)
        return self._made[key]

    def check(self, part: Part) -> None:
        """Look at everything below a part, so that what is broken is found now. Raises BrokenDocument."""
        waiting = [self.schema(part)]
        while waiting:
            schema = waiting.pop()
            if id(schema) in self._checked:
                continue
            self._checked.add(id(schema))
            for shape in schema.shapes:
                below = [*shape.properties.values(), *(one for one in (shape.items, shape.additional) if one)]
                waiting.extend(one() for one in below)

    def resolve(self, part: Part) -> Part:
        """Follow references to what they mean. Raises BrokenDocument."""
        followed: set[Place] = set()
        while isinstance(part.data, dict) and isinstance(part.data.get("$ref"), str):
            if part.place in followed:
                raise self._text.broken(part.place, "$ref leads back to itself", "let it name a schema")
            followed.add(part.place)
            part = self._target(part, part.data["$ref"])
        return part

    def _target(self, part: Part, reference: str) -> Part:
        if not reference.startswith("#/"):
            raise self._text.broken(
                (*part.place, "$ref"),
                f"{reference} is in another file, and a contract is one file",
                "put it under components in this file (most tools can bundle)",
            )
        place = tuple(step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/"))
        found: object = self._text.data
        for step in place:
            if isinstance(found, dict) and step in found:
                found = found[step]
            else:
                raise self._text.broken(
                    (*part.place, "$ref"), f"{reference} leads to nothing", f"define {place[-1]}, or correct the name"
                )
        return Part(found, place)

    def _make(self, parts: tuple[Part, ...]) -> Schema:
        made = list(self._combinations(parts, frozenset()))
        shapes: list[Shape] = []
        for shape in (shape for schema in made for shape in schema.shapes):
            if shape not in shapes:
                shapes.append(shape)
        return Schema(any(schema.nullable for schema in made), tuple(shapes))

    def _combinations(self, parts: tuple[Part, ...], seen: frozenset[Place]) -> Iterator[Schema]:
        """One schema of at most one shape for each combination of alternatives."""
        flat, choices, nullable = self._flatten(parts, seen)
        if not flat:
            return
        seen |= {part.place for part in flat}
        combined = list(product(*choices))
        if len(combined) > SHAPES_MAX:
            yield Schema(True, (replace(Shape(), not_compared=frozenset(COMBINING)),))
            return
        for chosen in combined:
            if not chosen:
                yield self._one(flat)
                continue
            for schema in self._combinations(chosen, seen):
                yield meet(self._one(flat), schema, self.both)
        if nullable:
            yield Schema(True)

    def _flatten(self, parts: tuple[Part, ...], seen: frozenset[Place]) -> tuple[list[Part], list[list[Part]], bool]:
        """The parts with what they refer to; the lists of alternatives; whether null is allowed beside all that."""
        flat: dict[Place, Part] = {}
        choices: list[list[Part]] = []
        nullable = False
        waiting = list(reversed(parts))
        while waiting:
            part = waiting.pop()
            if part.place in flat or part.place in seen:
                continue
            flat[part.place] = part
            data = part.data
            if isinstance(data, bool):
                continue
            if not isinstance(data, dict):
                raise self._text.broken(part.place, "a schema must be a mapping", "write for instance type: string")
            reference = data.get("$ref")
            if isinstance(reference, str):
                waiting.append(self._target(part, reference))
            waiting.extend(self._listed(part, "allOf"))
            choices.extend(self._listed(part, word) for word in COMBINING if word in data)
            combines = reference is not None or any(word in data for word in ("allOf", *COMBINING))
            nullable = nullable or (data.get("nullable") is True and combines)
        return list(flat.values()), choices, nullable

    def _listed(self, part: Part, word: str) -> list[Part]:
        assert isinstance(part.data, dict)
        found = part.data.get(word, [])
        if not isinstance(found, list) or (word in part.data and not found):
            raise self._text.broken((*part.place, word), "must be a list of schemas", "write each with a dash")
        return [Part(one, (*part.place, word, str(index))) for index, one in enumerate(found)]

    def _one(self, parts: list[Part]) -> Schema:
        made = Schema(True, (Shape(),))
        for part in parts:
            made = meet(made, self._plain(part), self.both)
        return made

    def _plain(self, part: Part) -> Schema:
        """What the part says by itself, without what it refers to."""
        data = part.data
        if isinstance(data, bool):
            return ANYTHING if data else Schema()
        assert isinstance(data, dict)
        types, nullable = self._types(part)
        enum = self._enum(part)
        if enum is not None and "null" not in enum and data.get("nullable") is not True:
            nullable = False
        values = None if enum is None else tuple(one for one in enum if one != "null")
        return Schema(nullable, (self._shape(part, types, values),) if types and values != () else ())

    def _types(self, part: Part) -> tuple[frozenset[str], bool]:
        assert isinstance(part.data, dict)
        stated = part.data.get("type")
        if stated is None:
            return TYPES, True
        names = [stated] if isinstance(stated, str) else stated
        if not isinstance(names, list) or any(name not in TYPES | {"null"} for name in names):
            raise self._text.broken(
                (*part.place, "type"), f"{json.dumps(stated)} is no type", f"one of {', '.join(sorted(TYPES))}, null"
            )
        # Whole numbers are numbers.
        whole = {"integer"} if "number" in names else set()
        return frozenset(names) - {"null"} | whole, "null" in names or part.data.get("nullable") is True

    def _enum(self, part: Part) -> tuple[str, ...] | None:
        assert isinstance(part.data, dict)
        if "const" in part.data:
            return (canonical(part.data["const"]),)
        found = part.data.get("enum")
        if found is None:
            return None
        if not isinstance(found, list) or not found:
            raise self._text.broken((*part.place, "enum"), "must be a list of values", "write each with a dash")
        return tuple(canonical(one) for one in found)

    def _shape(self, part: Part, types: frozenset[str], values: tuple[str, ...] | None) -> Shape:
        data = part.data
        assert isinstance(data, dict)
        limits = {name: self._limit(part, word) for word, name in {**LOW, **HIGH, "multipleOf": "multiple_of"}.items()}
        for word, inclusive, strict in (("exclusiveMinimum", "low", "above"), ("exclusiveMaximum", "high", "below")):
            # In 3.0 a word beside the limit that makes it strict, in 3.1 a limit of its own.
            if data.get(word) is True:
                limits[strict], limits[inclusive] = limits[inclusive], None
            elif data.get(word) is not False:
                limits[strict] = self._limit(part, word)
        items, rest = data.get("items"), data.get("additionalProperties", True)
        return Shape(
            types=types,
            enum=values,
            formats=frozenset({str(data["format"])} if data.get("format") else ()),
            patterns=frozenset({str(data["pattern"])} if data.get("pattern") else ()),
            unique=data.get("uniqueItems") is True,
            items=None if items is None else self._later(Part(items, (*part.place, "items"))),
            properties=self._properties(part),
            required=self._required(part),
            additional=self._later(Part(rest, (*part.place, "additionalProperties")))
            if isinstance(rest, dict)
            else None,
            open=rest is not False,
            has_default="default" in data,
            read_only=data.get("readOnly") is True,
            write_only=data.get("writeOnly") is True,
            not_compared=NOT_COMPARED & data.keys(),
            low=limits["low"],
            high=limits["high"],
            above=limits.get("above"),
            below=limits.get("below"),
            multiple_of=limits["multiple_of"],
            min_length=limits["min_length"],
            max_length=limits["max_length"],
            min_items=limits["min_items"],
            max_items=limits["max_items"],
        )

    def _limit(self, part: Part, word: str) -> float | None:
        assert isinstance(part.data, dict)
        found = part.data.get(word)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self._text.broken((*part.place, word), f"{json.dumps(found)} is no number", "write a number")
        return found

    def _properties(self, part: Part) -> dict[str, Lazy]:
        assert isinstance(part.data, dict)
        found = part.data.get("properties", {})
        if not isinstance(found, dict):
            raise self._text.broken(
                (*part.place, "properties"), "must be a mapping", "write each field as NAME: schema"
            )
        return {name: self._later(Part(one, (*part.place, "properties", name))) for name, one in found.items()}

    def _required(self, part: Part) -> frozenset[str]:
        assert isinstance(part.data, dict)
        found = part.data.get("required", [])
        if not isinstance(found, list):
            raise self._text.broken(
                (*part.place, "required"), "must be a list of names", "in a schema: required: [id, name]"
            )
        return frozenset(str(name) for name in found)

    def _later(self, *parts: Part) -> Lazy:
        return _Later(self, parts)

    def both(self, one: Lazy, other: Lazy) -> Lazy:
        """What two parts of this document allow together."""
        assert isinstance(one, _Later)
        assert isinstance(other, _Later)
        return _Later(self, (*one.parts, *other.parts))


@dataclass(frozen=True, slots=True)
class _Later:
    """A schema that is worked out when somebody looks at it."""

    schemas: Schemas
    parts: tuple[Part, ...]

    def __call__(self) -> Schema:
        return self.schemas.schema(*self.parts)

    def __hash__(self) -> int:
        return hash(tuple(part.place for part in self.parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Later) and [p.place for p in self.parts] == [p.place for p in other.parts]


def _only_refers(part: Part) -> bool:
    data = part.data
    return isinstance(data, dict) and "$ref" in data and data.keys() <= {"$ref", "description", "summary"}


def meet(one: Schema, other: Schema, both: Callable[[Lazy, Lazy], Lazy]) -> Schema:
    """What two schemas allow together; `both` says it of what is below, when somebody looks."""
    shapes = [_meet_shapes(a, b, both) for a in one.shapes for b in other.shapes]
    kept = tuple(shape for shape in shapes if shape.types and shape.enum != ())
    return Schema(one.nullable and other.nullable, kept)


def _meet_shapes(one: Shape, other: Shape, both: Callable[[Lazy, Lazy], Lazy]) -> Shape:
    properties = dict(one.properties)
    for name, later in other.properties.items():
        properties[name] = both(properties[name], later) if name in properties else later
    return Shape(
        types=one.types & other.types,
        enum=_meet_enums(one.enum, other.enum),
        formats=one.formats | other.formats,
        patterns=one.patterns | other.patterns,
        low=_most(one.low, other.low),
        high=_least(one.high, other.high),
        above=_most(one.above, other.above),
        below=_least(one.below, other.below),
        multiple_of=one.multiple_of if other.multiple_of is None else other.multiple_of,
        min_length=_most(one.min_length, other.min_length),
        max_length=_least(one.max_length, other.max_length),
        min_items=_most(one.min_items, other.min_items),
        max_items=_least(one.max_items, other.max_items),
        unique=one.unique or other.unique,
        items=both(one.items, other.items) if one.items and other.items else one.items or other.items,
        properties=properties,
        required=one.required | other.required,
        additional=both(one.additional, other.additional)
        if one.additional and other.additional
        else one.additional or other.additional,
        open=one.open and other.open,
        has_default=one.has_default or other.has_default,
        read_only=one.read_only or other.read_only,
        write_only=one.write_only or other.write_only,
        not_compared=one.not_compared | other.not_compared,
        example=one.example if other.example is None else other.example,
    )


def _meet_enums(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple(value for value in one if value in other)


def _most(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _least(one: float | None, other: float | None) -> float | None:
    return min((value for value in (one, other) if value is not None), default=None)
