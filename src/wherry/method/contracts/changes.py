"""Every place at which two versions of a contract differ, and what the rules say about it.

The walk knows how an API is built and no rule; the rules (rules/registry.py) know one relation each and no API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from wherry.method.contracts.api import VARIABLE, Answer, Api, Body, Operation
from wherry.method.contracts.contained import gaps
from wherry.method.contracts.rule import Field, Finding, Place, Rule, Side, Subject
from wherry.method.contracts.rules.registry import RULES
from wherry.method.contracts.schema import ANYTHING, Schema, Shape
from wherry.method.contracts.words import field_name

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Pair:
    """The same place before and after; None where it is not there."""

    place: Place
    before: Subject | None
    after: Subject | None


def compare(before: Api, after: Api) -> tuple[Finding, ...]:
    """What changes from one version to the next, in the order of the document; nothing is said twice."""
    found = (finding for pair in _Walk().pairs(before, after) for finding in judge(pair))
    return tuple(dict.fromkeys(found))


def judge(pair: Pair) -> Iterator[Finding]:
    """What the rules say about one place."""
    about = type(pair.before if pair.after is None else pair.after)
    for rule in RULES:
        if rule.about is about and rule.side in ("", pair.place.side) and _speaks(rule, pair):
            place = pair.place
            sentence = rule.says.format(operation=place.operation, field=place.field)
            yield Finding(rule.name, rule.level, place, sentence[0].upper() + sentence[1:])


def _speaks(rule: Rule[Subject], pair: Pair) -> bool:
    return rule.when(pair.before, pair.after)


def _zip(before: Mapping[K, T], after: Mapping[K, T]) -> Iterator[tuple[K, T | None, T | None]]:
    for key in dict.fromkeys([*before, *after]):
        yield key, before.get(key), after.get(key)


def _operations(api: Api) -> dict[tuple[str, str], Operation]:
    # /orders/{id} and /orders/{order} are the same promise.
    return {(one.method, VARIABLE.sub("{}", one.path)): one for one in api.operations}


class _Walk:
    """Goes through two versions side by side.

    Two schemas between which no rule found anything are passed by when they are met again in the same direction: big
    documents use the same parts in hundreds of places.
    """

    def __init__(self) -> None:
        self._equal: set[tuple[int, int, Side]] = set()

    def pairs(self, before: Api, after: Api) -> Iterator[Pair]:
        """Every place of which a rule could have something to say."""
        for _, old, new in _zip(_operations(before), _operations(after)):
            known = old or new
            assert known is not None
            yield Pair(Place(known.name, "request"), old, new)
            if old is not None and new is not None:
                yield from self._operation(old, new)

    def _operation(self, old: Operation, new: Operation) -> Iterator[Pair]:
        name = new.name
        for (where, key), one, other in _zip(old.parameters, new.parameters):
            if where == "path" and (one is None or other is None):
                continue
            yield Pair(Place(name, "request", key), one, other)
            if one is not None and other is not None:
                yield from self._schemas(name, "request", (key,), one.schema, other.schema)
        yield Pair(Place(name, "request", "the body"), old.body, new.body)
        if old.body is not None and new.body is not None:
            yield from self._content(name, "request", old.body, new.body)
        for status, was, now in _zip(old.answers, new.answers):
            yield Pair(Place(name, "response", status), was, now)
            if was is not None and now is not None:
                yield from self._content(name, "response", was, now)
                yield from self._headers(name, was, now)

    def _headers(self, operation: str, was: Answer, now: Answer) -> Iterator[Pair]:
        for header, one, other in _zip(was.headers, now.headers):
            yield Pair(Place(operation, "response", header), one, other)
            if one is not None and other is not None:
                yield from self._schemas(operation, "response", (header,), one.schema, other.schema)

    def _content(self, operation: str, side: Side, old: Body | Answer, new: Body | Answer) -> Iterator[Pair]:
        for media, one, other in _zip(old.content, new.content):
            if one is not None and other is not None:
                yield from self._schemas(operation, side, (), one, other)
            else:
                yield Pair(Place(operation, side, media), one, other)

    def _schemas(self, operation: str, side: Side, place: tuple[str, ...], old: Schema, new: Schema) -> Iterator[Pair]:
        """A schema and all that is below it, as far as it has changed."""
        key = (id(old), id(new), side)
        if key in self._equal:
            return
        # Until shown otherwise: so a schema that contains itself is looked at once.
        self._equal.add(key)
        changed = [pair for pair in self._inside(operation, side, place, old, new) if any(judge(pair))]
        if changed:
            self._equal.discard(key)
        yield from changed

    def _inside(self, operation: str, side: Side, place: tuple[str, ...], old: Schema, new: Schema) -> Iterator[Pair]:
        where = Place(operation, side, field_name(place) or ("the body" if side == "request" else "the answer"))
        yield Pair(where, old, new)
        for was, now in same_forms(old, new):
            yield Pair(where, was, now)
            for name, one, other in _zip(_fields(was, side), _fields(now, side)):
                yield Pair(Place(operation, side, field_name((*place, name))), one, other)
                if one is not None and other is not None:
                    yield from self._schemas(operation, side, (*place, name), one.schema, other.schema)
            if was.items is not None and now.items is not None:
                yield from self._schemas(operation, side, (*place, "[]"), was.items(), now.items())
            if was.additional is not None and now.additional is not None:
                yield from self._schemas(operation, side, (*place, "*"), was.additional(), now.additional())


def _fields(shape: Shape, side: Side) -> dict[str, Field]:
    """The fields that go in this direction."""
    made = {name: Field(name in shape.required, later()) for name, later in shape.properties.items()}
    # A field that is required and not described is a promise as well.
    made |= {name: Field(True, ANYTHING) for name in shape.required - made.keys()}
    hidden = "read_only" if side == "request" else "write_only"
    return {name: one for name, one in made.items() if not any(getattr(s, hidden) for s in one.schema.shapes)}


def same_forms(old: Schema, new: Schema) -> list[tuple[Shape, Shape]]:
    """Which form before is which form after: equal ones first, and those that are left if it is one on each side."""
    if len(old.shapes) == len(new.shapes) == 1:
        return [(old.shapes[0], new.shapes[0])]
    left_old, left_new, matched = list(old.shapes), list(new.shapes), []
    for was in old.shapes:
        same = next((now for now in left_new if _is_same(was, now)), None)
        if same is not None:
            matched.append((was, same))
            left_old.remove(was)
            left_new.remove(same)
    if len(left_old) == len(left_new) == 1:
        matched.append((left_old[0], left_new[0]))
    return matched


def _is_same(was: Shape, now: Shape) -> bool:
    one, other = Schema(False, (was,)), Schema(False, (now,))
    return not gaps(one, other) and not gaps(other, one)
