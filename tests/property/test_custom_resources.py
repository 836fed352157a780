"""Whatever users write: definitions, objects and rules are taken or refused, and never break anything."""

from __future__ import annotations

import asyncio
import copy

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suites.custom_resources import DEFINITIONS, WIDGETS, definition, serving, version_of, widget
from wherry.apimachinery.cel.program import CompileError, Environment
from wherry.apimachinery.cel.types import BOOL, DYN
from wherry.apimachinery.cel.values import CelError, CostExceeded
from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.defaults import fill_defaults
from wherry.apimachinery.structural.node import compile_schema
from wherry.apimachinery.structural.prune import prune_object, unknown_fields
from wherry.apimachinery.structural.validate import validate

NAMES = st.sampled_from(["a", "b", "spec", "metadata", "kind", "items", "a-b"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5)
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
KEYWORDS = st.sampled_from(
    [
        "type", "properties", "items", "additionalProperties", "default", "enum", "nullable", "required", "minimum",
        "maxLength", "pattern", "format", "oneOf", "anyOf", "allOf", "not", "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-int-or-string", "x-kubernetes-embedded-resource", "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys", "x-kubernetes-validations", "multipleOf",
    ]
)  # fmt: skip
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean"])


def schemas(inner: st.SearchStrategy[Document]) -> st.SearchStrategy[Document]:
    """Schemas that are mostly structural."""
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"type": st.just("object"), "additionalProperties": inner}),
        st.fixed_dictionaries({"type": TYPES, "default": VALUES}),
    )


LEAVES: st.SearchStrategy[Document] = st.fixed_dictionaries(
    {"type": TYPES}, optional={"nullable": st.booleans(), "enum": st.lists(VALUES, max_size=2)}
)
STRUCTURAL = st.recursive(LEAVES, schemas, max_leaves=8)
SETTINGS = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def whole(schema: Document) -> Document:
    return {"type": "object", "properties": {"spec": schema}}


@SETTINGS
@given(STRUCTURAL, VALUES)
def test_pruning_and_filling_in_twice_is_doing_it_once(schema: Document, value: object) -> None:
    node = compile_schema(whole(schema))
    document: Document = {"spec": value}
    prune_object(node, document)
    assert unknown_fields(node, document) == []
    fill_defaults(node, document)
    once = copy.deepcopy(document)
    fill_defaults(node, document)
    assert document == once
    errors = validate(node, document)
    assert validate(node, document, "", document) == [], "what has not changed is forgiven"
    assert all(error.field and error.message for error in errors)


@SETTINGS
@given(st.lists(st.tuples(STRUCTURAL, VALUES), min_size=1, max_size=5))
def test_no_object_breaks_the_server(pairs: list[tuple[Document, object]]) -> None:
    async def run() -> None:
        schema: Document = {"type": "object", "properties": {f"f{n}": each for n, (each, _) in enumerate(pairs)}}
        made = definition(version_of(whole(schema)))
        async with serving() as api:
            answer = await api.ask("POST", DEFINITIONS, made)
            assert answer.status in (201, 422), answer.body
            await api.server.custom_resources.load()
            body = widget({f"f{n}": value for n, (_, value) in enumerate(pairs)})
            posted = await api.ask("POST", WIDGETS, body)
            assert posted.status in (201, 400, 404, 422), posted.body

    asyncio.run(run())


@SETTINGS
@given(st.dictionaries(KEYWORDS, VALUES | STRUCTURAL | st.lists(STRUCTURAL, max_size=2), max_size=6))
def test_no_schema_breaks_the_server(schema: Document) -> None:
    async def run() -> None:
        async with serving() as api:
            answer = await api.ask(
                "POST", DEFINITIONS, definition(version_of({"type": "object", "properties": {"a": schema}}))
            )
            assert answer.status in (201, 400, 422), answer.body
            await api.server.custom_resources.load()
            assert (await api.ask("GET", "/openapi/v2")).status == 200

    asyncio.run(run())


PIECES = st.sampled_from(
    [
        "self", ".a", "[0]", "['b']", " + ", " == ", " && ", "!", "1", "'x'", "null", "[", "]", "{", "}", ".all(x, x)",
        ".map(x, x)", "size(", "(", ")", "?", ":", " in ", ".matches('(a+)+$')", "timestamp(", "duration('1h')", ".?a",
        ".exists(i, v, v)", "-", "%", "true", "optional.none()", "quantity('1')", ".sum()", ".format([self])", "1.5",
    ]
)  # fmt: skip


@SETTINGS
@given(st.lists(PIECES, max_size=8).map("".join), VALUES)
def test_no_expression_breaks_anything(text: str, value: object) -> None:
    environment = Environment({"self": DYN})
    for wanted in (BOOL, DYN):
        try:
            program = environment.compile(text, wanted)
        except CompileError:
            continue
        assert program.cost >= 0
        try:
            _, cost = program.evaluate({"self": orjson.loads(orjson.dumps(value))}, 10_000)
        except (CelError, CostExceeded):
            continue
        assert 0 <= cost <= 10_000
