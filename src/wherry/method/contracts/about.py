"""The place in a contract that a comment is about: an operation, and a field of it. "GET /orders price"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wherry.method.contracts.api import METHODS, Answer, Api, Body, Parameter, path_fits
from wherry.method.contracts.need import Need
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.schema import Schema
from wherry.method.contracts.words import listed

SHOWN_MAX = 12


def check_about(about: str, api: Api | None, need: Need | None) -> str:
    """A place as it is kept; "" for the whole. Raises NotPossible where neither document speaks of it."""
    method, _, rest = " ".join(about.split()).partition(" ")
    path, _, field = rest.partition(" ")
    if not about.strip():
        return ""
    if method.lower() not in METHODS or not path.startswith("/"):
        raise NotPossible(f'"{about}" is no operation', 'write it like this: --about "GET /orders price"')
    found = list(_operations(method.upper(), path, api, need))
    if not found:
        raise NotPossible(f"neither side speaks of {method.upper()} {path}", _known(api, need))
    if field and not any(_has_field(schema, field) for one in found for schema in one):
        raise NotPossible(f"{method.upper()} {path} has no field {field}", "write a field as items[].price")
    return " ".join((method.upper(), path, *([field] if field else [])))


def _operations(method: str, path: str, api: Api | None, need: Need | None) -> Iterator[list[tuple[str, Schema]]]:
    """What each side says of an operation: names and schemas, "" for a body's."""
    for one in api.operations if api is not None else ():
        if one.method == method and path_fits(one.path, path):
            yield list(_parts(one.parameters.values(), one.body, one.answers.values()))
    for wish in need.wishes if need is not None else ():
        if wish.method == method and (path_fits(wish.path, path) or path_fits(path, wish.path)):
            yield list(_parts(wish.parameters.values(), wish.body, [wish.answer]))


def _parts(
    parameters: Iterable[Parameter], body: Body | None, answers: Iterable[Answer]
) -> Iterator[tuple[str, Schema]]:
    for parameter in parameters:
        yield parameter.name, parameter.schema
    for schema in body.content.values() if body is not None else ():
        yield "", schema
    for answer in answers:
        for name, header in answer.headers.items():
            yield name, header.schema
        for schema in answer.content.values():
            yield "", schema


def _has_field(part: tuple[str, Schema], field: str) -> bool:
    name, schema = part
    if name:
        return name.lower() == field.lower()
    return _leads(schema, [piece for piece in field.replace("[]", "").split(".") if piece])


def _leads(schema: Schema, pieces: Sequence[str], *, through: int = 4) -> bool:
    """Whether a path of field names leads somewhere; through lists, which need not be named."""
    if not pieces:
        return True
    for shape in schema.shapes:
        if pieces[0] in shape.properties and _leads(shape.properties[pieces[0]](), pieces[1:]):
            return True
        if through and shape.items is not None and _leads(shape.items(), pieces, through=through - 1):
            return True
    return False


def _known(api: Api | None, need: Need | None) -> str:
    names = dict.fromkeys(
        [
            *(one.name for one in (api.operations if api else ())),
            *(one.request for one in (need.wishes if need else ())),
        ]
    )
    return f"there are: {listed([*names][:SHOWN_MAX])}" if names else "nothing is published that could be read"
