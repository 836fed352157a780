# ruff: noqa: E501 - one case, one line
from __future__ import annotations

import time

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.structural.budget import Budget
from wherry.apimachinery.structural.node import compile_schema
from wherry.apimachinery.structural.rules import validate_rules
from wherry.apimachinery.structural.validate import ABSENT

TEXT: Document = {"type": "string"}
NUMBER: Document = {"type": "integer"}


def rule(text: str, **more: object) -> Document:
    made: Document = {"rule": text}
    return made | more


def with_rules(*rules: Document, **properties: Document) -> Document:
    """A spec with these rules and fields."""
    spec: Document = {"type": "object", "properties": properties, "x-kubernetes-validations": list(rules)}
    return {"type": "object", "properties": {"spec": spec}}


def said(schema: Document, new: object, old: object = ABSENT) -> list[str]:
    before = old if old is ABSENT else {"spec": old}
    return [str(error) for error in validate_rules(compile_schema(schema), {"spec": new}, before, Budget())]


@pytest.mark.parametrize(
    ("schema", "spec", "errors"),
    [
        (with_rules(rule("self.a <= self.b"), a=NUMBER, b=NUMBER), {"a": 1, "b": 2}, []),
        (with_rules(rule("self.a <= self.b"), a=NUMBER, b=NUMBER), {"a": 3, "b": 2}, ['spec: Invalid value: "object": failed rule: self.a <= self.b']),
        (with_rules(rule("self.a > 0", message=" a must be positive "), a=NUMBER), {"a": 0}, ['spec: Invalid value: "object": a must be positive']),
        (with_rules(rule("self.a > 0", messageExpression="'not ' + string(self.a)", message="m"), a=NUMBER), {"a": 0}, ['spec: Invalid value: "object": not 0']),
        # A message that cannot be made is no reason to say nothing.
        (with_rules(rule("self.a > 0", messageExpression="string(1 / self.a)", message="m"), a=NUMBER), {"a": 0}, ['spec: Invalid value: "object": m']),
        (with_rules(rule("self.a > 0", messageExpression="''", message="m"), a=NUMBER), {"a": 0}, ['spec: Invalid value: "object": m']),
        (with_rules(rule("self.a > 0", reason="FieldValueForbidden", message="no", fieldPath=".a"), a=NUMBER), {"a": 0}, ["spec.a: Forbidden: no"]),
        (with_rules(rule("has(self.a)", reason="FieldValueRequired", message="give a", fieldPath=".a"), a=NUMBER), {}, ["spec.a: Required value: give a"]),
        (with_rules(rule("self.a > 0", reason="FieldValueDuplicate"), a=NUMBER), {"a": 0}, ['spec: Duplicate value: {"a":0}']),
        (with_rules(rule("self.a > 0", message="m"), a=NUMBER), {}, ['spec: Invalid value: "object": no such key: a evaluating rule: m']),
        (with_rules(a={**NUMBER, "x-kubernetes-validations": [rule("self > 0")]}), {"a": 0}, ['spec.a: Invalid value: "integer": failed rule: self > 0']),
        (with_rules(a={"type": "array", "items": {**NUMBER, "x-kubernetes-validations": [rule("self > 0")]}}), {"a": [1, 0]}, ['spec.a[1]: Invalid value: "integer": failed rule: self > 0']),
        (with_rules(a={"type": "object", "additionalProperties": {**NUMBER, "x-kubernetes-validations": [rule("self > 0")]}}), {"a": {"k": 0}}, ['spec.a[k]: Invalid value: "integer": failed rule: self > 0']),
        (with_rules(rule("self.a__dash__b == 1 && self.__namespace__ == 'x' && self.c__dot__d == 2"), **{"a-b": NUMBER, "namespace": TEXT, "c.d": NUMBER}), {"a-b": 1, "namespace": "x", "c.d": 2}, []),
        (with_rules(rule("self.e == '50%' || self.e == 1"), e={"x-kubernetes-int-or-string": True}), {"e": "50%"}, []),
        (with_rules(rule("self.n == 1.0"), n={"type": "number"}), {"n": 1}, []),
        (with_rules(rule("self.t < timestamp('2027-01-01T00:00:00Z') && self.d == duration('1h') && self.b == b'hi' && self.y.getDate() == 2"),
                    t={**TEXT, "format": "date-time"}, d={**TEXT, "format": "duration"}, b={**TEXT, "format": "byte"}, y={**TEXT, "format": "date"}),
         {"t": "2026-01-01T00:00:00Z", "d": "60m", "b": "aGk=", "y": "2027-01-02"}, []),
        (with_rules(rule("self.t.metadata.name == 'x' && self.t.kind == 'Pod'"), t={"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"spec": {"type": "object"}}}),
         {"t": {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "x"}}}, []),
    ],
)  # fmt: skip
def test_a_rule_judges_what_stands_at_its_place(schema: Document, spec: object, errors: list[str]) -> None:
    assert said(schema, spec) == errors


IMMUTABLE = with_rules(a={**TEXT, "x-kubernetes-validations": [rule("self == oldSelf", message="a is immutable")]})


def test_a_rule_about_changes_waits_for_one() -> None:
    assert said(IMMUTABLE, {"a": "1"}) == []
    assert said(IMMUTABLE, {"a": "1"}, {"a": "1"}) == []
    assert said(IMMUTABLE, {"a": "1"}, {}) == []
    assert said(IMMUTABLE, {"a": "2"}, {"a": "1"}) == ['spec.a: Invalid value: "string": a is immutable']


def test_with_an_optional_old_self_it_judges_beginnings_too() -> None:
    schema = with_rules(
        a={**NUMBER, "x-kubernetes-validations": [rule("oldSelf.hasValue() ? self >= oldSelf.value() : self == 1", optionalOldSelf=True)]}
    )  # fmt: skip
    assert said(schema, {"a": 1}) == []
    assert len(said(schema, {"a": 2})) == 1
    assert said(schema, {"a": 2}, {"a": 1}) == []
    assert len(said(schema, {"a": 1}, {"a": 2})) == 1


def test_items_are_known_again_by_their_keys() -> None:
    items: Document = {
        "type": "object",
        "properties": {"name": TEXT, "v": {**NUMBER, "x-kubernetes-validations": [rule("self >= oldSelf")]}},
    }
    schema = with_rules(
        a={"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": items}
    )
    old = {"a": [{"name": "x", "v": 2}, {"name": "y", "v": 5}]}
    assert said(schema, {"a": [{"name": "y", "v": 6}, {"name": "z", "v": 0}, {"name": "x", "v": 2}]}, old) == []
    assert said(schema, {"a": [{"name": "y", "v": 4}]}, old) == [
        'spec.a[0].v: Invalid value: "integer": failed rule: self >= oldSelf'
    ]


def test_what_was_wrong_before_and_is_unchanged_is_forgiven() -> None:
    schema = with_rules(rule("self.a > 0"), a=NUMBER)
    assert said(schema, {"a": 0}, {"a": 0}) == []
    assert len(said(schema, {"a": -1}, {"a": 0})) == 1


def test_all_rules_together_have_a_budget() -> None:
    schema = with_rules(*[rule("self.n.all(x, self.n.all(y, x == x))")] * 5, n={"type": "array", "items": NUMBER})
    started_s = time.monotonic()
    errors = said(schema, {"n": list(range(5_000))})
    assert time.monotonic() - started_s < 3
    assert len(errors) == 1
    assert "no further validation rules will be run" in errors[0]


def test_a_budget_that_is_spent_by_many_small_rules_is_told() -> None:
    schema = with_rules(*[rule("self.n.all(x, self.n.all(y, x == x))")] * 9, n={"type": "array", "items": NUMBER})
    errors = said(schema, {"n": list(range(400))})
    assert errors == [
        'spec: Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run'
    ]
