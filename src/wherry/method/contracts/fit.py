"""Does a need fit an API? The answer is a list of reasons why not, each a sentence for people.

What the consumer sends must be accepted by what the provider describes; what it expects back must be contained in what
the provider guarantees. Pure, and a matter of milliseconds: nothing has to run. What documents cannot show (that text
has a certain pattern) is left to the replay and told as such.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from wherry.method.contracts.api import Api, Operation, Parameter
from wherry.method.contracts.contained import Gap, Seen, gaps, json_type
from wherry.method.contracts.matchers import exact_schema
from wherry.method.contracts.need import Need, Wish
from wherry.method.contracts.schema import Schema, Shape, canonical
from wherry.method.contracts.words import listed


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a need does not fit, at one place. Not `certain`: only the running service can tell."""

    operation: str
    field: str
    sentence: str
    certain: bool = True


def fit(need: Need, api: Api) -> tuple[Reason, ...]:
    """Why the need does not fit; nothing is certain where it fits."""
    found: dict[str, Reason] = {}
    seen: Seen = {}
    for wish in need.wishes:
        for reason in _Fitting(need, api, wish, seen).reasons():
            found.setdefault(reason.sentence, reason)
    return tuple(found.values())


def fits(need: Need, api: Api) -> bool:
    """Whether nothing in the documents speaks against it."""
    return not any(reason.certain for reason in fit(need, api))


def used_operations(need: Need, api: Api) -> frozenset[str]:
    """The operations of the API that a need uses."""
    found = (api.operation(wish.method, wish.path) for wish in need.wishes)
    return frozenset(operation.name for operation in found if operation)


class _Fitting:
    """One wish against the API."""

    def __init__(self, need: Need, api: Api, wish: Wish, seen: Seen) -> None:
        self._seen = seen
        self._consumer = need.consumer
        self._provider = need.provider
        self._wish = wish
        self._api = api

    def reasons(self) -> Iterator[Reason]:
        """All that does not fit."""
        wish = self._wish
        operation = self._api.operation(wish.method, wish.path)
        if operation is None:
            has_path = self._api.has_path(wish.path)
            what = "does not take there" if has_path else "does not have"
            told = f"{self._consumer} asks for {wish.request}, which {self._provider} {what}."
            yield Reason(wish.request, "", told)
            return
        yield from self._parameters(operation)
        yield from self._body(operation)
        yield from self._answer(operation)

    def _reason(self, operation: Operation, field: str, sentence: str, *, certain: bool = True) -> Reason:
        return Reason(operation.name, field, sentence, certain)

    def _parameters(self, operation: Operation) -> Iterator[Reason]:
        given = self._wish.parameters
        for key, parameter in operation.parameters.items():
            if parameter.where == "path":
                yield from self._path_value(operation, parameter)
                continue
            if parameter.required and key not in given:
                what = f"insists on the {_where(parameter)} {parameter.name}, which {self._consumer} does not send."
                yield self._reason(operation, parameter.name, f"{operation.name} {what}")
        for key, sent in given.items():
            taken = operation.parameters.get(key)
            if taken is None:
                if sent.where == "query":
                    what = f"sends the parameter {sent.name}, which {operation.name} does not know."
                    yield self._reason(operation, sent.name, f"{self._consumer} {what}")
                continue
            if taken.required and not sent.required:
                what = f"insists on the {_where(taken)} {taken.name}, which {self._consumer} may leave out."
                yield self._reason(operation, taken.name, f"{operation.name} {what}")
            if taken.where != "path":
                for gap in gaps(as_text(sent.schema, taken.schema), taken.schema):
                    yield self._sent(operation, gap, sent.name)

    def _path_value(self, operation: Operation, parameter: Parameter) -> Iterator[Reason]:
        """A concrete path's piece must be a value that the provider takes there: /orders/first is none of a number."""
        pieces = zip(reversed(operation.path.split("/")), reversed(self._wish.path.split("/")), strict=False)
        for piece, value in pieces:
            if piece == f"{{{parameter.name}}}" and not value.startswith("{"):
                for gap in gaps(as_text(exact_schema(value), parameter.schema), parameter.schema):
                    yield self._sent(operation, gap, parameter.name)

    def _body(self, operation: Operation) -> Iterator[Reason]:
        sent, taken = self._wish.body, operation.body
        if taken is not None and taken.required and (sent is None or not sent.required):
            what = f"insists on a body, which {self._consumer} does not {'always ' if sent else ''}send."
            yield self._reason(operation, "", f"{operation.name} {what}")
        if sent is None:
            return
        if taken is None:
            yield self._reason(operation, "", f"{self._consumer} sends a body to {operation.name}, which takes none.")
            return
        for media, schema in sent.content.items():
            accepted = _for_media(taken.content, media)
            if accepted is None:
                what = f"sends {media} to {operation.name}, which takes {listed(taken.content) or 'nothing'}."
                yield self._reason(operation, "", f"{self._consumer} {what}")
                continue
            for gap in gaps(schema, _writable(accepted), self._seen):
                yield self._sent(operation, gap, "")

    def _sent(self, operation: Operation, gap: Gap, parameter: str) -> Reason:
        """A sentence about what the consumer sends."""
        field = f"{parameter}{'.' if parameter and gap.field else ''}{gap.field}" or "the body"
        name, web = operation.name, self._consumer
        match gap.kind:
            case "missing":
                told = f"{name} insists on {field}, which {web} does not send."
            case "optional":
                told = f"{name} insists on {field}, which {web} may leave out."
            case "null":
                told = f"{web} may send {field} empty (null) to {name}, which does not take that."
            case "extra":
                told = f"{web} sends {field} to {name}, which takes no such field."
            case "pattern" | "unclear":
                told = f"Whether {name} takes {field} from {web} only a replay can show ({gap.wants})."
            case "form":
                told = f"{name} takes none of the forms in which {web} may send {field}."
            case _:
                told = f"{web} sends {field} as {gap.has} to {name}, which wants {gap.wants}."
        return self._reason(operation, field, told, certain=gap.is_certain)

    def _answer(self, operation: Operation) -> Iterator[Reason]:
        wish = self._wish
        promised = operation.answer(wish.status)
        if promised is None:
            what = f"expects {wish.status} from {operation.name}, which promises {listed(operation.answers)}."
            yield self._reason(operation, "", f"{self._consumer} {what}")
            return
        for name, wanted in wish.answer.headers.items():
            header = promised.headers.get(name)
            if header is None or (wanted.required and not header.required):
                what = "may leave out the header" if header else "does not promise the header"
                told = f"{operation.name} {what} {name}, and {self._consumer} needs it."
                yield self._reason(operation, name, told)
            else:
                for gap in gaps(header.schema, as_text(wanted.schema, header.schema)):
                    yield self._received(operation, gap, name)
        for media, schema in wish.answer.content.items():
            given = _for_media(promised.content, media)
            if given is None:
                what = f"expects {media} from {operation.name}, which answers {listed(promised.content) or 'nothing'}."
                yield self._reason(operation, "", f"{self._consumer} {what}")
                continue
            for gap in gaps(_readable(given), schema, self._seen):
                yield self._received(operation, gap, "")

    def _received(self, operation: Operation, gap: Gap, header: str) -> Reason:
        """A sentence about what the consumer expects back."""
        field = f"{header}{'.' if header and gap.field else ''}{gap.field}" or "the answer"
        name, web = operation.name, self._consumer
        match gap.kind:
            case "missing":
                told = f"{name} does not promise {field}, and {web} needs it."
            case "optional":
                told = f"{name} may leave out {field}, and {web} needs it every time."
            case "null":
                told = f"{name} may answer with {field} empty (null), and {web} does not expect that."
            case "extra":
                told = f"{name} answers with {field}, and {web} takes no field that it does not know."
            case "pattern" | "unclear":
                told = f"Whether {field} of {name} is as {web} expects only a replay can show ({gap.wants})."
            case "form":
                told = f"{name} may answer with {field} in a form that {web} does not know."
            case _:
                told = f"{name} promises {field} as {gap.has}, and {web} expects {gap.wants}."
        return self._reason(operation, field, told, certain=gap.is_certain)


