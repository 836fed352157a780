"""Types: what the checker knows of an expression before there are values.

A type may know how large its values get (`max_size`: characters, items, entries), which is what prices are made
from; sizes do not take part in comparisons. An object type has named fields, and a name that is nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Type:
    """A type. `params` are those of lists, maps and optionals; `fields` those of an object."""

    name: str
    params: tuple[Type, ...] = ()
    fields: Mapping[str, Type] | None = field(default=None, compare=False)
    max_size: int | None = field(default=None, compare=False)
    # How the schema merges it: a list that is a set, or a map by these keys, compares without order.
    list_type: str = field(default="", compare=False)
    list_keys: tuple[str, ...] = field(default=(), compare=False)
    # What a field is really called, where CEL must call it otherwise.
    spelled: Mapping[str, str] = field(default_factory=dict, compare=False)
    # What text in JSON becomes: date-time, duration, byte.
    is_converted: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        """As error messages write it."""
        return f"{self.name}({', '.join(map(str, self.params))})" if self.params else self.name

    @property
    def element(self) -> Type:
        """What a list holds, or a map has under its keys."""
        return self.params[-1] if self.params else DYN


BOOL, INT, UINT, DOUBLE, STRING, BYTES = (Type(name) for name in ("bool", "int", "uint", "double", "string", "bytes"))
NULL, DYN, TYPE, ERROR = Type("null_type"), Type("dyn"), Type("type"), Type("!error!")
TIMESTAMP, DURATION = Type("google.protobuf.Timestamp"), Type("google.protobuf.Duration")
SIMPLE = {
    "bool": BOOL, "int": INT, "uint": UINT, "double": DOUBLE, "string": STRING, "bytes": BYTES, "null": NULL,
    "dyn": DYN, "type": TYPE, "timestamp": TIMESTAMP, "duration": DURATION,
}  # fmt: skip


def list_of(item: Type, max_size: int | None = None) -> Type:
    """A list of these."""
    return Type("list", (item,), max_size=max_size)


def map_of(key: Type, value: Type, max_size: int | None = None) -> Type:
    """A map from these to these."""
    return Type("map", (key, value), max_size=max_size)


def optional_of(item: Type) -> Type:
    """One of these, or nothing."""
    return Type("optional_type", (item,))


def is_variable(of: Type) -> bool:
    """Whether this stands for any type, the same wherever it occurs in one signature (A, B)."""
    return len(of.name) == 1


def parse_type(text: str) -> Type:
    """Read `list<A>` and the like, as signatures are written in this package."""
    name, bracket, inner = text.partition("<")
    if not bracket:
        return SIMPLE.get(name) or Type(name)
    params = tuple(parse_type(part) for part in split_types(inner[:-1]))
    return Type("optional_type" if name == "optional" else name, params)


def split_types(text: str) -> list[str]:
    """The parts of a list of types, at the commas outside of brackets."""
    parts, depth, start = [], 0, 0
    for position, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and not depth:
            parts.append(text[start:position].strip())
            start = position + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def unify(wanted: Type, given: Type, bound: dict[str, Type]) -> bool:
    """Whether a value of type `given` may stand where `wanted` is; variables are bound on the way."""
    if is_variable(wanted):
        known = bound.get(wanted.name)
        if known is None or known is DYN or known == NULL:
            bound[wanted.name] = given
            return True
        return given in (DYN, NULL) or known == given or unify(known, given, bound)
    if DYN in (wanted, given) or given is ERROR:
        return True
    if given == NULL:
        # Objects, durations and the like may be absent.
        return wanted == NULL or wanted.fields is not None or "." in wanted.name or wanted.name == "optional_type"
    if wanted.fields is not None or given.fields is not None:
        return wanted.fields is given.fields
    if wanted.name != given.name or len(wanted.params) != len(given.params):
        return False
    return all(unify(one, other, bound) for one, other in zip(wanted.params, given.params, strict=True))


def substitute(of: Type, bound: Mapping[str, Type]) -> Type:
    """A type with its variables replaced by what they are bound to; unbound ones are dyn."""
    if is_variable(of):
        return bound.get(of.name, DYN)
    return replace(of, params=tuple(substitute(each, bound) for each in of.params)) if of.params else of


def join(one: Type, other: Type) -> Type:
    """The type of something that is either."""
    if one == other:
        return one if (one.max_size or 0) >= (other.max_size or 0) else other
    if one == NULL:
        return other
    if other == NULL:
        return one
    if one.name == other.name and len(one.params) == len(other.params) == 1 and one.fields is None:
        return replace(one, params=(join(one.params[0], other.params[0]),))
    return DYN
