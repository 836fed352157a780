"""Every rule has a pair of documents, before and after, on which it speaks and no other does."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherry.method.contracts.api import Api, read_api
from wherry.method.contracts.changes import compare
from wherry.method.contracts.reading import read_file, read_text
from wherry.method.contracts.rule import Rule, Subject
from wherry.method.contracts.rules.registry import RULES

PAIRS = Path(__file__).parents[3] / "method" / "fixtures" / "rules"


def api(path: Path) -> Api:
    return read_api(read_file(path))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_speaks_on_its_own_pair_and_no_other_rule_does(rule: Rule[Subject]) -> None:
    found = compare(api(PAIRS / rule.name / "before.yaml"), api(PAIRS / rule.name / "after.yaml"))
    assert [(one.rule, one.level) for one in found] == [(rule.name, rule.level)]
    (finding,) = found
    assert "{" not in finding.sentence
    assert finding.sentence.endswith(".")


def test_every_rule_has_a_pair_and_every_pair_a_rule() -> None:
    names = [rule.name for rule in RULES]
    assert sorted(names) == sorted(path.name for path in PAIRS.iterdir())
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", sorted(path.name for path in PAIRS.iterdir()))
def test_what_has_not_changed_is_not_spoken_of(name: str) -> None:
    assert compare(api(PAIRS / name / "before.yaml"), api(PAIRS / name / "before.yaml")) == ()


def document(schema: str, version: str = "3.1.0") -> Api:
    text = f"""
openapi: {version}
info: {{title: Orders, version: "1"}}
paths:
  /orders:
    get:
      responses:
        "200": {{content: {{application/json: {{schema: {{$ref: "#/components/schemas/Order"}}}}}}}}
components:
  schemas:
    Money: {{type: object, required: [amount], properties: {{amount: {{type: number}}}}}}
    Order: {schema}
"""
    return read_api(read_text(text, "orders.yaml"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{type: string, nullable: true}", "{type: [string, 'null']}"),
        ("{type: string, nullable: true}", "{anyOf: [{type: string}, {type: 'null'}]}"),
        ("{allOf: [{$ref: '#/components/schemas/Money'}], nullable: true}",
         "{oneOf: [{$ref: '#/components/schemas/Money'}, {type: 'null'}]}"),
        ("{allOf: [{$ref: '#/components/schemas/Money'}]}",
         "{type: object, required: [amount], properties: {amount: {type: number}}}"),
        ("{const: open}", "{enum: [open]}"),
        ("{type: integer, minimum: 1, exclusiveMinimum: true}", "{type: integer, exclusiveMinimum: 1}"),
        ("{allOf: [{type: number}, {type: integer}]}", "{type: integer}"),
    ],
)  # fmt: skip
def test_two_ways_to_write_the_same_are_the_same(one: str, other: str) -> None:
    assert compare(document(one, "3.0.3"), document(other)) == ()


def test_a_schema_that_contains_itself_is_compared_and_comes_to_an_end() -> None:
    parts = "{{type: array, items: {{$ref: '#/components/schemas/Order'}}}}"
    tree = "{{type: object, properties: {{name: {{type: {0}}}, parts: " + parts + "}}}}"
    (finding,) = compare(document(tree.format("string")), document(tree.format("integer")))
    assert (finding.rule, finding.place.field) == ("response-type-widened", "name")


def test_paths_whose_variables_have_other_names_are_the_same_promise() -> None:
    text = "openapi: 3.1.0\ninfo: {{}}\npaths: {{'/orders/{{{0}}}': {{get: {{responses: {{'200': {{}}}}}}}}}}"
    one, other = (read_api(read_text(text.format(name), "x.yaml")) for name in ("id", "order"))
    assert compare(one, other) == ()