def _where(parameter: Parameter) -> str:
    return "parameter" if parameter.where == "query" else parameter.where


def _for_media(content: Mapping[str, Schema], media: str) -> Schema | None:
    """The schema for a media type: its own, that of its family, or that of all."""
    for key in (media, f"{media.partition('/')[0]}/*", "*/*"):
        if key in content:
            return content[key]
    # JSON under a name of its own (application/vnd.shop+json) is JSON to whoever asks for JSON.
    if media == "application/json":
        return next((schema for key, schema in content.items() if key.endswith("+json")), None)
    return None


def _side(schema: Schema, *, hidden: str) -> Schema:
    """A schema without the fields that are for the other direction alone (readOnly when sending)."""

    def keep(shape: Shape) -> Shape:
        names = {name for name, one in shape.properties.items() if any(getattr(s, hidden) for s in one().shapes)}
        if not names:
            return shape
        return replace(
            shape,
            properties={name: one for name, one in shape.properties.items() if name not in names},
            required=shape.required - names,
        )

    kept = tuple(keep(shape) for shape in schema.shapes)
    return schema if kept == schema.shapes else Schema(schema.nullable, kept)


def _writable(schema: Schema) -> Schema:
    return _side(schema, hidden="read_only")


def _readable(schema: Schema) -> Schema:
    return _side(schema, hidden="write_only")


def as_text(sent: Schema, taken: Schema) -> Schema:
    """A parameter as the provider reads it: "42" is a number where one is wanted, and one value a list of one."""

    def read(text: str) -> object:
        value = json.loads(text)
        if not isinstance(value, str) or "string" in taken.types:
            return value
        try:
            found: object = json.loads(value)
        except ValueError:
            return value
        return found if json_type(found) in taken.types else value

    def convert(shape: Shape) -> Shape:
        if shape.example is not None:
            value = read(shape.example)
            return replace(shape, types=frozenset({json_type(value)}), example=canonical(value))
        if shape.enum is None:
            return replace(shape, types=taken.types) if shape.types == {"string"} else shape
        values = [read(one) for one in shape.enum]
        types = frozenset(json_type(value) for value in values)
        return replace(shape, types=types, enum=tuple(canonical(value) for value in values))

    if taken.types == {"array"} and sent.types == {"string"}:
        item = next((shape.items for shape in taken.shapes if shape.items), None)
        inner = as_text(sent, item()) if item else sent
        return Schema(False, (Shape(frozenset({"array"}), items=lambda: inner, min_items=1, max_items=1),))
    return Schema(sent.nullable, tuple(convert(shape) for shape in sent.shapes))
